"""The tests of an overlap above chance: over prompts, over concepts, and the rank among controls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neurontest.claims.base import Claim, Traces
from neurontest.evidence.conclusion import t_null
from neurontest.evidence.describe import ceilings, headline, pair, quoted
from neurontest.evidence.procedure import Procedure
from neurontest.evidence.trial import Trial
from neurontest.stats.half_samples.half_t import HalfT, Hypothesis
from neurontest.stats.half_samples.prediction import prediction
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.sequential import CLEAR
from neurontest.stats.terms import mean
from neurontest.types import Estimate, Evidence, KeyResult, Thresholds

_PREDICTION_NULL = (
    "shares as much as one more concept drawn from those that the controls were drawn from; nothing is exchanged"
)


class OverlapAboveChanceProcedure(Procedure):
    """By half-t; of concepts like the controls by a prediction over them too, or by the rank alone."""

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """``theta(a, b) - mean_j theta(a, c_j)`` above 0: over prompts, and over concepts like the controls."""
        return _hypotheses(claim, samples)

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence of a claim about concepts like the controls, about the controls alone, or by rank."""
        test = _by_prompts_and_concepts if claim.kind.half_sampled(claim) else _by_rank
        return test(claim, traces, thresholds)


def _hypotheses(claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
    a, b = claim.said("of"), claim.said("with")
    own = samples.overlap((a, ""), (b, ""))
    controls = [samples.overlap((a, ""), (name, "")) for name in claim.listed("controls")]
    over_prompts = Hypothesis(own - mean(controls))
    if "meant" in claim.terms:
        return [over_prompts]
    return [over_prompts, prediction(own, controls, min(halves.n for halves in samples.halves.values()))]


def _by_prompts_and_concepts(claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence of a claim about concepts like the controls, or about the controls alone.

    Of concepts like them both keys must turn: that the difference is more than prompts make it (half-t), and more than
    one concept is from another (prediction). At few controls the larger p has more power than the larger variance.
    """
    a, b, controls = claim.said("of"), claim.said("with"), claim.listed("controls")
    trial = Trial(claim, traces)
    results = trial.decide(thresholds)
    weakest = max(results, key=lambda one: one.p)
    whole = headline(trial, a, b)
    effect = _effect(trial, results[0], whole)
    share = -1 / len(controls)
    keys = [trial.key(results[0])]
    keys += [
        replace(trial.key(one), name="prediction", null=f"{b} {_PREDICTION_NULL}", half_pairs=one.pairs)
        for one in results[1:]
    ]
    found = trial.evidence(
        trial.naive(effect, {(a, b): 1.0, **{(a, control): share for control in controls}}),
        weakest,
        keys,
        [t_null(one) for one in results],
        _details(trial, whole),
        p_opposite=max(one.p_opposite for one in results),
    )
    # What the spread of concepts leaves open no number of prompts decides.
    return found if weakest is results[0] else replace(found, spread=None)


def _by_rank(claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence by the rank of the overlap among those with the controls: exact if all are draws of one kind."""
    b, controls = claim.said("with"), claim.listed("controls")
    trial = Trial(claim, traces)

    def beside_each(samples: HalfSamples) -> list[Hypothesis]:
        a = claim.said("of")
        own = samples.overlap((a, ""), (b, ""))
        return [Hypothesis(own - samples.overlap((a, ""), (control, ""))) for control in controls]

    # The sign alone matters, and at one half the critical value of t is 0.
    results = trial.settle(beside_each, replace(thresholds, open=(0.5,)))
    open_ = sum(abs(one.t) <= CLEAR * one.se for one in results if one.se)
    reached = sum(one.t <= 0 for one in results)
    count = len(controls) + 1
    (over_prompts,) = trial.describe(lambda samples: _hypotheses(claim, samples))
    whole = headline(trial, claim.said("of"), b)
    key = KeyResult(
        name="rank",
        null=f"{b} is a draw like the controls: each of them is as likely to share the most",
        statistic=float(1 + reached),
        p=(1 + reached) / count,
        p_opposite=(1 + sum(one.t >= 0 for one in results)) / count,
        p_floor=1 / count,
        draws=len(controls),
        exceedances=reached,
        exact=open_ == 0,
        half_pairs=over_prompts.pairs,
        monte_carlo_se=open_ / count / CLEAR,
    )
    return trial.found(
        _effect(trial, over_prompts, whole),
        [key],
        [],
        _details(trial, whole),
        None,
        p_opposite=key.p_opposite or 1.0,
    )


def _effect(trial: Trial, over_prompts: HalfT, whole: list[Estimate]) -> Estimate:
    a, b = trial.claim.said("of"), trial.claim.said("with")
    return trial.estimate(f"{a}/{b} minus the controls' mean", over_prompts, note=quoted(trial, a, {b: whole}))


def _details(trial: Trial, whole: list[Estimate]) -> list[Estimate]:
    a, b, controls = trial.claim.said("of"), trial.claim.said("with"), trial.claim.listed("controls")
    pairs = [pair(trial, a, other) for other in (b, *controls)]
    reached = sum(one.value >= pairs[0].value for one in pairs[1:])
    rank = Estimate(
        f"{a}/{b} among the controls",
        (1 + reached) / (1 + len(controls)),
        "share",
        note=f"rank {1 + reached} of {1 + len(controls)}"
        + (": a description, which needs 19 controls to be a test" if len(controls) < 19 else ""),
    )
    spread = Estimate(
        f"spread of the {len(controls)} controls",
        float(np.std([one.value for one in pairs[1:]], ddof=1)),
        note="standard deviation of what they share: of concepts, and of their prompts' noise",
    )
    return [*pairs, rank, spread, *ceilings(trial, a, b), *whole]
