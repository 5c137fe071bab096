"""overlap_greater: one concept shares more neurons with a second than with a third."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import ClassVar

from neurontest.claims.base import Kind, Slot, Traces
from neurontest.types import Claim, Evidence


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

    def prompts_needed(self, claim: Claim) -> tuple[int, int]:
        """Five suffice for the permutation key alone."""
        return (5, 6) if claim.statistics.test == "permutation" else (self.minimum, self.advised)

    def smallest_p(self, claim: Claim) -> float:
        """One over the number of ways to deal the prompts to the two concepts that are compared."""
        if claim.statistics.test == "half-sample":
            return 0.0
        b, c = (len(claim.concepts[str(claim.terms[slot])].prompts) for slot in ("with", "than"))
        return 1 / comb(b + c, b)

    def evidence(self, claim: Claim, traces: Traces, thresholds: Sequence[float]) -> Evidence:
        """See STATISTICS: both keys, unless the claim asks for one."""
        raise NotImplementedError
