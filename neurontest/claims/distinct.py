"""distinct: the neurons of several concepts tell the concepts apart."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

from neurontest.claims.base import Kind, Slot, Traces, ways_to_deal
from neurontest.types import Claim, Evidence, Thresholds

if TYPE_CHECKING:
    from neurontest.stats.half_samples import HalfSamples
    from neurontest.stats.half_t import Hypothesis


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
        return 1 / ways_to_deal(list(claim.concepts.values()))

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """``D``, mean overlap within less mean overlap between, above 0."""
        from neurontest.stats.half_samples import distinctness
        from neurontest.stats.half_t import Hypothesis

        return [Hypothesis(distinctness(samples, list(claim.concepts))[0], level=True)]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Test it by half-t and by the studentised relabeling of all concepts, which also says which pairs differ."""
        from neurontest.claims.describe import ceilings, pair
        from neurontest.claims.permutation import both_keys, distinct_key
        from neurontest.claims.trial import Trial
        from neurontest.stats.half_samples import distinctness
        from neurontest.stats.half_t import Hypothesis

        names = list(claim.concepts)
        trial = Trial(self, claim, traces)
        (decisive,) = trial.decide(thresholds)
        which: dict[tuple[str, str], float] = {}
        keys, nulls = both_keys(
            trial,
            decisive,
            "0-.028 (nominal .05)",
            distinct_key(trial, names, which),
            thresholds,
        )

        def described(samples: HalfSamples) -> list[Hypothesis]:
            _, within, between = distinctness(samples, names)
            pairs = [distinctness(samples, two)[0] for two in combinations(names, 2)]
            return [Hypothesis(within, level=True), Hypothesis(between), *(Hypothesis(d, level=True) for d in pairs)]

        within, between, *of_two = trial.describe(described)
        apart = [
            trial.estimate(
                f"{a} and {b}, within minus between",
                result,
                tested=False,
                note=f"permutation p = {which[a, b]:.2g}, adjusted for the pairs" if (a, b) in which else "",
            )
            for (a, b), result in zip(combinations(names, 2), of_two, strict=True)
        ]
        return trial.evidence(
            trial.estimate("shared within a concept minus between two", decisive),
            decisive,
            keys,
            nulls,
            [
                trial.estimate("within, mean over concepts", within, tested=False),
                trial.estimate("between, mean over pairs", between, tested=False),
                *ceilings(trial, *names),
                *(pair(trial, a, b) for a, b in combinations(names, 2)),
                *(apart if len(names) > 2 else []),
            ],
            thresholds,
        )


class ModesMoreDistinct(Kind):
    """Concepts are more distinct in one mode of looking at the same prompts than in another."""

    minimum: ClassVar[int] = 8

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """``D`` in the first mode less ``D`` in the second, above `by`."""
        from neurontest.stats.half_samples import distinctness
        from neurontest.stats.half_t import Hypothesis

        names = list(claim.concepts)
        better, worse = (distinctness(samples, names, mode.name)[0] for mode in self.modes(claim))
        # As a level: the modes' noise is apart enough for the second-order variance of the two ceilings not to cancel.
        # With the linear part alone the claim was declared of equally distinct modes in .079 of 1,000 planted data
        # sets of 10 prompts (nominal .05).
        return [Hypothesis(better - worse, claim.number("by"), level=True)]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Test it by half-t, on the same half-samples in both modes."""
        from neurontest.claims.trial import Trial, t_null
        from neurontest.stats.half_samples import distinctness
        from neurontest.stats.half_t import Hypothesis

        names = list(claim.concepts)
        trial = Trial(self, claim, traces)
        (decisive,) = trial.decide(thresholds)
        labels: list[str] = []

        def described(samples: HalfSamples) -> list[Hypothesis]:
            out = []
            labels.clear()
            for mode in self.modes(claim):
                apart, within, between = distinctness(samples, names, mode.name)
                out += [Hypothesis(apart, level=True), Hypothesis(within, level=True), Hypothesis(between)]
                labels.extend(f"{mode.name}: {what}" for what in ("within minus between", "within", "between"))
            return out

        results = trial.describe(described)
        better, worse = (mode.name for mode in self.modes(claim))
        return trial.evidence(
            trial.estimate(f"distinctness, {better} minus {worse}", decisive),
            decisive,
            [trial.key(decisive, "0-.03 (nominal .05)")],
            [t_null(decisive)],
            [trial.estimate(label, result, tested=False) for label, result in zip(labels, results, strict=True)],
            thresholds,
        )
