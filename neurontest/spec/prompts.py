"""The prompts of a concept: a list in the spec, or a file beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from neurontest.errors import Fault, SpecError
from neurontest.spec.folder import Folder, OutsideError
from neurontest.spec.source import Document, Keys, read_text
from neurontest.spec.validate import did_you_mean, shown
from neurontest.types import Concept

#: File as shown, line and column.
Place = tuple[str, int, int]


@dataclass(frozen=True)
class Prompts:
    """A concept as it was read.

    Attributes
    ----------
    concept : Concept
    places : tuple of Place
        Where each of its prompts stands.
    """

    concept: Concept
    places: tuple[Place, ...]


def read_prompts(document: Document, keys: Keys, name: str, folder: Folder) -> Prompts | None:
    """Read the concept at `keys`, which is called `name`; None if something is wrong with it, noted in the document."""
    keys = (*keys, "prompts")
    if not document.sound(*keys):
        return None
    value: list[str] | str = document.nodes[keys].value
    source = None
    try:
        if isinstance(value, str):
            source = value
            lines = _file(document, keys, value, folder)
        else:
            places = (document.position((*keys, index)) for index in range(len(value)))
            lines = [(prompt, (document.shown, *place)) for prompt, place in zip(value, places, strict=True)]
        _check(lines, document, keys)
    except SpecError as error:
        document.faults.extend(error.faults)
        document.broken.add(keys)
        return None
    return Prompts(Concept(name, tuple(prompt for prompt, _ in lines), source), tuple(place for _, place in lines))


def _check(lines: list[tuple[str, Place]], document: Document, keys: Keys) -> None:
    faults = []
    first: dict[str, Place] = {}
    for prompt, place in lines:
        if not prompt.strip():
            faults.append(Fault(*place, "this prompt is empty; write a text or remove it"))
        elif prompt in first:
            where = "" if first[prompt] == place else f", first in line {first[prompt][1]}"
            faults.append(Fault(*place, f"the prompt {shown(prompt)} is said twice{where}"))
        elif any("\ud800" <= character <= "\udfff" for character in prompt):
            faults.append(Fault(*place, f"the prompt {shown(prompt)} holds half a character (a lone surrogate)"))
        first.setdefault(prompt, place)
    if not lines:
        faults.append(Fault(document.shown, *document.position(keys), "there are no prompts in this file"))
    if faults:
        raise SpecError(faults)


def _file(document: Document, keys: Keys, name: str, folder: Folder) -> list[tuple[str, Place]]:
    here: Place = (document.shown, *document.position(keys))
    try:
        path = folder.inside(name)
    except OutsideError as error:
        raise SpecError([Fault(*here, f"{name!r} {error}")]) from None
    if not path.is_file():
        beside = sorted(file.name for file in path.parent.glob("*") if file.suffix in (".txt", ".json"))
        raise SpecError([Fault(*here, f"there is no file {name!r}{did_you_mean(path.name, beside)}")])
    where = folder.shown(path)
    text = read_text(path, where)
    if path.suffix == ".json":
        return [(prompt, (where, 1, 1)) for prompt in _json(text, where)]
    lines = enumerate(text.replace("\r\n", "\n").split("\n"), start=1)
    return [(line.strip(), (where, number, 1)) for number, line in lines if line.strip()]


def _json(text: str, where: str) -> list[str]:
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise SpecError([Fault(where, error.lineno, error.colno, f"not valid JSON: {error.msg}")]) from None
    except (RecursionError, ValueError) as error:
        raise SpecError([Fault(where, 1, 1, f"not valid JSON: {error}")]) from None
    if not isinstance(value, dict) or not isinstance(value.get("prompts"), list):
        message = 'a file of prompts must be {"prompts": [...]}, with or without "concept"'
        raise SpecError([Fault(where, 1, 1, message)])
    faults = [
        Fault(where, 1, 1, f"unknown key {key!r}{did_you_mean(key, ('concept', 'prompts'))}")
        for key in value
        if key not in ("concept", "prompts")
    ]
    faults += [
        Fault(where, 1, 1, f"prompt {number} must be a text, not {shown(prompt)}")
        for number, prompt in enumerate(value["prompts"], start=1)
        if not isinstance(prompt, str)
    ]
    if faults:
        raise SpecError(faults)
    return list(value["prompts"])
