"""The test that of all pairs of some concepts one shares the fewest, or the most, neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neurontest.claims.base import Kind, Traces
from neurontest.claims.conclusion import t_null
from neurontest.claims.describe import ceilings, headline, pair, quoted
from neurontest.claims.trial import Trial
from neurontest.stats.half_t import weakest_of
from neurontest.types import Claim, Evidence, Thresholds


def evidence_of(
    kind: Kind,
    claim: Claim,
    traces: Traces,
    thresholds: Thresholds,
    others: Sequence[tuple[str, str]],
    *,
    lowest: bool,
) -> Evidence:
    """The evidence that the named pair is below, or above, each of `others`: the largest p-value of any of them.

    The opposite, that some pair is beyond the named one, has as many chances as there are others.
    """
    a, b = claim.said("of"), claim.said("with")
    trial = Trial(kind, claim, traces)
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
