"""distinct: the neurons of several concepts tell the concepts apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import factorial, prod
from typing import ClassVar

from neurontest.claims.base import Kind, Slot, Traces
from neurontest.types import Claim, Evidence


class Distinct(Kind):
    """``tulip, vietnam, hanoi and violent have distinct neurons``."""

    name: ClassVar[str] = "distinct"
    sentence: ClassVar[str] = "{concepts} have distinct neurons"
    slots: ClassVar[tuple[Slot, ...]] = (Slot("concepts", "concepts", "The concepts, two or more", least=2),)
    summary: ClassVar[str] = "Two halves of a concept's prompts share more neurons than two concepts do"

    def smallest_p(self, claim: Claim) -> float:
        """One over the number of ways to deal the prompts to the concepts."""
        if claim.statistics.test == "half-sample":
            return 0.0
        sizes = [concept.units for concept in claim.concepts.values()]
        return prod(factorial(size) for size in sizes) / factorial(sum(sizes))

    def evidence(self, claim: Claim, traces: Traces, thresholds: Sequence[float]) -> Evidence:
        """``D``, mean overlap within less mean overlap between, above 0: half-t test and studentised relabeling."""
        from neurontest.claims.permutation import both_keys, distinct_key
        from neurontest.claims.trial import Trial, distinctness
        from neurontest.stats.half_t import Hypothesis
        from neurontest.stats.terms import HalfSamples

        names = list(claim.concepts)
        trial = Trial(claim, traces)

        def hypotheses(samples: HalfSamples) -> list[Hypothesis]:
            difference, within, between = distinctness(samples, names)
            return [Hypothesis(difference, level=True), Hypothesis(within, level=True), Hypothesis(between)]

        decisive = trial.settle(lambda samples: hypotheses(samples)[:1], thresholds)[0]
        keys, nulls = both_keys(
            trial,
            decisive,
            "0-.028 (nominal .05)",
            lambda still_open: distinct_key(trial, names, still_open),
            thresholds,
        )
        within, between = trial.describe(lambda samples: hypotheses(samples)[1:])
        pairs = combinations(names, 2)
        return trial.evidence(
            trial.estimate("shared within a concept minus between two", decisive),
            decisive,
            keys,
            nulls,
            [
                trial.estimate("within, mean over concepts", within, tested=False),
                trial.estimate("between, mean over pairs", between, tested=False),
                *(trial.ceiling(name) for name in names),
                *(trial.pair(a, b) for a, b in pairs),
            ],
            thresholds,
        )
