"""Selection probabilities of half-samples without drawing any: the Gaussian limit of subsampling.

The mean of neuron i over ``m`` of ``n`` prompts, drawn without replacement, is nearly Gaussian, with the mean over all
of them and the standard deviation ``s_i sqrt(1/m - 1/n)``. A half-sample's set holds the neuron if that mean is above
the lowest one in the set, which varies less than the means of single neurons; so

    pi_i = Phi((mean_i - tau) / (s_i sqrt(1/m - 1/n))),    tau such that the pi_i add up to k.

It is a smooth function of the prompts: a permutation test of what is computed from it hangs on no draw but its labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, owens_t

from neurontest.arrays import Floats, Indices
from neurontest.stats.terms import LEADING, Scored

#: Least standard deviation of a neuron over prompts, as a share of the median neuron's. A neuron that does not move (a
#: silent one, a rounded one) is selected or not by a step of this width; those that tie with it share the last places.
LEAST_SPREAD = 1e-5
#: So many standard deviations below the threshold a neuron counts as never selected.
NEVER = 5.0
#: Of how many times as many columns as are selected the threshold is looked for.
_FIRST = 4
#: From so many times as many columns on, a rough look at all spares more than it costs.
_MANY = 4
#: More than float32 has wrong: in standard deviations of a half-sample's mean, and as a share of all prompts' mean.
_ROUGH, _ROUGH_SHARE = 1e-2, 1e-5
#: Looks for the threshold at most, and every how many of them halve the bracket: to the last digit of a float64.
_LOOKS, _HALVING = 240, 4
#: How near to k the probabilities must add up.
_NEAR = 1e-11


@dataclass(frozen=True)
class Probabilities:
    """Selection probabilities of some groups of prompts, of one size.

    Attributes
    ----------
    centred : float64 array [case, prompt, column]
        Each prompt's score less the mean of its group.
    z : float64 array [case, column]
        How far the mean lies above the threshold, in standard deviations of a half-sample's mean.
    pi : float64 array [case, column]
    slope : float64 array [case, column]
        Derivative of `pi` by the mean, at the threshold as it is.
    spread : float64 array [case, column]
        Standard deviation over prompts.
    disjoint : float
        Correlation of the means of two disjoint half-samples.
    """

    centred: Floats
    z: Floats
    pi: Floats
    slope: Floats
    spread: Floats
    disjoint: float

    def influence(self, gradient: Floats) -> Floats:
        """How each prompt [case, prompt] moves a statistic whose derivative by `pi` is ``gradient`` [case, column].

        The threshold moves along, since the probabilities go on adding up to k.
        """
        total = self.slope.sum(axis=-1, keepdims=True)
        level = (self.slope * gradient).sum(axis=-1, keepdims=True) / np.where(total > 0, total, 1.0)
        weights = self.slope * (gradient - level)
        # Neither BLAS nor einsum promises an order of summation.
        influence: Floats = (weights[:, None] * self.centred).sum(axis=-1)
        return influence

    def at(self, columns: Indices) -> Probabilities:
        """The same of some columns alone."""
        return Probabilities(
            self.centred[..., columns],
            self.z[:, columns],
            self.pi[:, columns],
            self.slope[:, columns],
            self.spread[:, columns],
            self.disjoint,
        )

    def within(self) -> Floats:
        """Expected overlap [case] of the sets of two disjoint half-samples."""
        slope = np.sqrt((1 - self.disjoint) / (1 + self.disjoint)) if self.disjoint > -1 else np.inf
        both: Floats = (self.pi - 2 * owens_t(self.z, slope)).sum(axis=-1)
        return both

    def beside(self, other: Probabilities) -> Floats:
        """Expected overlap [case] with the sets of another concept, on disjoint half-samples of common templates.

        What the two have in common at a template makes them less likely to be selected on disjoint halves at once.
        """
        count = self.centred.shape[1]
        shared = (self.centred * other.centred).sum(axis=1) / ((count - 1) * self.spread * other.spread)
        both: Floats = both_above(self.z, other.z, np.clip(shared, -1, 1) * self.disjoint).sum(axis=-1)
        return both


def within_reach(members: Floats, scored: Scored, m: int) -> Indices:
    """The columns that some of these groups, of one size, need be looked at for; the others none of them selects.

    Parameters
    ----------
    members : float64 array [group, prompt]
        1 for the prompts of the group.
    """
    near = _nearly(members, scored, m)
    if len(near) < scored.columns:
        scored = scored.part(near)
    mean, scale = _moments(members, scored, m)
    if scored.starts is not None:
        layer = _strongest(mean, scored.starts)
        mean, scale = np.take_along_axis(mean, layer, axis=1), np.take_along_axis(scale, layer, axis=1)
    if scored.k >= mean.shape[1]:
        return near
    first, lowest = _first(mean, scale, scored.k)
    # Rounded here and there in another way: a column may be looked at for nothing, none is missed.
    reached = mean + (NEVER + 1e-6) * scale >= lowest[:, None]
    found: Indices = near[np.union1d(np.flatnonzero(reached.any(axis=0)), first)]
    return found


def _nearly(members: Floats, scored: Scored, m: int) -> Indices:
    """Columns among which are all that :func:`within_reach` finds, at a fraction of the cost: no group's own spread."""
    if scored.starts is not None or scored.columns < _MANY * LEADING * scored.k:
        return np.arange(scored.columns)
    count = members[0].sum()
    mean = members.astype(np.float32) @ scored.rough
    mean /= np.float32(count)
    mean += scored.middle.astype(np.float32)
    first = scored.leading
    # The threshold of any columns is no higher than that of all.
    _, lowest = _first(*_moments(members, scored.part(first), m), scored.k)
    # No group has a larger spread than all prompts together would have about their mean, were they so few.
    widest = np.maximum(scored.widest / np.sqrt(count - 1), LEAST_SPREAD * scored.typical) * np.sqrt(1 / m - 1 / count)
    near = mean.max(axis=0) + (NEVER + _ROUGH) * widest + _ROUGH_SHARE * np.abs(scored.middle) >= lowest.min()
    return np.union1d(np.flatnonzero(near), first)


