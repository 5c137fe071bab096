"""Looks declared beforehand: what p-value each may accept, so that all of them together err no more than alpha.

Normal theory: the statistic at n prompts is a Brownian motion at time n, over the root of n. The boundaries are those
of O'Brien & Fleming 1979 (Biometrics 35:549), C over the root of the share of prompts, with C by recursive integration
(Armitage, McPherson & Rowe 1969, J. R. Stat. Soc. A 132:235; Jennison & Turnbull 2000, ch. 19).
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import numpy as np
from scipy import optimize, stats

from neurontest.arrays import Floats

#: Standard errors below zero from which on nothing is integrated.
_FAR = 8.0
#: Nodes and weights in each piece of an integral, and the fewest pieces.
_AT, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_PIECES = 8
_ROUNDING = 1e-6


@lru_cache(maxsize=64)
def levels(alpha: float, looks: tuple[int, ...], divided_by: int = 1) -> tuple[float, ...]:
    """The p-value that each look may accept, the first look first.

    Parameters
    ----------
    alpha : float
        One-sided error rate of all looks together, at most one half.
    looks : tuple of int
        Prompts at each look, rising.
    divided_by : int
        The most that a correction divides these levels by. Holm's asks the smallest p-value of h true nulls for
        ``level / h``, and such a part of an O'Brien-Fleming boundary spends more than its part of alpha, the more so
        the larger h: 4% at two looks and 10 claims. The levels are those of an alpha so much smaller that it does not.
    """
    if len(looks) == 1:
        return (alpha,)
    shares = np.asarray(looks, dtype=float) / looks[-1]

    def beyond(lowered: float) -> float:
        bounds: Floats = stats.norm.isf(_boundary(lowered, shares) / divided_by)
        return divided_by * crossing(bounds, shares) - alpha

    nominal = float(optimize.brentq(beyond, alpha / 2, alpha, rtol=1e-8)) if divided_by > 1 else alpha
    return tuple(float(one) for one in _boundary(nominal, shares))


def crossing(bounds: Floats, shares: Floats) -> float:
    """Probability under the null that a statistic exceeds its bound at some look.

    Parameters
    ----------
    bounds : float array [look]
        Of the statistic, which is standard normal at each look.
    shares : float array [look]
        Prompts at each look over those at the last, rising to 1.
    """
    steps = np.sqrt(np.diff(shares))
    walls = bounds * np.sqrt(shares)
    total = float(stats.norm.sf(bounds[0]))
    at, mass = np.zeros(1), np.ones(1)
    spread = shares[0] ** 0.5
    for look, step in enumerate(steps):
        # Where the motion is at this look, on the paths that no wall has stopped.
        to, weights = _nodes(-_FAR * shares[look] ** 0.5, walls[look], min(step, spread))
        density = mass @ np.exp(-(((to[None] - at[:, None]) / spread) ** 2) / 2) / (2 * np.pi) ** 0.5 / spread
        at, mass, spread = to, weights * density, step
        total += float(mass @ stats.norm.sf((walls[look + 1] - at) / step))
    return total


def _boundary(alpha: float, shares: Floats) -> Floats:
    """The p-values [look] of O'Brien and Fleming: C over the root of the share."""

    def beyond(c: float) -> float:
        return crossing(c / np.sqrt(shares), shares) - alpha

    # One look alone gives the least C, and all of them as if they were independent the largest; but for rounding.
    least, most = stats.norm.isf(alpha) - _ROUNDING, stats.norm.isf(alpha / len(shares)) + _ROUNDING
    found: Floats = stats.norm.sf(optimize.brentq(beyond, least, most, xtol=1e-12) / np.sqrt(shares))
    return found


def _nodes(low: float, high: float, scale: float) -> tuple[Floats, Floats]:
    """Nodes and weights of an integral of what changes over `scale`: Gauss-Legendre in pieces of twice that."""
    pieces = max(_PIECES, ceil((high - low) / (2 * scale)))
    half = (high - low) / (2 * pieces)
    middles = low + half * (2 * np.arange(pieces) + 1)
    return (middles[:, None] + half * _AT).ravel(), np.tile(half * _WEIGHTS, pieces)
