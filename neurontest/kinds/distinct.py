"""distinct: the neurons of several concepts tell the concepts apart."""

from __future__ import annotations

from itertools import combinations
from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.exchange import permutation_alone, ways_to_deal
from neurontest.claims.slots import MEANT, ON_AVERAGE, Slot


class Distinct(Kind):
    """``tulip, vietnam, hanoi and violent have distinct neurons [on average]``."""

    name: ClassVar[str] = "distinct"
    sentence: ClassVar[str] = "{concepts} have distinct neurons[ {meant}]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("concepts", "concepts", "The concepts, two or more", least=2),
        MEANT,
    )
    summary: ClassVar[str] = "Two halves of a concept's prompts share more neurons than it does with each other concept"
    procedure: ClassVar[str] = "neurontest.evidence.kinds.distinct:DistinctProcedure"

    def cautions(self, claim: Claim) -> list[str]:
        """One test alone."""
        return super().cautions(claim) + permutation_alone(claim)

    def smallest_p(self, claim: Claim) -> float:
        """One over the number of ways to deal the prompts to the concepts, or to the two for which it is least."""
        if claim.statistics.test == "half-sample":
            return 0.0
        concepts = [concept for concept in claim.concepts.values() if not concept.published]
        if is_on_average(claim):
            return 1 / ways_to_deal(concepts)
        return max((1 / ways_to_deal(two) for two in combinations(concepts, 2)), default=0.0)


class ModesMoreDistinct(Kind):
    """Concepts are more distinct in one mode of looking at the same prompts than in another."""

    minimum: ClassVar[int] = 8
    procedure: ClassVar[str] = "neurontest.evidence.kinds.modes:ModesMoreDistinctProcedure"


def is_on_average(claim: Claim) -> bool:
    """Whether the claim is about all pairs taken together, and not each; of two concepts there is one."""
    return claim.terms.get("meant") == ON_AVERAGE