def _moments(members: Floats, scored: Scored, m: int) -> tuple[Floats, Floats]:
    """Mean of each group's prompts, and standard deviation of its half-samples' means; both [group, place]."""
    count = members[0].sum()
    mean = members @ scored.moved / count
    variance = np.maximum(members @ scored.moved**2 / count - mean**2, 0) * (count / (count - 1))
    scale = np.maximum(np.sqrt(variance), LEAST_SPREAD * scored.typical) * np.sqrt(1 / m - 1 / count)
    return mean + scored.middle, scale


def probabilities(rows: Indices, scored: Scored, m: int) -> Probabilities:
    """Selection probabilities of half-samples of `m` of some groups of prompts.

    Parameters
    ----------
    rows : int array [case, prompt]
        The rows of ``scored.values`` that each group consists of.
    scored : Scored
    m : int
        At most half of the prompts of a group.
    """
    values = scored.values[rows]
    count = values.shape[1]
    mean = values.mean(axis=1)
    if scored.starts is not None:
        layer = _strongest(mean, scored.starts)
        values, mean = np.take_along_axis(values, layer[:, None], axis=2), np.take_along_axis(mean, layer, axis=1)
    centred = values - mean[:, None]
    spread = np.sqrt((centred**2).sum(axis=1) / (count - 1))
    spread = np.maximum(spread, LEAST_SPREAD * scored.typical)
    scale = spread * np.sqrt(1 / m - 1 / count)
    z, pi, slope = standings(mean, scale, scored.k)
    return Probabilities(centred, z, pi, slope, spread, -m / (count - m))


def standings(mean: Floats, scale: Floats, k: int) -> tuple[Floats, Floats, Floats]:
    """How likely Gaussian columns [case, column] are to be among the `k` of a set.

    Parameters
    ----------
    mean, scale : float64 arrays [case, column]

    Returns
    -------
    z : float64 array [case, column]
        How far each lies above the threshold at which the probabilities add up to `k`, in standard deviations; minus
        infinity for what lies more than :data:`NEVER` of them below it, the columns of largest mean aside.
    pi : float64 array [case, column]
    slope : float64 array [case, column]
        Derivative of `pi` by the mean.
    """
    z, pi, slope = np.full_like(mean, -np.inf), np.zeros_like(mean), np.zeros_like(mean)
    if k >= mean.shape[1]:
        # All are selected, whatever the prompts.
        z[:], pi[:] = np.inf, 1.0
        return z, pi, slope
    first, lowest = _first(mean, scale, k)
    reached = mean + NEVER * scale >= lowest[:, None]
    # Without one of these the threshold might be lower.
    np.put_along_axis(reached, first, True, axis=1)
    # Most columns lie far below: what is computed, is computed of the others alone.
    counts, some, their = reached.sum(axis=1), mean[reached], scale[reached]
    high = (mean - ndtri(k / mean.shape[1]) * scale).max(axis=1)
    above = (some - np.repeat(_threshold(some, their, counts, k, (lowest, high)), counts)) / their
    z[reached], pi[reached], slope[reached] = above, ndtr(above), _density(above) / their
    return z, pi, slope


