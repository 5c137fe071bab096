"""A set's effect among those of random sets: a rank, from as many sets as it takes to know it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import stats

from neurontest.arrays import Floats
from neurontest.stats.relabeling.relabel import TIE

#: Random sets that a claim is compared with, at least.
FEWEST_SETS = 99
#: How many times as many are looked at, at most, where others could say otherwise.
MOST = 4
#: Random sets that reach the set's effect with which it is known well enough that too many do.
ENOUGH = 10
#: Random sets looked at before it is first asked whether more are needed: a set like most is known by these.
FIRST_LOOK = 25
#: One-sided confidence in what the p-value among all random sets is, of which those looked at are a sample.
CONFIDENCE = 0.95


def sets_needed(threshold: float) -> int:
    """Random sets with which a set that none of them reaches is known to lie below a threshold, and at least 99.

    Parameters
    ----------
    threshold : float
        The smallest p-value that the family's correction compares with.
    """
    return max(FEWEST_SETS, math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-threshold)))


def sets_bounds(draws: int, exceedances: int) -> tuple[float, float]:
    """What the p-value among all random sets may be, each side with 95% confidence.

    Clopper and Pearson 1934 (Biometrika 26:404).
    """
    low = float(stats.beta.ppf(1 - CONFIDENCE, exceedances, draws - exceedances + 1)) if exceedances else 0.0
    high = float(stats.beta.ppf(CONFIDENCE, exceedances + 1, draws - exceedances)) if exceedances < draws else 1.0
    return low, high


def looks(count: int) -> tuple[slice, ...]:
    """Which of `count` random sets are looked at one after the other: some first, then as many again each time."""
    ends = [min(FIRST_LOOK << step, count) for step in range(max(1, math.ceil(math.log2(count / FIRST_LOOK)) + 1))]
    return tuple(slice(start, end) for start, end in pairwise((0, *ends)))


@dataclass(frozen=True)
class Side:
    """How many random sets reach a set's effect, or lie as low.

    Attributes
    ----------
    exceedances, draws : int
        Random sets that do, of those looked at.
    """

    exceedances: int
    draws: int

    @classmethod
    def of(cls, reached: npt.NDArray[np.bool_]) -> Side:
        """From whether each random set does."""
        return cls(int(reached.sum()), len(reached))

    @property
    def p(self) -> float:
        """``(1 + b) / (1 + B)`` (Phipson & Smyth 2010, SAGMB 9:39)."""
        return (1 + self.exceedances) / (1 + self.draws)


@dataclass(frozen=True)
class Rank:
    """Where a set's effect stands among those of random sets.

    Attributes
    ----------
    observed : float
    null : float64 array [set]
    above, below : Side
        Random sets that are at least as large, and at most as large.
    """

    observed: float
    null: Floats
    above: Side
    below: Side


@dataclass(frozen=True)
class Direction:
    """What is known of a claim, or of its opposite, all of whose tests must turn.

    Attributes
    ----------
    over_prompts : float
        The largest p-value of the tests over prompts.
    sides : sequence of Side
    """

    over_prompts: float
    sides: Sequence[Side]

    def is_hopeless(self, threshold: float) -> bool:
        """Whether random sets looked at so far show that it is not to be shown: ten of them do as much by some measure.

        A p-value over prompts is no reason to stop while few sets are known: what random sets take is part of it.
        """
        return any(one.exceedances >= ENOUGH and one.p > threshold for one in self.sides)

    def is_open(self, thresholds: Sequence[float]) -> bool:
        """Whether other random sets could say otherwise: its p-value is on either side of some threshold."""
        if self.over_prompts > max(thresholds):
            return False
        bounds = [sets_bounds(one.draws, one.exceedances) for one in self.sides]
        low, high = (max(one[side] for one in bounds) for side in (0, 1))
        return any(max(low, self.over_prompts) <= one < high for one in thresholds)


def is_enough(claimed: Direction, opposite: Direction, thresholds: Sequence[float]) -> bool:
    """Whether more random sets would change nothing: neither way is anything to be shown, or all that is, is known.

    Nothing is declared early: what random sets are compared by, their medians say, may still change with more of them.
    """
    ways = claimed, opposite
    if all(one.is_hopeless(max(thresholds)) for one in ways):
        return True
    return claimed.sides[0].draws >= sets_needed(min(thresholds)) and not any(one.is_open(thresholds) for one in ways)


def rank(observed: float, null: Floats) -> Rank:
    """Rank an effect among those of random sets."""
    near = TIE * max(abs(observed), 1e-9)
    return Rank(observed, np.asarray(null), Side.of(null >= observed - near), Side.of(null <= observed + near))
