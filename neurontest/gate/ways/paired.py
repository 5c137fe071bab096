"""A claim's own test on two models at once: the same half-samples of the same prompts in both.

What a half-sample claim asserts is a term E, such as a difference of overlaps, beyond a reference value. Whether it
survived a change of the model is another such term: what is left of E in the candidate, less what had to be left of it.
It is linear in both, so the half-t test of the claim is that of its survival too, and no ratio of estimates is tested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from neurontest.arrays import Floats, Indices
from neurontest.claims.base import Claim, Traces
from neurontest.errors import EvidenceError
from neurontest.evidence.conclusion import GROWTH
from neurontest.evidence.procedure import procedure_of
from neurontest.evidence.trial import Trial
from neurontest.gate.margin import Margin
from neurontest.gate.ways.survival import Survival, of_parts
from neurontest.neurons.select import ConsistencySelector, MeanSelector
from neurontest.stats.half_samples.half_t import Hypothesis
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.terms import Key, Term
from neurontest.types import Spread, Thresholds

T = TypeVar("T")

REFERENCE, CANDIDATE = "reference", "candidate"


class PairedTrial(Trial):
    """The half-samples of a claim's concepts, the same in the reference and in the candidate.

    Parameters
    ----------
    then : Trial
        On the reference's traces, or on what was kept of them.
    traces : mapping from TraceRequest to Activations, or Trial
        Of the same prompts, on the candidate; a trial where only some of its neurons are at hand.
    claim : Claim, optional
        As it is made of the candidate, where it names these traces otherwise than the reference's own.

    Attributes
    ----------
    then, now : Trial
        On either model alone.

    Raises
    ------
    EvidenceError
        If the two do not have the same prompts.
    """

    def __init__(self, then: Trial, traces: Traces | Trial, claim: Claim | None = None) -> None:
        now = traces if isinstance(traces, Trial) else Trial(claim or then.claim, traces)
        super().__init__(now.claim, now.traces)
        self.then, self.now = then, now
        if (self.sizes, self.sample_of, self.m) != (then.sizes, then.sample_of, then.m):
            raise EvidenceError(f"{self.claim.node}: its prompts are grouped otherwise than the reference's")

    def fixed(self) -> dict[Key, Floats]:
        """Published sets, in every mode on either model."""
        return {**_on(REFERENCE, self.then.fixed()), **_on(CANDIDATE, self.now.fixed())}

    def selectors(self, baseline: Indices | None = None) -> dict[Key, MeanSelector | ConsistencySelector]:
        """As :meth:`Trial.selectors`, of both models."""
        return {
            **_on(REFERENCE, self.then.selectors(baseline)),
            **_on(CANDIDATE, self.now.selectors(baseline)),
        }

    def side_by_side(self, concept: str, mode: str, reference: Indices, candidate: Indices) -> tuple[Floats, Floats]:
        """Activations [prompt, neuron] of some neurons of the reference, and of some of the candidate.

        Parameters
        ----------
        reference, candidate : int array [neuron]
            ``layer * width + index``; those of the reference must be at hand.
        """
        return (
            np.asarray(self.then.columns(concept, mode, reference), dtype=np.float64),
            np.asarray(self.now.columns(concept, mode, candidate), dtype=np.float64),
        )


def survival(trial: PairedTrial, margin: Margin, thresholds: Thresholds) -> Survival:
    """Test whether enough of a claim's effect is left.

    Parameters
    ----------
    trial : PairedTrial
    margin : Margin
        Counted from the claim's reference value, such as the threshold that it names.
    thresholds : Thresholds
        The p-values that this test's may be compared with.
    """
    claim = trial.claim
    kept = trial.settle(lambda samples: [_left(then, now, margin) for then, now in _both(claim, samples)], thresholds)
    changes = trial.describe(
        lambda samples: [_left(then, now, Margin(0.0, is_share=False)) for then, now in _both(claim, samples)]
    )
    then = trial.describe(lambda samples: [then for then, _ in _both(claim, samples)])
    now = trial.describe(lambda samples: [now for _, now in _both(claim, samples)])
    growth = GROWTH if claim.statistics.m is None else 0.0
    spreads = [None if one.degenerate else Spread(one.variance, one.df + 1, growth) for one in kept]
    return of_parts(kept, changes, then, now, spreads=spreads)


def _left(then: Hypothesis, now: Hypothesis, margin: Margin) -> Hypothesis:
    """``E_new - kept * E_ref + amount > 0``, of a claim's E beyond its reference value, on the side that it claims."""
    return Hypothesis(
        now.term - margin.kept * then.term,
        now.reference - margin.kept * then.reference - now.side * margin.amount,
        side=now.side,
        level=then.level or now.level,
    )


def _both(claim: Claim, samples: HalfSamples) -> list[tuple[Hypothesis, Hypothesis]]:
    """The claim's hypotheses on the reference and on the candidate, on the half-samples of both."""
    then, now = (
        [_named(model, one) for one in procedure_of(claim.kind).hypotheses(claim, _alone(model, samples))]
        for model in (REFERENCE, CANDIDATE)
    )
    return list(zip(_over_prompts(then), _over_prompts(now), strict=True))


def _over_prompts(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Those whose variance is over prompts: what controls say of concepts to come is the same in both models."""
    return [one for one in hypotheses if one.given is None]


def _alone(model: str, samples: HalfSamples) -> HalfSamples:
    """The half-samples as one model's alone, as the kind knows them."""
    keys = [key for key in (*samples.sets, *samples.fixed) if key[1].startswith(f"{model}/")]
    plain = {key: (key[0], key[1].removeprefix(f"{model}/")) for key in keys}
    return HalfSamples.given(
        {plain[key]: samples.sizes[key] for key in keys if key in samples.sizes},
        {plain[key]: samples.columns[key] for key in keys if key in samples.sets},
        {plain[key]: samples.sets[key] for key in keys if key in samples.sets},
        samples.halves,
        samples.sample_of,
        {plain[key]: samples.fixed[key] for key in keys if key in samples.fixed},
    )


def _named(model: str, one: Hypothesis) -> Hypothesis:
    term = Term(one.term.value, _on(model, one.term.gradient), _on(model, one.term.split))
    return replace(one, term=term)


def _on(model: str, by_mode: Mapping[Key, T]) -> dict[Key, T]:
    return {(name, f"{model}/{mode}"): what for (name, mode), what in by_mode.items()}
