"""consistent: different prompts of a concept select the same neurons."""

from __future__ import annotations

from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.exchange import ways_to_pick
from neurontest.claims.halves import without_m
from neurontest.claims.slots import Slot

#: Neutral prompts that the relabeling form needs.
NEUTRAL = 10


class Consistent(Kind):
    """``tulip has consistent neurons``, or ``tulip has consistent neurons against neutral``."""

    name: ClassVar[str] = "consistent"
    sentence: ClassVar[str] = "{of} has consistent neurons[ against {against}]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", "The concept"),
        Slot(
            "against",
            "concept",
            "A concept of neutral prompts of the same template: some neuron must be in more of the concept's top lists",
            optional=True,
            example="neutral",
        ),
    )
    besides: ClassVar[str] = f"8 without 'against'; with it also {NEUTRAL} neutral ones"
    summary: ClassVar[str] = "Sets of m prompts each, of one concept, share more than a given part of their neurons"
    procedure: ClassVar[str] = "neurontest.evidence.kinds.consistent:ConsistentProcedure"
    about_method: ClassVar[str] = (
        "prompts of all concepts mixed up pass it too; '... against NEUTRAL' asks for more than what all have in common"
    )

    def prompts_needed(self, claim: Claim) -> tuple[int, int]:
        """The relabeling form does with fewer."""
        return (6, 10) if "against" in claim.terms else (8, 10)

    def smallest_p(self, claim: Claim) -> float:
        """One over the number of ways to deal the prompts to concept and neutral."""
        if "against" not in claim.terms:
            return 0.0
        own, neutral = (claim.concepts[claim.said(slot)] for slot in ("of", "against"))
        return 1 / ways_to_pick(own, [neutral])

    def faults(self, claim: Claim) -> list[str]:
        """Lists of few neutral prompts say little of what is usual; and what halves share is said of m prompts."""
        found = super().faults(claim)
        if "against" not in claim.terms:
            return found + without_m(self, claim)
        neutral = claim.concepts[claim.said("against")]
        if neutral.units < NEUTRAL:
            found.append(f"{neutral.name!r} has {neutral.units} prompts; to compare with takes {NEUTRAL}")
        return found

    def half_sampled(self, claim: Claim) -> bool:
        """In the threshold form."""
        return "against" not in claim.terms
