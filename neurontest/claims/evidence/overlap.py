"""The test of what two concepts share against an amount."""

from __future__ import annotations

from neurontest.claims.base import Kind, Traces
from neurontest.claims.conclusion import t_null
from neurontest.claims.describe import ceilings, headline, of_ceiling, quoted
from neurontest.claims.trial import Trial
from neurontest.types import Claim, Evidence, Thresholds


def evidence_of(kind: Kind, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence that two concepts share more, or less, than so many neurons or than a share of the ceiling."""
    a, b = (claim.said(slot) for slot in ("of", "with"))
    trial = Trial(kind, claim, traces)
    (decisive,) = trial.decide(thresholds)
    whole = {b: headline(trial, a, b)}
    # A published set has no halves, and so no ceiling.
    keys = [(a, ""), (b, "")] if {a, b} <= trial.n.keys() else []
    share = [of_ceiling(trial, f"{a}/{b}", trial.half_samples().overlap(*keys), keys, decisive)] if keys else []
    note = quoted(trial, a, whole)
    if claim.of_ceiling("amount") is None:
        effect = trial.estimate(f"{a}/{b}, halves of {trial.m} prompts", decisive, note=note)
        effect = trial.naive(effect, {(a, b): 1.0})
    else:
        (found,) = share
        name = f"{a}/{b} minus {claim.terms['amount']}"
        effect = trial.estimate(name, decisive, note=f"{found.value:.0%} of the ceiling. {note}")
    return trial.evidence(
        effect,
        decisive,
        [trial.key(decisive)],
        [t_null(decisive)],
        [*share, *ceilings(trial, a, b), *whole[b]],
    )