def _first(mean: Floats, scale: Floats, k: int) -> tuple[Indices, Floats]:
    """The columns of largest mean [case, some], and their own threshold [case]: all columns' is no lower."""
    some = min(_FIRST * k, mean.shape[1])
    first = np.argpartition(mean, mean.shape[1] - some, axis=1)[:, mean.shape[1] - some :]
    # In their own order: the last digit of a sum is another in another one.
    first.sort(axis=1)
    mean, scale = np.take_along_axis(mean, first, axis=1), np.take_along_axis(scale, first, axis=1)
    # There each column's probability is at least k of so many; and no more than that.
    low = (mean - ndtri(k / some) * scale).min(axis=1) if some > k else mean.min(axis=1)
    high = (mean - ndtri(k / some) * scale).max(axis=1) if some > k else low
    return first, _threshold(mean.ravel(), scale.ravel(), np.full(len(mean), some), k, (low, high))


def _threshold(mean: Floats, scale: Floats, counts: Indices, k: int, bracket: tuple[Floats, Floats]) -> Floats:
    """The threshold [case] at which the probabilities of each case's Gaussian columns add up to `k`.

    Halley's method within a bracket, which is halved where a step leads out of it, and now and then if it takes long:
    where some columns hardly move, the sum is a flight of steps.

    Parameters
    ----------
    mean, scale : float64 arrays [column of a case]
        Case after case.
    counts : int array [case]
        Columns of each.
    bracket : pair of float64 arrays [case]
        Between which the threshold lies.
    """
    low, high = (end.copy() for end in bracket)
    tau = low.copy()
    open_ = np.arange(len(counts))
    for look in range(1, _LOOKS + 1):
        starts = np.cumsum(counts) - counts
        z = (mean - np.repeat(tau[open_], counts)) / scale
        surplus = np.add.reduceat(ndtr(z), starts) - k
        low[open_] = np.where(surplus > 0, tau[open_], low[open_])
        high[open_] = np.where(surplus > 0, high[open_], tau[open_])
        falls = _density(z) / scale
        fall, bend = np.add.reduceat(falls, starts), np.add.reduceat(falls * z / scale, starts)
        # Far from the threshold the curve may bend so that Halley's step has no meaning: Newton's has.
        slower = fall + surplus * bend / (2 * np.where(fall > 0, fall, np.inf))
        below = np.where(2 * slower > fall, slower, fall)
        step = tau[open_] + surplus / np.where(below > 0, below, np.inf)
        middle = (low[open_] + high[open_]) / 2
        going = (np.abs(surplus) > _NEAR * k) & (low[open_] < middle) & (middle < high[open_])
        inside = (step > low[open_]) & (step < high[open_]) & (look % _HALVING > 0 or look <= 2 * _HALVING)
        tau[open_] = np.where(going, np.where(inside, step, middle), tau[open_])
        if not going.any():
            break
        if not going.all():
            left = np.repeat(going, counts)
            mean, scale, counts, open_ = mean[left], scale[left], counts[going], open_[going]
    return tau


def both_above(a: Floats, b: Floats, correlation: Floats) -> Floats:
    """Probability that two standard Gaussians lie below `a` and `b` (Owen 1956, Ann. Math. Stat. 27:1075)."""
    # Owen's formula divides by both; at so small a number it is right to the last digit.
    a, b = (np.where(np.abs(one) < 1e-100, 1e-100, np.clip(one, -40, 40)) for one in (a, b))
    across = np.sqrt(np.maximum(1 - correlation**2, 1e-300))
    apart = np.where(a * b < 0, 0.5, 0.0)
    with np.errstate(over="ignore"):
        tails = owens_t(a, (b - correlation * a) / (a * across)) + owens_t(b, (a - correlation * b) / (b * across))
    out: Floats = (ndtr(a) + ndtr(b)) / 2 - tails - apart
    return out


def _density(z: Floats) -> Floats:
    out: Floats = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    return out


def _strongest(mean: Floats, starts: Indices) -> Indices:
    """Of each neuron that is an index over layers, the place [case, column] of the layer whose mean is the largest."""
    ends = np.append(starts[1:], mean.shape[1])
    largest = np.maximum.reduceat(mean, starts, axis=1)
    first = np.where(mean == np.repeat(largest, ends - starts, axis=1), np.arange(mean.shape[1]), mean.shape[1])
    return np.minimum.reduceat(first, starts, axis=1)
