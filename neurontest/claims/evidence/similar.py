"""The test that the sets of different concepts are nearly the same."""

from __future__ import annotations

from itertools import combinations

from neurontest.claims.base import Kind, Traces
from neurontest.claims.conclusion import t_null
from neurontest.claims.describe import ceilings, of_ceiling, pair
from neurontest.claims.trial import Trial
from neurontest.stats.terms import mean
from neurontest.types import Claim, Evidence, Thresholds


def evidence_of(kind: Kind, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence that two concepts share, on average over pairs, more than a share of what halves of one do."""
    trial = Trial(kind, claim, traces)
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
            note=f"they share {share.value:.0%} of the ceiling; worst pair: {worst.name}, {worst.value:.1f} neurons",
        ),
        decisive,
        [trial.key(decisive)],
        [t_null(decisive)],
        [share, *pairs, *own],
    )
