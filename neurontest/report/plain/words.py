"""Words that plain sentences have in common."""

from __future__ import annotations

from dataclasses import dataclass

from neurontest.report.text import numbers
from neurontest.text import together
from neurontest.types import ClaimRecord

#: Concepts that a sentence names one by one.
NAMED = 8


@dataclass(frozen=True)
class Phrase:
    """Two clauses of a plain sentence.

    Attributes
    ----------
    asked : str
        What the claim says, so that it can follow "whether": ``more of hanoi's neurons are shared with ...``.
    measured : str
        What was measured, with its number; true whatever the verdict is.
    interval : str
        Of that number, such as ``95 % interval 8 to 17``; empty if it has none.
    """

    asked: str
    measured: str
    interval: str = ""


def neurons(claim: ClaimRecord, of: str = "") -> str:
    """Such as ``50 strongest neurons of hanoi``: what the selection takes, in a reader's words."""
    chosen = claim.selection
    how = "most consistent" if chosen.select == "consistency" else "strongest"
    what = "dimensions" if chosen.identity == "dimension" else "neurons"
    return f"{chosen.k} {how} {what}" + (f" of {of}" if of else "")


def said(claim: ClaimRecord, slot: str) -> str:
    """What stands in a slot of the sentence."""
    value = claim.terms[slot]
    return listed(value) if isinstance(value, tuple) else str(value)


def several(claim: ClaimRecord, slot: str = "concepts") -> str:
    """The concepts of a slot; where it names none, ``the concepts``."""
    value = claim.terms.get(slot, ())
    return listed(value) if isinstance(value, tuple) and value else "the concepts"


def listed(names: tuple[str, ...]) -> str:
    """The names, or of many their number and the first."""
    if len(names) <= NAMED:
        return together(names)
    return f"{len(names)} concepts ({', '.join(names[:3])} and so on)"


def at_least(claim: ClaimRecord) -> str:
    """Such as ``at least 2 ``, of a claim about a smallest difference; else empty."""
    value = claim.terms.get("by")
    return f"at least {numbers.number(value)} " if isinstance(value, float | int) and value else ""


def before(name: str, mark: str) -> str:
    """What of a name stands before a mark."""
    return name.partition(mark)[0]


def theirs(claim: ClaimRecord) -> str:
    """Such as ``their 50 strongest neurons``."""
    return f"their {neurons(claim)}"
