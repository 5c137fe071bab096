"""What the evidence of every kind starts from: a claim's half-samples, decided on and described."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from neurontest.evidence.describe import heaviest, percentile_interval
from neurontest.evidence.procedure import procedure_of
from neurontest.evidence.sampled import Sampled
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.types import Estimate, Thresholds


class Trial(Sampled):
    """The half-samples of a claim's concepts, and what is made of them; as :class:`Sampled`."""

    def decide(self, thresholds: Thresholds) -> list[HalfT]:
        """Half-t tests of what decides the claim; keeps the half-samples as :attr:`samples`."""
        results = self.settle(lambda samples: procedure_of(self.claim.kind).hypotheses(self.claim, samples), thresholds)
        self._heavy = heaviest(self)
        return results

    def naive(self, effect: Estimate, weights: Mapping[tuple[str, str], float]) -> Estimate:
        """The effect, with the ordinary bootstrap's interval if the claim asks for it."""
        if self.claim.statistics.interval == "half-sample":
            return effect
        interval, note = percentile_interval(self, weights)
        return replace(effect, interval=interval, note=". ".join(filter(None, (effect.note, note))))
