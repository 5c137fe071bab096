"""Sentences that each kind of claim may have, with names filled in: for a reader to copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from neurontest.claims.base import Kind
from neurontest.claims.slots import Slot

#: Names of concepts, in the order in which a sentence takes them up.
NAMES = ("hanoi", "vietnam", "tulip", "violent", "rose", "war", "peace", "spring")
_LISTED = 3
_SHARE, _NUMBER = "60% of the ceiling", "5 neurons"
_OPTIONAL = re.compile(r"\[([^]]*)\]")


@cache
def examples(kind: Kind) -> tuple[str, ...]:
    """Every sentence of a kind, bare and with each of its parts that may be left out; each can be parsed."""
    return tuple(dict.fromkeys(_all(kind)))


def _all(kind: Kind) -> Iterator[str]:
    slots = {slot.name: slot for slot in kind.slots}
    for sentence in (kind.sentence, *(other for other, _ in kind.also)):
        parts = [match.span() for match in _OPTIONAL.finditer(sentence)]
        for said in (None, *parts):
            # All other parts that may be left out are.
            shape = _OPTIONAL.sub(lambda match, said=said: match[1] if match.span() == said else "", sentence)  # type: ignore[misc]
            yield from _filled(re.sub(r"\(([^|)]*)[^)]*\)", r"\1", shape), kind, slots)


def _filled(shape: str, kind: Kind, slots: dict[str, Slot]) -> Iterator[str]:
    names = iter(NAMES)
    found = [slots[name] for name in re.findall(r"\{(\w+)\}", shape)]
    words: dict[str, tuple[str, ...]] = {}
    repeated: list[str] = []
    for slot in found:
        if slot.holds == "concept":
            # A concept that may be named again is: its own neurons matter for it.
            again = repeated.pop() if repeated else ""
            words[slot.name] = (slot.example or again or next(names),)
            repeated += words[slot.name] if slot.name in kind.repeatable else ()
        elif slot.holds == "concepts":
            # One more than the least: what they have in common can then be told from what one of them has.
            listed = [next(names) for _ in range(max(slot.least + 1, _LISTED))]
            words[slot.name] = (", ".join(listed[:-1]) + " and " + listed[-1],)
        elif slot.holds == "choice":
            words[slot.name] = slot.choices
        else:
            words[slot.name] = _words(slot)
    several = next((slot.name for slot in found if len(words[slot.name]) > 1), None)
    for at in range(len(words[several]) if several else 1):
        yield re.sub(r"\{(\w+)\}", lambda match, at=at: words[match[1]][at if match[1] == several else 0], shape)  # type: ignore[misc]


def _words(slot: Slot) -> tuple[str, ...]:
    if slot.example:
        return (slot.example,)
    if slot.holds == "amount":
        return (_SHARE,) if slot.shares else (_SHARE, _NUMBER)
    return ("2",) if slot.holds == "number" else ("L11.residual[756]",)
