"""The test that the sets of different concepts are nearly the same."""

from __future__ import annotations

from itertools import combinations

from neurontest.claims.base import Claim, Traces
from neurontest.evidence.conclusion import t_null
from neurontest.evidence.describe import ceilings, of_ceiling, pair
from neurontest.evidence.procedure import Procedure
from neurontest.evidence.trial import Trial
from neurontest.stats.half_samples.half_t import Hypothesis
from neurontest.stats.half_samples.sets import HalfSamples, beyond_ceiling
from neurontest.stats.terms import mean
from neurontest.types import Evidence, Thresholds


class SetsSimilarProcedure(Procedure):
    """By half-t alone; the worst pair is shown."""

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """The mean over pairs of what two concepts share, above a share of the ceiling, the mean of ``W``."""
        keys = [(name, "") for name in claim.concepts]
        shared = mean([samples.overlap(a, b) for a, b in combinations(keys, 2)])
        apart = beyond_ceiling(samples, shared, keys, claim.statistics.similar_above)
        # Sets near their ceiling are often the same in every half, and then their spread is told too small: without as
        # much again as the least variance there is, the opposite was declared in .09 of data sets where it was untrue.
        unseen = samples.least_variance(shared)
        return [Hypothesis(apart, level=True, extra_variance=unseen)]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence that two concepts share, on average over pairs, more than a share of what halves of one do."""
        trial = Trial(claim, traces)
        (decisive,) = trial.decide(thresholds)
        pairs = [pair(trial, a, b) for a, b in combinations(claim.concepts, 2)]
        worst = min(pairs, key=lambda one: one.value)
        own = ceilings(trial, *claim.concepts)
        part = claim.statistics.similar_above
        keys = [(name, "") for name in claim.concepts]
        shared = mean([trial.half_samples().overlap(a, b) for a, b in combinations(keys, 2)])
        share = of_ceiling(trial, "shared by two concepts, mean over pairs", shared, keys, decisive)
        return trial.evidence(
            trial.estimate(
                f"shared by two concepts, mean over pairs, minus {part:.0%} of the ceiling",
                decisive,
                note=f"they share {share.value:.0%} of the ceiling;"
                f" worst pair: {worst.name}, {worst.value:.1f} neurons",
            ),
            decisive,
            [trial.key(decisive)],
            [t_null(decisive)],
            [share, *pairs, *own],
        )
