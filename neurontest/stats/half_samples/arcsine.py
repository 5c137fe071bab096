"""Levels on the arcsine-root scale: numbers that cannot leave a range, and spread less the nearer they are to its ends.

``z = arcsin(sqrt(u))`` of a share u has nearly the same variance wherever u lies, if that of u goes as ``u (1 - u)``
(Anscombe 1948, Biometrika 35:246); by the delta method ``var z = var u / (4 u (1 - u))``.
"""

from __future__ import annotations

from math import asin, pi, sin, sqrt

#: A level that is tested against a reference nearer to an end than this share of the range is decided on this scale.
END = 0.1


def interval(value: float, variance: float, critical: float, most: float, n: int) -> tuple[float, float]:
    """Two-sided interval of a level between 0 and `most`; it lies between these, and holds the estimate.

    Parameters
    ----------
    value, variance : float
        The estimate, and its variance.
    critical : float
        Of Student's t, for one side.
    n : int
        Prompts of the smallest concept.
    """
    share = _share(value, most, n)
    middle, reach = asin(sqrt(share)), critical * _spread(share, variance, most)
    low = most * sin(max(middle - reach, 0.0)) ** 2
    high = most * sin(min(middle + reach, pi / 2)) ** 2
    return min(low, value), max(high, value)


def statistic(value: float, reference: float, variance: float, most: float, n: int) -> float:
    """How many standard errors a level lies above a reference on this scale; the others are as for :func:`interval`."""
    share = _share(value, most, n)
    apart = asin(sqrt(share)) - asin(sqrt(min(max(reference / most, 0.0), 1.0)))
    return apart / _spread(share, variance, most)


def at_an_end(reference: float, most: float) -> bool:
    """Whether a reference lies so near to an end of the range that a level is tested against it on this scale."""
    return not END * most <= reference <= (1 - END) * most


def _share(value: float, most: float, n: int) -> float:
    """A level as a share, no nearer to 0 or 1 than half of what one neuron in the set of one of `n` prompts is."""
    edge = 1 / (2 * most * n)
    return min(max(value / most, edge), 1 - edge)


def _spread(share: float, variance: float, most: float) -> float:
    return sqrt(variance / (share * (1 - share))) / (2 * most)
