"""A bound of the largest Welch t of many neurons that needs nothing exchangeable.

Relabeling tests that two concepts are alike, and errs where they differ in spread alone: so a second test, whose null
is each neuron's own mean. Bonferroni over all neurons by Student's t, on the degrees of freedom of Welch (1947,
Biometrika 34:28) and Satterthwaite (1946, Biometrics Bull. 2:110). Of many neurons the largest t are those whose noisy
side came out quiet, so that their own degrees of freedom are too many: none has more than it would have at the ratio of
variances that is usual among all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from neurontest.arrays import Floats


@dataclass(frozen=True)
class WelchBound:
    """What was found of every neuron.

    Attributes
    ----------
    t, df, p : float64 array [neuron]
        Welch's t, its degrees of freedom, and the p-value times the number of neurons.
    ratio : float
        The median over neurons of the concept's variance over the others', less what it would be above or below 1 by
        the two numbers of prompts alone.
    low, high : float
        Between these lie nine in ten of the neurons' ratios.
    usual : tuple of (float, float)
        Between which they would lie by chance if all variances were equal and values Gaussian.
    """

    t: Floats
    df: Floats
    p: Floats
    ratio: float
    low: float
    high: float
    usual: tuple[float, float]


def welch_bound(own: Floats, others: Floats) -> WelchBound:
    """Welch's t of one concept above others, bounded over all neurons.

    A neuron that moves on neither side is no sign of anything, whatever lies between the two: its p-value is 1.

    Parameters
    ----------
    own, others : float array [prompt, neuron]
    """
    n, m = len(own), len(others)
    x, y = np.asarray(own, dtype=np.float64), np.asarray(others, dtype=np.float64)
    spread_x, spread_y = x.var(axis=0, ddof=1), y.var(axis=0, ddof=1)
    a, b = spread_x / n, spread_y / m
    moves = a + b > 0
    difference = x.mean(axis=0) - y.mean(axis=0)
    t = np.divide(difference, np.sqrt(a + b), out=np.zeros_like(difference), where=moves)
    by_chance = stats.f(n - 1, m - 1)
    both = (spread_x > 0) & (spread_y > 0)
    ratios = spread_x[both] / spread_y[both] if both.any() else np.ones(1) * by_chance.median()
    ratio = float(np.median(ratios)) / float(by_chance.median())
    low, high = (float(one) for one in np.quantile(ratios, (0.05, 0.95)))
    # Relative to the whole, so that no square of a small variance is lost.
    share = np.divide(a, a + b, out=np.ones_like(a), where=moves)
    df = np.minimum(_satterthwaite(share, n, m), _satterthwaite(np.array(ratio / n / (ratio / n + 1 / m)), n, m))
    p = np.where(moves, np.minimum(1.0, len(t) * stats.t.sf(t, df)), 1.0)
    usual = (float(by_chance.ppf(0.05)), float(by_chance.ppf(0.95)))
    return WelchBound(t, df, np.maximum(p, np.finfo(float).tiny), ratio, low, high, usual)


def _satterthwaite(share: Floats, n: int, m: int) -> Floats:
    """Degrees of freedom where the first group's mean has this share of the difference's variance."""
    out: Floats = 1 / (share**2 / (n - 1) + (1 - share) ** 2 / (m - 1))
    return out
