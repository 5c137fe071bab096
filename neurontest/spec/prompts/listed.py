"""The prompts of a concept: a list in the spec, or a file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from neurontest.errors import Fault, SpecError
from neurontest.spec.groups import groups_of, text_and_group
from neurontest.spec.prompts.file import Line, Place, Wanted, read_prompt_file
from neurontest.spec.published import read_published
from neurontest.spec.reading.folder import PROMPTS_BYTES, Folder, OutsideError
from neurontest.spec.reading.lines import composed, is_blank
from neurontest.spec.reading.source import Document, Keys
from neurontest.spec.schema import PROMPT_FILES
from neurontest.spec.validate import did_you_mean, shown
from neurontest.text import quoted
from neurontest.types import BASELINE, Concept


@dataclass(frozen=True)
class Prompts:
    """A concept as it was read.

    Attributes
    ----------
    concept : Concept
    places : tuple of Place
        Where each of its prompts stands; none of a published set.
    doubts : tuple of str
        What looks as if it were no prompt, in sentences that say where.
    """

    concept: Concept
    places: tuple[Place, ...]
    doubts: tuple[str, ...] = ()


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
    value: list[Any] | str | Mapping[str, str] = document.nodes[keys].value
    source: str | None = None
    doubts: list[str] = []
    try:
        if isinstance(value, list):
            places = (document.position((*keys, index)) for index in range(len(value)))
            lines = [
                (*text_and_group(item), (document.shown, *place)) for item, place in zip(value, places, strict=True)
            ]
        else:
            said = {"file": value} if isinstance(value, str) else value
            wanted, source = Wanted(**said, is_baseline=name == BASELINE), said["file"]
            lines, doubts = _file(document, keys, wanted, folder)
        _check(lines, document, keys)
    except SpecError as error:
        document.faults.extend(error.faults)
        document.taint(keys)
        return None
    prompts = tuple(prompt for prompt, _, _ in lines)
    groups = groups_of(name, [group for _, group, _ in lines])
    return Prompts(Concept(name, prompts, source, groups), tuple(place for _, _, place in lines), tuple(doubts))


def _check(lines: list[Line], document: Document, keys: Keys) -> None:
    faults = []
    first: dict[str, tuple[int, str, Place]] = {}
    for index, (prompt, _, place) in enumerate(lines):
        if is_blank(prompt):
            faults.append(Fault(*place, "this prompt is empty; write a text or remove it"))
            continue
        # Two ways to write the same letters are one text to a reader, and to most tokenizers.
        number, other, at = first.setdefault(composed(prompt), (index, prompt, place))
        if number != index:
            where = "" if at == place else f", first in line {at[1]}"
            how = "" if other == prompt else ", where its letters are put together in another way (Unicode)"
            faults.append(Fault(*place, f"the prompt {shown(prompt)} is said twice{where}{how}"))
        elif any("\ud800" <= character <= "\udfff" for character in prompt):
            faults.append(Fault(*place, f"the prompt {shown(prompt)} holds half a character (a lone surrogate)"))
    if not lines:
        value = document.nodes[keys].value
        what = shown(value["file"] if isinstance(value, dict) else value)
        faults.append(Fault(document.shown, *document.position(keys), f"there are no prompts in {what}"))
    if faults:
        raise SpecError(faults)


def _file(document: Document, keys: Keys, wanted: Wanted, folder: Folder) -> tuple[list[Line], list[str]]:
    own = (*keys, "file")
    here: Place = (document.shown, *document.position(own if own in document.nodes else keys))
    try:
        path = folder.inside(wanted.file)
    except OutsideError as error:
        raise SpecError([Fault(*here, f"{quoted(wanted.file)} {error}")]) from None
    if not path.is_file():
        beside = () if document.crowded else path.parent.glob("*")
        names = sorted(file.name for file in beside if file.suffix in PROMPT_FILES)
        hint = did_you_mean(path.name, names, crowded=document.crowded)
        raise SpecError([Fault(*here, f"there is no file {quoted(wanted.file)}{hint}")])
    return read_prompt_file(wanted, folder.read(path, PROMPTS_BYTES), folder.shown(path), here)
