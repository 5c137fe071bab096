"""How well one neuron tells a concept's prompts from others: area under the ROC curve, with its interval and plan."""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize, stats

from neurontest.arrays import Floats
from neurontest.types import Spread


def auroc(x: Floats, y: Floats) -> float:
    """Probability that a prompt of the concept is above another one, ties counting half (Mann & Whitney 1947)."""
    ranks = stats.rankdata(np.concatenate([x, y]))
    return float((ranks[: len(x)].sum() - len(x) * (len(x) + 1) / 2) / (len(x) * len(y)))


def average_precision(x: Floats, y: Floats) -> float:
    """Mean precision at the ranks of the concept's prompts; those that tie with others count after them."""
    score = np.concatenate([x, y])
    own = np.concatenate([np.ones(len(x)), np.zeros(len(y))])
    order = np.lexsort((own, -score))
    found = np.cumsum(own[order])
    precision = found / np.arange(1, len(order) + 1)
    return float(precision[own[order] == 1].mean())


def placements(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """How far each prompt of the concept is above the others [prompt], and the concept's above each other [other].

    Their means are the AUROC, and they are its structural components (DeLong, DeLong & Clarke-Pearson 1988, Biometrics
    44:837, eq. 3): of several AUROCs over the same prompts, any linear combination has the same one of theirs.
    """
    above = (x[:, None] > y).astype(np.float64) + 0.5 * (x[:, None] == y)
    return above.mean(axis=1), above.mean(axis=0)


def delong_interval(x: Floats, y: Floats, confidence: float) -> tuple[float, float]:
    """Interval of the AUROC on the logit scale (DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837).

    Where one group lies wholly above the other that variance is zero and says nothing; there the score interval is
    given (:func:`newcombe_interval`).
    """
    n, m = len(x), len(y)
    area = auroc(x, y)
    own, others = placements(x, y)
    variance = float(own.var(ddof=1)) / n + float(others.var(ddof=1)) / m
    if not 0 < area < 1 or variance == 0:
        return newcombe_interval(area, n, m, confidence)
    logit = math.log(area / (1 - area))
    reach = float(stats.norm.isf((1 - confidence) / 2)) * variance**0.5 / (area * (1 - area))
    return 1 / (1 + math.exp(-(logit - reach))), 1 / (1 + math.exp(-(logit + reach)))


def newcombe_interval(area: float, n: int, m: int, confidence: float) -> tuple[float, float]:
    """Score interval of an AUROC: all values it might have by the variance it would then have.

    Method 5 of Newcombe 2006 (Stat. Med. 25:559), from the variance of Hanley & McNeil 1982 with both groups' sizes at
    their mean.
    """
    z2 = float(stats.norm.isf((1 - confidence) / 2)) ** 2
    size = (n + m) / 2 - 1

    def beyond(value: float) -> float:
        spread = value * (1 - value) / (n * m) * (1 + size * (1 - value) / (2 - value) + size * value / (1 + value))
        return (area - value) ** 2 - z2 * spread

    # Just beside the area itself, where the distance is zero and so always within reach.
    step = 1e-9
    low = 0.0 if area <= step else float(optimize.brentq(beyond, 0.0, area - step))
    high = 1.0 if area >= 1 - step else float(optimize.brentq(beyond, area + step, 1.0))
    return low, high


def spread_of_auroc(n: int, m: int) -> Spread:
    """What an AUROC's variance is where both groups are alike: 1 / (12 c (1 - c) (n + m)), c the share of the first.

    It is what the one-sided rank test is planned with (Noether 1987, J. Am. Stat. Assoc. 82:645, eq. 2.1); that of the
    pilot itself is 0 as soon as all of its prompts lie apart.
    """
    share = n / (n + m)
    return Spread(1 / (12 * share * (1 - share) * (n + m)), min(n, m), known=True)
