"""Half-samples of prompts, and the variance of what is computed from them.

``m`` of a concept's ``n`` prompts are drawn without replacement, in disjoint pairs (complementary-pairs subsampling:
Shah & Samworth 2013, J. R. Stat. Soc. B 75:55). With ``n <= 14`` all of them are enumerated instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from neurontest.arrays import Floats, Indices
from neurontest.stats.streams import Stream

#: Up to this many prompts, all half-samples are enumerated (3,432 at most).
ENUMERATED = 14


@dataclass(frozen=True)
class Halves:
    """Subsets of one concept's prompts.

    Attributes
    ----------
    subsets : float64 array [subset, prompt]
        1 for the prompts in the subset, 0 for the others.
    first, second : int arrays [pair]
        Rows of `subsets` that are disjoint.
    exact : bool
        Every subset of this size is there, with every disjoint pair.
    """

    subsets: Floats
    first: Indices
    second: Indices
    exact: bool

    @property
    def m(self) -> int:
        """Prompts in a subset."""
        return int(self.subsets[0].sum())

    @property
    def n(self) -> int:
        """Prompts to draw from."""
        return int(self.subsets.shape[1])

    def take(self, start: int, stop: int) -> Halves:
        """The pairs ``start`` to ``stop`` alone; for drawn halves, whose pairs lie in rows ``2 r`` and ``2 r + 1``."""
        return paired(self.subsets[2 * start : 2 * stop])


def paired(subsets: Floats) -> Halves:
    """Drawn halves from an array whose rows ``2 r`` and ``2 r + 1`` are disjoint."""
    rows = np.arange(0, len(subsets), 2)
    return Halves(subsets, rows, rows + 1, exact=False)


def enumerate_halves(n: int, m: int) -> Halves:
    """All subsets of `m` of `n` prompts, and all disjoint pairs of them."""
    members = np.array(list(combinations(range(n), m)), dtype=np.intp)
    subsets = np.zeros((len(members), n))
    np.put_along_axis(subsets, members, 1.0, axis=1)
    first, second = [], []
    for row in range(len(subsets)):
        others = np.flatnonzero(subsets[row + 1 :] @ subsets[row] == 0) + row + 1
        first.append(np.full(len(others), row, dtype=np.intp))
        second.append(others)
    return Halves(subsets, np.concatenate(first), np.concatenate(second), exact=True)


def draw_halves(n: int, m: int, pairs: int, stream: Stream) -> Halves:
    """`pairs` random pairs of disjoint subsets of `m` of `n` prompts.

    Raises
    ------
    ValueError
        If two disjoint subsets of this size do not fit.
    """
    if not 1 <= m <= n // 2:
        raise ValueError(f"m must be between 1 and half of the {n} prompts, not {m}")
    order = stream.permutations(pairs, n)
    subsets = np.zeros((pairs, 2, n))
    np.put_along_axis(subsets[:, 0], order[:, :m], 1.0, axis=1)
    np.put_along_axis(subsets[:, 1], order[:, m : 2 * m], 1.0, axis=1)
    return paired(subsets.reshape(2 * pairs, n))


def halves_of(n: int, m: int, pairs: int, stream: Stream) -> Halves:
    """All half-samples if `n` is small enough, else `pairs` drawn pairs."""
    return enumerate_halves(n, m) if n <= ENUMERATED and comb(n, m) <= 3432 else draw_halves(n, m, pairs, stream)


def jackknife_variance(subsets: Floats, values: Floats, *, exact: bool) -> float:
    """Variance of the mean of `values` over random subsets, from how each prompt's presence moves it.

    The infinitesimal jackknife for subsampling without replacement (Wager & Athey 2018, J. Am. Stat. Assoc. 113:1228,
    eq. 8) less its Monte-Carlo bias (Wager, Hastie & Efron 2014, J. Mach. Learn. Res. 15:1625, eq. 9), never below 0.

    Parameters
    ----------
    subsets : float64 array [subset, prompt]
    values : float64 array [subset]
        A number for each subset.
    exact : bool
        All subsets are there: no Monte-Carlo bias to take off.
    """
    draws, n = subsets.shape
    m = subsets[0].sum()
    bias = 0.0 if exact else (n - 1) * m / (n - m) * float(values.var()) / draws
    return float(max(float(influences(subsets, values).sum()) - bias, 0.0))


def influences(subsets: Floats, values: Floats) -> Floats:
    """What each prompt adds to :func:`jackknife_variance` [prompt], Monte-Carlo bias included."""
    draws, n = subsets.shape
    m = subsets[0].sum()
    # BLAS promises no order of summation, and with it the last digit.
    moves = ((subsets - subsets.mean(axis=0)) * (values - values.mean())[:, None]).sum(axis=0) / draws
    out: Floats = (n - 1) / n * (n / (n - m)) ** 2 * moves**2
    return out
