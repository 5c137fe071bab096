"""overlap_lowest, overlap_highest: of all pairs of some concepts, one shares the fewest, or the most, neurons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.slots import Slot, Terms

_FEWEST = 3


class _Extreme(Kind):
    """Every other pair of the concepts shares more than the named one, or every other pair less."""

    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", "One concept of the pair"),
        Slot("with", "concept", "The other one"),
        Slot(
            "among",
            "concepts",
            "The concepts whose pairs are compared; these two are among them, said or not (default: all that have"
            " prompts)",
            optional=True,
        ),
    )
    repeatable: ClassVar[tuple[str, ...]] = ("among",)

    def named(self, terms: Terms, known: Sequence[str]) -> tuple[str, ...]:
        """The two, and those that their pair is compared among: all of the suite that have prompts, if not said."""
        own = super().named(terms, known)
        return own if "among" in terms else tuple(dict.fromkeys((*own, *known)))

    def faults(self, claim: Claim) -> list[str]:
        """Two concepts have one pair, which is the lowest and the highest of all."""
        found = super().faults(claim)
        said = Counter(claim.listed("among")) if "among" in claim.terms else Counter()
        found += [f"{name!r} is named twice in 'among'; say it once" for name, times in said.items() if times > 1]
        if len(claim.concepts) < _FEWEST:
            found.append(
                f"{self.name} compares one pair of concepts with all others, and there are {len(claim.concepts)}"
                f" concepts; it takes {_FEWEST} or more"
            )
        return found


class OverlapLowest(_Extreme):
    """``the lowest overlap is between hanoi and violent [among tulip, vietnam, hanoi and violent]``."""

    name: ClassVar[str] = "overlap_lowest"
    sentence: ClassVar[str] = "the lowest overlap is between {of} and {with}[ among {among}]"
    summary: ClassVar[str] = "Two concepts share fewer neurons than every other two of the concepts"
    procedure: ClassVar[str] = "neurontest.evidence.kinds.extreme:OverlapLowestProcedure"


class OverlapHighest(_Extreme):
    """``the highest overlap is between hanoi and vietnam [among tulip, vietnam, hanoi and violent]``."""

    name: ClassVar[str] = "overlap_highest"
    sentence: ClassVar[str] = "the highest overlap is between {of} and {with}[ among {among}]"
    summary: ClassVar[str] = "Two concepts share more neurons than every other two of the concepts"
    procedure: ClassVar[str] = "neurontest.evidence.kinds.extreme:OverlapHighestProcedure"


def other_pairs(claim: Claim) -> tuple[tuple[str, str], ...]:
    """All pairs of the claim's concepts but the named one."""
    own = {claim.said("of"), claim.said("with")}
    return tuple(pair for pair in combinations(claim.concepts, 2) if set(pair) != own)
