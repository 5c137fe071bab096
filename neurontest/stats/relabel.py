"""Relabeling tests: a statistic under every way, or many random ways, to deal pooled prompts to groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial, prod

import numpy as np
import numpy.typing as npt

from neurontest.stats.sequential import settled
from neurontest.stats.streams import Stream

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]

#: Up to this many relabelings, all are looked at.
ENUMERATED = 20_000
#: Random relabelings at most, and at least (fewer would leave the null distribution ragged).
MOST_DRAWS = 200_000
FEWEST_DRAWS = 1_000
#: Relabelings between two looks at the stopping rule.
LOOK = 100
#: Real-valued statistics this close count as equal, and so as exceedances.
TIE = 1e-9


@dataclass(frozen=True)
class Relabeling:
    """Outcome of a relabeling test.

    Attributes
    ----------
    observed : float
        The statistic under the labels as they are.
    null : float64 array [relabeling]
        The statistic under the others (all of them, the labels as they are included, if `exact`).
    exceedances : int
        Relabelings in `null` that reach `observed`.
    exact : bool
        All relabelings were looked at.
    p : float
        Share of exceedances if exact, else ``(b + 1) / (B + 1)`` (Phipson & Smyth 2010, SAGMB 9:39).
    p_floor : float
        One over the number of relabelings of the design.
    """

    observed: float
    null: Floats
    exceedances: int
    exact: bool
    p: float
    p_floor: float

    @property
    def draws(self) -> int:
        """Relabelings looked at."""
        return len(self.null)


def relabelings(sizes: Sequence[int]) -> int:
    """Ways to deal ``sum(sizes)`` prompts to labelled groups of these sizes."""
    return factorial(sum(sizes)) // prod(factorial(size) for size in sizes)


def every_labeling(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every way to label ``sum(sizes)`` prompts; the first is ``0 0 .. 1 1 ..``."""

    def deal(free: tuple[int, ...], group: int) -> Iterator[dict[int, int]]:
        if group == len(sizes):
            yield {}
            return
        for chosen in combinations(free, sizes[group]):
            rest = tuple(item for item in free if item not in chosen)
            for others in deal(rest, group + 1):
                yield {**dict.fromkeys(chosen, group), **others}

    for labels in deal(tuple(range(sum(sizes))), 0):
        yield tuple(labels[item] for item in range(sum(sizes)))


def relabel(
    statistic: Callable[[Labels], Floats],
    sizes: Sequence[int],
    stream: Stream,
    thresholds: Sequence[float] = (),
    *,
    observed: Callable[[Labels], Floats] | None = None,
    enumerated: int = ENUMERATED,
    fewest: int = FEWEST_DRAWS,
    most: int = MOST_DRAWS,
) -> Relabeling:
    """Test whether a statistic is larger than relabeling the prompts makes it.

    Parameters
    ----------
    statistic : callable
        From labels [relabeling, prompt] to the statistic [relabeling]; large values speak for the claim.
    sizes : sequence of int
        Prompts in each group; the pool is ordered by group.
    stream : Stream
        Of the random relabelings.
    thresholds : sequence of float
        p-values that this one may be compared with: drawing goes on until the side of each is known, or p is known to
        lie next to it.
    observed : callable or None
        The statistic for the labels as they are, if it is another one (shifted by an effect of no interest).
    """
    asis = np.repeat(np.arange(len(sizes), dtype=np.int8), sizes)
    seen = float((observed or statistic)(asis[None])[0])
    bound = seen - TIE * max(abs(seen), 1.0)
    count = relabelings(sizes)
    if count <= enumerated:
        everything = np.array(list(every_labeling(sizes)), dtype=np.int8)
        chunks = [statistic(everything[start : min(start + LOOK, count)]) for start in range(1, count, LOOK)]
        null = np.concatenate([[seen], *chunks])
        reached = int((null >= bound).sum())
        return Relabeling(seen, null, reached, True, reached / count, 1 / count)
    parts: list[Floats] = []
    draws = reached = 0
    while draws < most and not (draws >= fewest and settled(draws, reached, thresholds)):
        part = statistic(asis[stream.permutations(min(LOOK, most - draws), len(asis))])
        parts.append(part)
        draws += len(part)
        reached += int((part >= bound).sum())
    p = max((reached + 1) / (draws + 1), 1 / count)
    return Relabeling(seen, np.concatenate(parts), reached, False, p, 1 / count)
