"""Claims about what the sets of two concepts share: more than with a third, or than an amount."""

from __future__ import annotations

from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.exchange import permutation_alone, ways_to_deal
from neurontest.claims.halves import without_m
from neurontest.claims.slots import Slot
from neurontest.types import OF_THE_CEILING

_OF = Slot("of", "concept", "The concept whose neurons are looked for in the other's")
_WITH = Slot("with", "concept", "The concept that it shares neurons with")


class OverlapGreater(Kind):
    """``hanoi overlaps vietnam more than violent [by at least 1 neuron]``."""

    name: ClassVar[str] = "overlap_greater"
    sentence: ClassVar[str] = "{of} overlaps {with} more than {than}[ by at least {by} (neurons|neuron)]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", "The concept whose neurons are looked for in the two others"),
        Slot("with", "concept", "The concept that it shares more with"),
        Slot("than", "concept", "The concept that it shares less with"),
        Slot("by", "number", "Smallest difference of interest, in neurons (default 0)", optional=True),
    )
    summary: ClassVar[str] = "The sets of two concepts share more neurons than the first shares with a third"
    procedure: ClassVar[str] = "neurontest.evidence.kinds.overlap:OverlapGreaterProcedure"
    published_slots: ClassVar[tuple[str, ...]] = ("of", "with", "than")

    def faults(self, claim: Claim) -> list[str]:
        """A smallest difference is one of sets of m prompts, which has to be said."""
        return super().faults(claim) + (without_m(self, claim) if claim.number("by") else [])

    def prompts_needed(self, claim: Claim) -> tuple[int, int]:
        """Five suffice for the permutation key alone."""
        return (5, 6) if claim.statistics.test == "permutation" else (self.minimum, self.advised)

    def cautions(self, claim: Claim) -> list[str]:
        """One test alone."""
        return super().cautions(claim) + permutation_alone(claim)

    def smallest_p(self, claim: Claim) -> float:
        """One over the number of ways to deal the prompts to the two concepts that are compared."""
        b, c = (claim.concepts[claim.said(slot)] for slot in ("with", "than"))
        # What is published is not dealt anew.
        if claim.statistics.test == "half-sample" or b.published or c.published:
            return 0.0
        return 1 / ways_to_deal([b, c])


class _OverlapThreshold(Kind):
    """What two concepts share, against a number of neurons, or against a share of what halves of one concept share."""

    slots: ClassVar[tuple[Slot, ...]] = (
        _OF,
        _WITH,
        Slot(
            "amount",
            "amount",
            "A share such as 60% of the ceiling; or so many neurons, or a share of k, in sets of m prompts",
        ),
    )
    published_slots: ClassVar[tuple[str, ...]] = ("of", "with")
    side: ClassVar[int]

    def faults(self, claim: Claim) -> list[str]:
        """No two sets share more than the smaller one has, or less than nothing; a number of neurons is said of m."""
        found = super().faults(claim)
        part, k = claim.of_ceiling("amount"), claim.selection.k
        if part is not None:
            amount, most = part, 1.0
            what = "two concepts share 0% to 100% of the ceiling"
            found += [
                f"{name!r} is a published set, of which there are no halves, and so no ceiling; say a number of neurons"
                for name, one in claim.concepts.items()
                if one.published
            ]
        else:
            sizes = sorted({len(one.published) or k for one in claim.concepts.values()}, reverse=True)
            amount, most = claim.neurons("amount"), float(sizes[-1])
            what = f"sets of {' and '.join(map(str, sizes))} neurons share 0 to {sizes[-1]}"
        if amount <= 0 or amount >= most:
            never = "be shown" if (amount <= 0) == (self.side < 0) else "fail"
            found.append(f"{what}: this claim could never {never}")
        elif part is None:
            percent = min(max(round(100 * amount / k), 1), 99)
            found += without_m(self, claim, {"amount": f"{percent}{OF_THE_CEILING}"})
        return found


class OverlapAbove(_OverlapThreshold):
    """``hanoi overlaps vietnam by at least 60% of the ceiling``, or, of m prompts, ``by at least 5 neurons``."""

    name: ClassVar[str] = "overlap_above"
    sentence: ClassVar[str] = "{of} overlaps {with} by at least {amount}"
    summary: ClassVar[str] = (
        "The sets of two concepts share more than a share of what halves of one concept do, or than so many neurons"
    )
    procedure: ClassVar[str] = "neurontest.evidence.kinds.overlap:OverlapAboveProcedure"
    side: ClassVar[int] = 1


class OverlapBelow(_OverlapThreshold):
    """``hanoi overlaps violent by at most 40% of the ceiling``, or, of m prompts, ``by at most 3 neurons``."""

    name: ClassVar[str] = "overlap_below"
    sentence: ClassVar[str] = "{of} overlaps {with} by at most {amount}"
    summary: ClassVar[str] = (
        "The sets of two concepts share less than a share of what halves of one concept do, or than so many neurons"
    )
    procedure: ClassVar[str] = "neurontest.evidence.kinds.overlap:OverlapBelowProcedure"
    side: ClassVar[int] = -1
