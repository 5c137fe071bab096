"""A set's effect among those of random sets: a rank, from no more sets than it takes to know it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from neurontest.stats.halves import Floats
from neurontest.stats.relabel import TIE

#: Random sets that a claim is compared with, at least.
FEWEST_SETS = 99
#: Random sets that reach the set's effect with which its p-value is known well enough.
ENOUGH = 10
#: Random sets looked at before it is first asked whether more are needed: a set like most is known by these.
FIRST_LOOK = 25


def sets_needed(threshold: float) -> int:
    """Random sets with which a p-value can reach half of the smallest threshold of a family, and at least 99.

    Parameters
    ----------
    threshold : float
        The smallest p-value that the family's correction compares with.
    """
    return max(FEWEST_SETS, math.ceil(round(2 / threshold, 6)) - 1)


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
        Random sets that do, of those looked at; looking ends with the tenth that does.
    p : float
        ``10 / draws`` if it ended so (Besag & Clifford 1991, Biometrika 78:301), else ``(1 + b) / (1 + B)`` (Phipson &
        Smyth 2010, SAGMB 9:39).
    """

    exceedances: int
    draws: int
    p: float

    @classmethod
    def of(cls, reached: npt.NDArray[np.bool_]) -> Side:
        """From whether each random set does, in the order drawn."""
        where = np.flatnonzero(reached)
        if len(where) >= ENOUGH:
            draws = int(where[ENOUGH - 1]) + 1
            return cls(ENOUGH, draws, ENOUGH / draws)
        return cls(len(where), len(reached), (1 + len(where)) / (1 + len(reached)))


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


def hopeless(claimed: Sequence[Side], opposite: Sequence[Side], threshold: float) -> bool:
    """Whether random sets looked at so far show that more of them would show neither a claim nor its opposite.

    Of each, ten random sets reach the set's by some measure, and its p-value is above the largest threshold. Nothing is
    ever declared early: what random sets are compared by, their medians say, may still change with more of them.
    """
    return all(any(one.exceedances >= ENOUGH and one.p > threshold for one in sides) for sides in (claimed, opposite))


def rank(observed: float, null: Floats) -> Rank:
    """Rank an effect among those of random sets, in the order drawn."""
    near = TIE * max(abs(observed), 1e-9)
    return Rank(observed, np.asarray(null), Side.of(null >= observed - near), Side.of(null <= observed + near))
