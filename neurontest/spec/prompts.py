"""The prompts of a concept: a list in the spec, or a file beside it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from neurontest.errors import Fault, SpecError
from neurontest.spec.folder import Folder, OutsideError
from neurontest.spec.groups import GROUP, MESSAGE, groups_of, text_and_group
from neurontest.spec.published import read_published
from neurontest.spec.source import Document, Keys, read_text
from neurontest.spec.validate import did_you_mean, shown
from neurontest.types import Concept

#: File as shown, line and column.
Place = tuple[str, int, int]
#: A prompt, its group (empty for none) and where it stands.
Line = tuple[str, str, Place]


@dataclass(frozen=True)
class Prompts:
    """A concept as it was read.

    Attributes
    ----------
    concept : Concept
    places : tuple of Place
        Where each of its prompts stands; none of a published set.
    """

    concept: Concept
    places: tuple[Place, ...]


def read_concept(document: Document, keys: Keys, name: str, folder: Folder) -> Prompts | None:
    """Read the concept at `keys`, which is called `name`; None if something is wrong with it, noted in the document."""
    said = document.nodes[keys].value
    if isinstance(said, dict) and "published" in said:
        concept = read_published(document, keys, name)
        return None if concept is None else Prompts(concept, ())
    read = read_prompts(document, keys, name, folder)
    words = said.get("words", ()) if isinstance(said, dict) and document.sound(*keys, "words") else ()
    return None if read is None else replace(read, concept=replace(read.concept, words=tuple(words)))


def read_prompts(document: Document, keys: Keys, name: str, folder: Folder) -> Prompts | None:
    """Read the prompts of the concept at `keys`; as :func:`read_concept`."""
    keys = (*keys, "prompts")
    if keys not in document.nodes or not document.sound(*keys):
        return None
    value: list[Any] | str = document.nodes[keys].value
    source = None
    try:
        if isinstance(value, str):
            source = value
            lines = _file(document, keys, value, folder)
        else:
            places = (document.position((*keys, index)) for index in range(len(value)))
            lines = [
                (*text_and_group(item), (document.shown, *place)) for item, place in zip(value, places, strict=True)
            ]
        _check(lines, document, keys)
    except SpecError as error:
        document.faults.extend(error.faults)
        document.broken.add(keys)
        return None
    prompts = tuple(prompt for prompt, _, _ in lines)
    groups = groups_of(name, [group for _, group, _ in lines])
    return Prompts(Concept(name, prompts, source, groups), tuple(place for _, _, place in lines))


def _check(lines: list[Line], document: Document, keys: Keys) -> None:
    faults = []
    first: dict[str, Place] = {}
    for prompt, _, place in lines:
        if not prompt.strip():
            faults.append(Fault(*place, "this prompt is empty; write a text or remove it"))
        elif prompt in first:
            where = "" if first[prompt] == place else f", first in line {first[prompt][1]}"
            faults.append(Fault(*place, f"the prompt {shown(prompt)} is said twice{where}"))
        elif any("\ud800" <= character <= "\udfff" for character in prompt):
            faults.append(Fault(*place, f"the prompt {shown(prompt)} holds half a character (a lone surrogate)"))
        first.setdefault(prompt, place)
    if not lines:
        faults.append(
            Fault(
                document.shown, *document.position(keys), f"there are no prompts in {shown(document.nodes[keys].value)}"
            )
        )
    if faults:
        raise SpecError(faults)


def _file(document: Document, keys: Keys, name: str, folder: Folder) -> list[Line]:
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
        return [(*text_and_group(item), (where, 1, 1)) for item in _json(text, where)]
    lines = enumerate(text.replace("\r\n", "\n").split("\n"), start=1)
    return [(line.strip(), "", (where, number, 1)) for number, line in lines if line.strip()]


def _json(text: str, where: str) -> list[Any]:
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
        Fault(where, 1, 1, f"prompt {number}{message}")
        for number, item in enumerate(value["prompts"], start=1)
        for message in _item_faults(item)
    ]
    if faults:
        raise SpecError(faults)
    return list(value["prompts"])


def _item_faults(item: Any) -> list[str]:
    if isinstance(item, str):
        return []
    if not isinstance(item, dict):
        return [f" must be a text, not {shown(item)}"]
    keys = ("text", "group")
    found = [f" has an unknown key {key!r}{did_you_mean(key, keys)}" for key in item if key not in keys]
    if not isinstance(item.get("text"), str):
        found.append(f" must have a 'text', not {shown(item['text'])}" if "text" in item else " needs 'text'")
    group = item.get("group", 0)
    is_slug = isinstance(group, str) and re.fullmatch(GROUP, group)
    if not is_slug and (isinstance(group, bool) or not isinstance(group, int)):
        found.append(f": 'group' {MESSAGE}, not {shown(group)}")
    return found
