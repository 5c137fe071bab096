"""The tests of what two concepts share: more than with a third, or than an amount."""

from __future__ import annotations

from typing import ClassVar

from neurontest.claims.base import Claim, Traces
from neurontest.evidence.conclusion import t_null
from neurontest.evidence.describe import ceilings, headline, of_ceiling, pair, quoted
from neurontest.evidence.permutation import both_keys, overlap_key
from neurontest.evidence.procedure import Procedure
from neurontest.evidence.trial import Trial
from neurontest.kinds.overlap import OverlapAbove, OverlapBelow
from neurontest.stats.half_samples.half_t import Hypothesis
from neurontest.stats.half_samples.sets import HalfSamples, beyond_ceiling
from neurontest.types import Evidence, Thresholds


class OverlapGreaterProcedure(Procedure):
    """By half-t and by the studentised relabeling of b and c.

    Both keys must turn, unless the claim asks for one of them (an intersection-union test: Berger 1982).
    """

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """``theta(a, b) - theta(a, c)`` above `by`."""
        a, b, c = (claim.said(slot) for slot in ("of", "with", "than"))
        return [Hypothesis(samples.overlap((a, ""), (b, "")) - samples.overlap((a, ""), (c, "")), claim.number("by"))]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence that the first shares more with the second than with the third."""
        a, b, c = (claim.said(slot) for slot in ("of", "with", "than"))
        trial = Trial(claim, traces)
        (decisive,) = trial.decide(thresholds)
        keys, nulls = both_keys(
            trial,
            decisive,
            overlap_key(trial, a, b, c, decisive.reference),
            thresholds,
        )
        whole = {other: headline(trial, a, other) for other in (b, c)}
        effect = trial.estimate(f"{a}/{b} minus {a}/{c}", decisive, note=quoted(trial, a, whole))
        return trial.evidence(
            trial.naive(effect, {(a, b): 1.0, (a, c): -1.0}),
            decisive,
            keys,
            nulls,
            [*(pair(trial, a, other) for other in (b, c)), *ceilings(trial, a, b, c), *whole[b], *whole[c]],
        )


class _OfAmount(Procedure):
    """Against a number of neurons, or a share of the ceiling: by half-t alone, as nothing is exchangeable there."""

    side: ClassVar[int]

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """``theta(a, b)`` on the claimed side of the amount, or of its share of ``(W_a + W_b) / 2``."""
        a, b = ((claim.said(slot), "") for slot in ("of", "with"))
        shared, part = samples.overlap(a, b), claim.of_ceiling("amount")
        if part is not None:
            return [Hypothesis(beyond_ceiling(samples, shared, (a, b), part), side=self.side, level=True)]
        return [Hypothesis(shared, claim.neurons("amount"), side=self.side)]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence that two concepts share more, or less, than so many neurons or than a share of the ceiling."""
        a, b = (claim.said(slot) for slot in ("of", "with"))
        trial = Trial(claim, traces)
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


class OverlapAboveProcedure(_OfAmount):
    """They share more."""

    side: ClassVar[int] = OverlapAbove.side


class OverlapBelowProcedure(_OfAmount):
    """They share less."""

    side: ClassVar[int] = OverlapBelow.side
