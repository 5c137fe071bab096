"""The test that normalized sets differ from raw ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neurontest.claims.base import Claim, Traces
from neurontest.evidence.conclusion import t_null
from neurontest.evidence.describe import ceilings, of_ceiling
from neurontest.evidence.procedure import Procedure
from neurontest.evidence.trial import Trial
from neurontest.stats.half_samples.half_t import Hypothesis, weakest_of
from neurontest.stats.half_samples.sets import HalfSamples, beyond_ceiling
from neurontest.text import of_several
from neurontest.types import Estimate, Evidence, Thresholds


class SetsDifferProcedure(Procedure):
    """For every concept, raw and normalized sets of disjoint halves share little of what halves in one mode do."""

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """For every concept: the cross overlap is below a share of the ceiling, ``(W_raw + W_normalized) / 2``."""
        part = claim.statistics.differ_below
        both = [((name, "raw"), (name, "normalized")) for name in claim.concepts]
        return [
            Hypothesis(beyond_ceiling(samples, samples.cross(*keys), keys, part), side=-1, level=True) for keys in both
        ]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence that raw and normalized sets of every concept share less than a share of the ceiling.

        It must be shown of each (an intersection-union test). The opposite of "all of these" is "not one of them": the
        smallest of the opposite p-values, for as many chances.
        """
        names = list(claim.concepts)
        trial = Trial(claim, traces)
        results = trial.decide(thresholds)
        doubtful = weakest_of(results)
        own = {name: [one for mode in trial.modes for one in ceilings(trial, name, mode=mode)] for name in names}
        shared = dict(zip(names, _cross(trial, names), strict=True))
        shares = {
            name: of_ceiling(
                trial, f"{name}, raw and normalized", trial.half_samples().cross(*keys), keys, result, place
            )
            for place, (name, result) in enumerate(zip(names, results, strict=True))
            for keys in [[(name, "raw"), (name, "normalized")]]
        }
        worst = names[results.index(doubtful[0])]
        part = f"{claim.statistics.differ_below:.0%} of the ceiling"
        least = of_several(len(names), "concepts")
        about = {name: name if len(names) > 1 else "" for name in names}
        return trial.evidence(
            trial.estimate(
                f"shared by raw and normalized sets of {worst}, minus {part}{least}",
                doubtful[0],
                note=f"they share {shared[worst].value:.1f} neurons, {shares[worst].value:.0%} of the ceiling",
            ),
            doubtful[0],
            [replace(trial.key(one), about=about[names[results.index(one)]], chances=len(names)) for one in doubtful],
            [t_null(one) for one in doubtful],
            [
                *(
                    trial.estimate(f"{name}, raw and normalized minus {part}", result)
                    for name, result in zip(names, results, strict=True)
                ),
                *shares.values(),
                *shared.values(),
                *(one for name in names for one in own[name]),
            ],
            p_opposite=min(1.0, len(names) * min(one.p_opposite for one in results)),
        )


def _cross(trial: Trial, names: Sequence[str]) -> list[Estimate]:
    """What raw and normalized sets of each concept share, from disjoint halves."""

    def described(samples: HalfSamples) -> list[Hypothesis]:
        return [Hypothesis(samples.cross((name, "raw"), (name, "normalized")), level=True) for name in names]

    return [
        trial.estimate(f"{name}, shared by raw and normalized", result, tested=False)
        for name, result in zip(names, trial.describe(described), strict=True)
    ]
