"""What is left of single neurons: the AUROC of a neuron that was named, on two models over the same prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from neurontest.claims.single import column_of
from neurontest.claims.trial import Trial
from neurontest.gate.margin import Margin
from neurontest.gate.survival import Survival
from neurontest.neurons.normalize import Floats
from neurontest.stats.auroc import placements
from neurontest.stats.half_t import HalfT

#: A concept's own placements, and the others'.
_Placed = tuple[Floats, Floats]


def named_survival(
    then: Trial, now: Trial, neurons: Sequence[str], sides: Sequence[Sequence[str]], margin: Margin
) -> Survival:
    """Test whether enough is left of what some neuron tells a concept from others by.

    The effect is the AUROC beyond one half. It must be left against every side, and too little of it is left if it is
    against one (an intersection-union test); of several neurons, that were found in a search, enough is left if it is
    of one of them.

    Parameters
    ----------
    then, now : Trial
        Of the claim on either model; of the same prompts.
    neurons : sequence of str
        Such as ``L11.mlp[756]``.
    sides : sequence of sequence of concept
        What the claim's concept is told from; each side's prompts are one group.
    """
    found = [_of_neuron(then, now, neuron, sides, margin) for neuron in neurons]
    best = min(found, key=lambda one: one.p_preserved)
    return Survival(
        best.then,
        best.now,
        best.change,
        best.kept,
        best.parts,
        p_preserved=min(1.0, len(found) * best.p_preserved),
        p_weakened=max(one.p_weakened for one in found),
    )


def _of_neuron(then: Trial, now: Trial, neuron: str, sides: Sequence[Sequence[str]], margin: Margin) -> Survival:
    values = [_values(trial, neuron) for trial in (then, now)]
    of = now.claim.said("of")
    kept, changes, own = [], [], []
    for side in sides:
        old, new = (placements(one[of], np.concatenate([one[name] for name in side])) for one in values)
        kept.append(_t(_combined(old, new, margin.kept), 0.5 * (1 - margin.kept) - margin.amount))
        changes.append(_t(_combined(old, new, 1.0), 0.0))
        own.append((_t(old, 0.5), _t(new, 0.5)))
    weakest = max(range(len(kept)), key=lambda at: kept[at].p)
    return Survival(
        *own[weakest],
        changes[weakest],
        kept[weakest],
        tuple(kept),
        p_preserved=kept[weakest].p,
        p_weakened=min(1.0, len(kept) * min(one.p_opposite for one in kept)),
    )


def _values(trial: Trial, neuron: str) -> Mapping[str, Floats]:
    column = np.array([column_of(trial, neuron)])
    return {name: trial.columns(name, "", column)[:, 0].astype(np.float64) for name in trial.n}


def _combined(old: _Placed, new: _Placed, kept: float) -> _Placed:
    return new[0] - kept * old[0], new[1] - kept * old[1]


def _t(placed: _Placed, reference: float) -> HalfT:
    """Student's t of a combination of AUROCs, with Welch's degrees of freedom.

    Where the groups lie wholly apart the variance is zero and says nothing: it is never less than if one prompt of
    either, which of them is chance, lay in the middle of the other group.
    """
    own, others = placed
    parts = [max(float(one.var(ddof=1)), 1 / (4 * len(one))) / len(one) for one in placed]
    variance = sum(parts)
    df = variance**2 / sum(part**2 / (len(one) - 1) for part, one in zip(parts, placed, strict=True))
    estimate = float(own.mean())
    t = (estimate - reference) / variance**0.5
    return HalfT(
        estimate=estimate,
        reference=reference,
        variance=variance,
        df=df,  # type: ignore[arg-type]
        t=t,
        p=float(stats.t.sf(t, df)),
        p_opposite=float(stats.t.cdf(t, df)),
        se=0.0,
        exact=True,
        pairs=0,
        degenerate=not any(one.any() for one in (own - own.mean(), others - others.mean())),
    )
