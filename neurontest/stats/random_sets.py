"""A set's effect among those of random sets: a rank, and no more sets than the family's correction needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neurontest.stats.halves import Floats
from neurontest.stats.relabel import TIE

#: Random sets that a claim is compared with, at least.
FEWEST_SETS = 99


def sets_needed(threshold: float) -> int:
    """Random sets with which a p-value can reach half of the smallest threshold of a family, and at least 99.

    Parameters
    ----------
    threshold : float
        The smallest p-value that the family's correction compares with.
    """
    return max(FEWEST_SETS, math.ceil(round(2 / threshold, 6)) - 1)


@dataclass(frozen=True)
class Rank:
    """Where a set's effect stands among those of random sets.

    Attributes
    ----------
    observed : float
    null : float64 array [set]
    p, p_opposite : float
        ``(1 + b) / (1 + B)``, b of the B random sets at least (at most) as large (Phipson & Smyth 2010, SAGMB 9:39).
    """

    observed: float
    null: Floats
    p: float
    p_opposite: float


def rank(observed: float, null: Floats) -> Rank:
    """Rank an effect among those of random sets."""
    near = TIE * max(abs(observed), 1e-9)
    larger, smaller = int((null >= observed - near).sum()), int((null <= observed + near).sum())
    return Rank(observed, np.asarray(null), (1 + larger) / (1 + len(null)), (1 + smaller) / (1 + len(null)))
