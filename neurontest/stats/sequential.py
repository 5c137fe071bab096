"""Whether Monte-Carlo error leaves it in doubt on which side of a threshold a p-value lies.

For relabelings: the confidence sequence of Robbins (1970) and Lai (1976), valid at every stop, with overlapping
p-value buckets (Gandy, Hahn & Ding 2020, arXiv 1703.09305; Ding, Gandy & Hahn 2020, Comput. Stat. 35:1373).
For half-samples: the standard error of t over batches of draws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy import stats
from scipy.special import gammaln, xlogy

#: Probability that a confidence sequence ever excludes the true p-value.
EPSILON = 1e-3
#: A p-value within this share of a threshold is borderline: telling the side would take draws without end.
BUCKET = 0.1
#: Standard errors of t that must lie between t and its critical value.
CLEAR = 4.0


def excluded(draws: int, exceedances: int, p: float) -> bool:
    """Whether the confidence sequence excludes `p`: ``(B+1) C(B,b) p^b (1-p)^(B-b) <= epsilon``."""
    if p >= 1.0:
        return exceedances < draws
    log_mass = (
        gammaln(draws + 1)
        - gammaln(exceedances + 1)
        - gammaln(draws - exceedances + 1)
        + xlogy(exceedances, p)
        + xlogy(draws - exceedances, 1 - p)
    )
    return bool(math.log(draws + 1) + log_mass <= math.log(EPSILON))


def side(draws: int, exceedances: int, threshold: float) -> int:
    """Where the p-value lies: 1 above `threshold`, -1 at or below it, 0 if in doubt."""
    if not excluded(draws, exceedances, threshold):
        return 0
    return 1 if exceedances > threshold * draws else -1


def p_bounds(draws: int, exceedances: int) -> tuple[float, float]:
    """The smallest and the largest p-value that the confidence sequence does not exclude."""
    found = exceedances / draws
    edges = []
    for edge in (0.0, 1.0):
        inside, outside = found, edge
        # Halving the distance sixty times is as near as float64 comes.
        for _ in range(60):
            between = (inside + outside) / 2
            if excluded(draws, exceedances, between):
                outside = between
            else:
                inside = between
        edges.append(outside)
    return edges[0], edges[1]


def settled(draws: int, exceedances: int, thresholds: Sequence[float]) -> bool:
    """Whether further draws are of no use: for every threshold the side is known, or p is known to be next to it."""
    for threshold in thresholds:
        if side(draws, exceedances, threshold):
            continue
        low, high = threshold * (1 - BUCKET), threshold * (1 + BUCKET)
        if not (side(draws, exceedances, low) == 1 and side(draws, exceedances, high) == -1):
            return False
    return True


def clear_of(t: float, df: float, se: float, threshold: float) -> bool:
    """Whether a half-sample t is clear of the critical values of `threshold` on both sides."""
    critical = float(stats.t.isf(threshold, df))
    return min(abs(t - critical), abs(t + critical)) > CLEAR * se
