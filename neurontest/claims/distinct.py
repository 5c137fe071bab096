"""distinct: the neurons of several concepts tell the concepts apart."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

from neurontest.claims.base import MEANT, ON_AVERAGE, Kind, Slot, Traces, ways_to_deal
from neurontest.types import Claim, Evidence, Thresholds

if TYPE_CHECKING:
    from neurontest.stats.half_samples import HalfSamples
    from neurontest.stats.half_t import Hypothesis


class Distinct(Kind):
    """``tulip, vietnam, hanoi and violent have distinct neurons [on average]``."""

    name: ClassVar[str] = "distinct"
    sentence: ClassVar[str] = "{concepts} have distinct neurons[ {meant}]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("concepts", "concepts", "The concepts, two or more", least=2),
        MEANT,
    )
    summary: ClassVar[str] = "Two halves of a concept's prompts share more neurons than it does with each other concept"

    def on_average(self, claim: Claim) -> bool:
        """Whether the claim is about all pairs taken together, and not each; of two concepts there is one."""
        return claim.terms.get("meant") == ON_AVERAGE

    def smallest_p(self, claim: Claim) -> float:
        """One over the number of ways to deal the prompts to the concepts, or to the two for which it is least."""
        if claim.statistics.test == "half-sample":
            return 0.0
        concepts = [concept for concept in claim.concepts.values() if not concept.published]
        if self.on_average(claim):
            return 1 / ways_to_deal(concepts)
        return max((1 / ways_to_deal(two) for two in combinations(concepts, 2)), default=0.0)

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """``D``, mean overlap within less mean overlap between, above 0: of every pair, or of all on average."""
        from neurontest.stats.half_samples import distinctness
        from neurontest.stats.half_t import Hypothesis

        names = list(claim.concepts)
        tested = [names] if self.on_average(claim) else combinations(names, 2)
        return [Hypothesis(distinctness(samples, those)[0], level=True) for those in tested]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """By half-t and by studentised relabeling: of every pair, its own prompts; on average, of all at once."""
        from neurontest.claims.evidence import distinct

        test = distinct.on_average if self.on_average(claim) else distinct.of_each
        return test(self, claim, traces, thresholds)


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
        # D is the mean of squared distances of selection probabilities, and never below 0 itself.
        apart = (better - worse).between(better.least, better.most)
        return [Hypothesis(apart, claim.number("by"), level=True)]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Test it by half-t, on the same half-samples in both modes."""
        from neurontest.claims.conclusion import t_null
        from neurontest.claims.trial import Trial
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
            [trial.key(decisive)],
            [t_null(decisive)],
            [trial.estimate(label, result, tested=False) for label, result in zip(labels, results, strict=True)],
        )
