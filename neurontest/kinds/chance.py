"""overlap_above_chance: two concepts share more neurons than the first does with concepts like some controls."""

from __future__ import annotations

from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.slots import Slot, Terms

#: The claim about the named controls alone, and the one that is decided by the rank among them.
ON_THESE = "on these controls"
BY_RANK = "by rank"
#: Controls that a claim about concepts like them takes, that are advised, and that a rank takes to reach .05.
FEWEST = 4
ADVISED = 10
RANKED = 19


class OverlapAboveChance(Kind):
    """``hanoi overlaps vietnam above chance against tulip, violent, rose and war [on these controls | by rank]``.

    Neurons are not exchangeable (massive dimensions, what a template evokes): chance is what other concepts share.
    """

    name: ClassVar[str] = "overlap_above_chance"
    sentence: ClassVar[str] = "{of} overlaps {with} above chance against {controls}[ {meant}]"
    also: ClassVar[tuple[tuple[str, Terms], ...]] = (
        ("{of} overlaps {with} more than {controls} on average", {"meant": ON_THESE}),
    )
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", "The concept whose neurons are looked for in the other's"),
        Slot("with", "concept", "The concept that it shares neurons with"),
        Slot("controls", "concepts", "Control concepts of the same kind of prompts, three or more", least=3),
        Slot(
            "meant",
            "choice",
            f"'{ON_THESE}' for the weaker claim about the controls that are named, and no others; '{BY_RANK}' to be"
            f" decided by the rank among {RANKED} or more (default: about concepts like the controls)",
            optional=True,
            choices=(ON_THESE, BY_RANK),
        ),
    )
    summary: ClassVar[str] = "The sets of two concepts share more than the first does with concepts like the controls"
    procedure: ClassVar[str] = "neurontest.evidence.kinds.chance:OverlapAboveChanceProcedure"
    published_slots: ClassVar[tuple[str, ...]] = ("of", "with")

    def half_sampled(self, claim: Claim) -> bool:
        """Not by rank, whose error rate is its own by construction."""
        return claim.terms.get("meant") != BY_RANK

    def smallest_p(self, claim: Claim) -> float:
        """By rank, one over the number of concepts that are ranked; of too few :meth:`faults` tells."""
        count = len(claim.listed("controls"))
        return 0.0 if self.half_sampled(claim) or count < RANKED else 1 / (count + 1)

    def faults(self, claim: Claim) -> list[str]:
        """How concepts differ from each other takes some to tell."""
        found = super().faults(claim)
        count, meant = len(claim.listed("controls")), claim.terms.get("meant")
        if meant is None and count < FEWEST:
            found.append(
                f"overlap_above_chance is about concepts like the controls, and how those differ takes {FEWEST} of them"
                f" to tell ({ADVISED} advised), not {count}; say more, or '... {ON_THESE}' for these alone"
            )
        if meant == BY_RANK and count < RANKED:
            found.append(
                f"a rank among {count} controls cannot reach .05: it takes {RANKED}; say more, or leave it out"
            )
        if meant == BY_RANK and claim.concepts[claim.said("with")].published:
            found.append(
                f"{claim.said('with')!r} is a published set, whose rank among sets of prompts says nothing; leave out"
                f" '{BY_RANK}'"
            )
        return found

    def cautions(self, claim: Claim) -> list[str]:
        """Few controls, and a rank among concepts with other numbers of prompts."""
        controls, meant = claim.listed("controls"), claim.terms.get("meant")
        found = []
        if meant is None and len(controls) < ADVISED:
            found.append(f"{ADVISED} controls or more are advised for overlap_above_chance, not {len(controls)}")
        ranked = [claim.concepts[name] for name in (claim.said("with"), *controls)]
        if meant == BY_RANK and len({concept.units for concept in ranked}) > 1:
            found.append("a rank compares like with like, and these concepts have different numbers of prompts")
        return found
