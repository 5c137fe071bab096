"""The texts of a record, as they are given to be read again: each claim reads those of its own way of writing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from neurontest.types import Generation, GivenText

Given = Mapping[str, tuple[GivenText, ...]]


@dataclass(frozen=True)
class Texts:
    """What a file of texts gives.

    Attributes
    ----------
    own : mapping from prompt to tuple of GivenText
        All of them; of a record those of the suite.
    others : tuple of (Generation, mapping from prompt to tuple of GivenText)
        Of a record: what claims have read beside, by the way in which it is written.
    read_by : mapping from (file, id) to Generation
        Of a record: what each of its claims has read.
    """

    own: Given
    others: tuple[tuple[Generation, Given], ...] = ()
    read_by: Mapping[tuple[str, str], Generation] = field(default_factory=dict)

    def place(self, claim: tuple[str, str], generation: Generation, prompts: Collection[str]) -> int:
        """Which of the texts a claim reads: 0 are the suite's, others are counted from 1.

        They are those that the claim of this file and id has read. Of a claim that the record does not know, they are
        those of the same settings. What is not there of all of its prompts is no choice: then they are the suite's.

        Parameters
        ----------
        claim : tuple of (str, str)
            File and id.
        generation : Generation
            How its texts would be written if none were given.
        prompts : collection of str
            That it looks at.
        """
        way = self.read_by.get(claim, replace(generation, replay=None))
        for at, (known, given) in enumerate(self.others, start=1):
            if known == way and given.keys() >= set(prompts):
                return at
        return 0

    def at(self, place: int) -> Given:
        """The texts of a place."""
        return self.others[place - 1][1] if place else self.own


def name_of(file: str, place: int) -> str:
    """What the texts of a place in a file are called."""
    return f"{file} (texts {place + 1})" if place else file


def items_of(record: Mapping[str, Any]) -> Iterator[Any]:
    """The texts that stand with the concepts of a record, each once.

    Concepts may share prompts; what was written to them is the same text, not a second one.
    """
    yield from _once([item for concept in record["concepts"] for item in _continuations(concept)])


def others_of(record: Mapping[str, Any]) -> Iterator[tuple[Generation, list[Any]]]:
    """What claims have read beside, way by way; of a record that is older than this, nothing.

    Raises
    ------
    ValueError
        If it is not told how they are written.
    """
    said = record.get("texts", [])
    for one in said if isinstance(said, list) else [said]:
        yield _generation(one, "texts"), _once(_continuations(one))


def read_by(record: Mapping[str, Any]) -> dict[tuple[str, str], Generation]:
    """How what each claim of a record has read was written, by file and id.

    Raises
    ------
    ValueError
        If a claim does not tell: it would read other texts than it did, and nobody would know.
    """
    claims = record.get("claims")
    found = {}
    for one in claims if isinstance(claims, list) else ():
        if isinstance(one, dict) and isinstance(one.get("family"), str) and isinstance(one.get("id"), str):
            found[one["family"], one["id"]] = _generation(one, "claims")
    return found


def _generation(said: Any, where: str) -> Generation:
    import msgspec  # a suite that replays no record is collected without it

    told = said.get("generation") if isinstance(said, dict) else None
    try:
        return msgspec.convert(told, Generation).way
    except msgspec.ValidationError as error:
        raise ValueError(f"{where!r} must say how its texts are written: {error}") from None


def _once(items: list[Any]) -> list[Any]:
    return list({json.dumps([one.get("prompt"), one.get("sample")]): one for one in items}.values())


def _continuations(said: Any) -> list[Any]:
    found = said.get("continuations") if isinstance(said, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
