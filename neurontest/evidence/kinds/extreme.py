"""The test that of all pairs of some concepts one shares the fewest, or the most, neurons."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from neurontest.claims.base import Claim, Traces
from neurontest.evidence.conclusion import t_null
from neurontest.evidence.describe import ceilings, headline, pair, quoted
from neurontest.evidence.procedure import Procedure
from neurontest.evidence.trial import Trial
from neurontest.kinds.extreme import other_pairs
from neurontest.stats.half_samples.half_t import Hypothesis, weakest_of
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.types import Evidence, Thresholds


class _ExtremeProcedure(Procedure):
    """By half-t, of each other pair (an intersection-union test); one exception refutes it."""

    side: ClassVar[int]

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """For every other pair: what it shares less what the named one does, above 0 if that is the lowest."""
        named = samples.overlap((claim.said("of"), ""), (claim.said("with"), ""))
        others = (samples.overlap((a, ""), (b, "")) for a, b in other_pairs(claim))
        return [Hypothesis((other - named) * self.side) for other in others]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence that the named pair is beyond each other one."""
        return _evidence(claim, traces, thresholds, lowest=self.side > 0)


class OverlapLowestProcedure(_ExtremeProcedure):
    """Every other pair shares more."""

    side: ClassVar[int] = 1


class OverlapHighestProcedure(_ExtremeProcedure):
    """Every other pair shares less."""

    side: ClassVar[int] = -1


def _evidence(claim: Claim, traces: Traces, thresholds: Thresholds, *, lowest: bool) -> Evidence:
    """The evidence that the named pair is below, or above, each other one: the largest p-value of any of them.

    The opposite, that some pair is beyond the named one, has as many chances as there are others.
    """
    a, b = claim.said("of"), claim.said("with")
    others = other_pairs(claim)
    trial = Trial(claim, traces)
    results = trial.decide(thresholds)
    doubtful = weakest_of(results)
    labels = [f"{x}/{y} minus {a}/{b}" if lowest else f"{a}/{b} minus {x}/{y}" for x, y in others]
    weakest = results.index(doubtful[0])
    whole = headline(trial, a, b)
    least = f" (the nearest of {len(others)} other pairs)"
    keys = [
        replace(
            trial.key(one),
            about=f"against {'/'.join(others[results.index(one)])}",
            chances=len(others),
        )
        for one in doubtful
    ]
    return trial.evidence(
        trial.estimate(labels[weakest] + least, doubtful[0], note=quoted(trial, a, {b: whole})),
        doubtful[0],
        keys,
        [t_null(one) for one in doubtful],
        [
            *(
                trial.estimate(label, result, note=f"half-sample p = {result.p:.2g}")
                for label, result in zip(labels, results, strict=True)
            ),
            *(pair(trial, x, y) for x, y in ((a, b), *others)),
            *ceilings(trial, *claim.concepts),
            *whole,
        ],
        p_opposite=min(1.0, len(others) * min(one.p_opposite for one in results)),
    )
