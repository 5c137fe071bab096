"""What is left of single neurons: the AUROC of a neuron that was named, on two models over the same prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from neurontest.arrays import Floats
from neurontest.evidence.single_neurons import column_of
from neurontest.evidence.trial import Trial
from neurontest.gate.margin import Margin
from neurontest.gate.neurons.partners import Partner
from neurontest.gate.ways.mean_t import mean_t, spread_of
from neurontest.gate.ways.survival import FOR_THE_SEARCH, Survival, of_parts
from neurontest.stats.auroc import placements
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.stats.relabeling.welch_bound import welch_bound

METHOD = "DeLong t"
#: How far one prompt that lay in the middle of the other group would be from one that lies apart: where the groups lie
#: wholly apart the variance is zero and says nothing, and is never taken for less than by one such prompt of each.
FLIP = 0.5
#: How much larger the variance is taken to be at most: by more, ten prompts would not do for any neuron.
MOST = 1.5
#: A concept's own placements, and the others'.
_Placed = tuple[Floats, Floats]


def named_survival(
    then: Trial,
    now: Trial,
    neurons: Sequence[str],
    sides: Sequence[Sequence[str]],
    margin: Margin,
    partners: Sequence[Partner] = (),
    *,
    searched: bool = False,
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
    partners : sequence of Partner, optional
        What does now what each of them did; by default the neurons of the same numbers.
    searched : bool
        Whether they are those that stood out of all neurons on the prompts of `then`.
    """
    if partners:
        found = [told_by(one, _of_neuron(then, now, one.neuron, one.now, sides, margin)) for one in partners]
    else:
        found = [_of_neuron(then, now, neuron, neuron, sides, margin) for neuron in neurons]
    return any_of(found, [_by_luck(then, neuron, sides) for neuron in neurons] if searched else ())


def told_by(partner: Partner, found: Survival) -> Survival:
    """What is left of a neuron that was looked for by what it did: of one that was not found, nothing is preserved."""
    note = "" if partner.found and not partner.moved else str(partner)
    return replace(found, note=note, p_preserved=found.p_preserved if partner.found else 1.0)


def any_of(found: Sequence[Survival], by_luck: Sequence[float] = ()) -> Survival:
    """Of neurons that were found in a search, one of which is enough; what is said is of the one most surely left.

    That is a union: p is the smallest times the number of neurons, and too little is left if it is of all of them.

    What a search had wrong is the same luck in both models where they read the same texts, and would be called
    preserved. So the level is divided: a part of it is for neurons that the search found by luck, which must have
    stood out that much more, and the rest for the others.

    Parameters
    ----------
    by_luck : sequence of float
        The p-value of each in the search, over all that were searched; none if that is not known.
    """
    spent = FOR_THE_SEARCH if by_luck else 0.0
    least = [one / FOR_THE_SEARCH for one in by_luck] or [0.0] * len(found)
    p = [max(len(found) * one.p_preserved / (1 - spent), low) for one, low in zip(found, least, strict=True)]
    at = min(range(len(found)), key=lambda one: (p[one], found[one].p_preserved))
    return replace(
        found[at],
        p_preserved=min(1.0, p[at]),
        p_weakened=max(one.p_weakened for one in found),
        chances=len(found),
        by_luck=by_luck[at] if by_luck else 0.0,
    )


def _by_luck(then: Trial, neuron: str, sides: Sequence[Sequence[str]]) -> float:
    """Welch's t against each side, the largest p-value, over all neurons of the model (Bonferroni)."""
    values, of = _values(then, neuron), then.claim.said("of")
    against = [np.concatenate([values[name] for name in side]) for side in sides]
    alone = max(float(welch_bound(values[of][:, None], others[:, None]).p[0]) for others in against)
    return min(1.0, alone * then.shape.layers * then.shape.width)


def _of_neuron(
    then: Trial, now: Trial, neuron: str, partner: str, sides: Sequence[Sequence[str]], margin: Margin
) -> Survival:
    values = [_values(then, neuron), _values(now, partner)]
    of = now.claim.said("of")
    kept, changes, own, spreads = [], [], [], []
    for side in sides:
        old, new = (placements(one[of], np.concatenate([one[name] for name in side])) for one in values)
        left, least = _combined(old, new, margin.kept), 0.5 * (1 - margin.kept) - margin.amount
        kept.append(_cautious(left, least, _flattered(old, new, margin)))
        changes.append(_t(_combined(old, new, 1.0), 0.0))
        own.append((_t(old, 0.5), _t(new, 0.5)))
        spreads.append(replace(spread_of(left, FLIP), variance=kept[-1].variance))
    earlier, later = ([one[at] for one in own] for at in (0, 1))
    return of_parts(kept, changes, earlier, later, unit="AUROC", method=METHOD, spreads=spreads)


def _values(trial: Trial, neuron: str) -> Mapping[str, Floats]:
    column = np.array([column_of(trial, neuron)])
    return {name: trial.columns(name, "", column)[:, 0].astype(np.float64) for name in trial.n}


def _combined(old: _Placed, new: _Placed, kept: float) -> _Placed:
    return new[0] - kept * old[0], new[1] - kept * old[1]


def _flattered(old: _Placed, new: _Placed, margin: Margin) -> float:
    """How much larger the variance may be than it came out, 1 to :data:`MOST`.

    An AUROC that comes out high by luck comes with a small variance, which goes as ``A (1 - A)``: it is taken as large
    as if no more were left than had to be. Else half of an effect was called enough in .06 to .09 of data sets.
    """
    area = float(new[0].mean())
    needed = 0.5 + margin.kept * (float(old[0].mean()) - 0.5) - margin.amount
    if needed >= area or not 0 < needed < 1:
        return 1.0
    own = area * (1 - area)
    return float(np.clip(needed * (1 - needed) / own, 1.0, MOST)) if own > 0 else MOST


def _cautious(placed: _Placed, reference: float, times: float) -> HalfT:
    """The test that decides, by the degrees of freedom of the smaller group."""
    found = _t(placed, reference, times)
    df = min(map(len, placed)) - 1
    return replace(found, df=df, p=float(stats.t.sf(found.t, df)), p_opposite=float(stats.t.cdf(found.t, df)))


def _t(placed: _Placed, reference: float, times: float = 1.0) -> HalfT:
    """Student's t of a combination of AUROCs, whose variance is that of both groups' placements."""
    return mean_t(float(placed[0].mean()), reference, placed, FLIP, times)
