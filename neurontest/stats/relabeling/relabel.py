"""Relabeling tests: a statistic under every way, or many random ways, to deal pooled prompts to groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations, product
from math import factorial, prod

import numpy as np

from neurontest.arrays import Floats, Labels
from neurontest.stats.sequential import settled
from neurontest.stats.streams import Stream

#: Up to this many relabelings, all are looked at.
ENUMERATED = 20_000
#: Random relabelings at most, and at least (fewer would leave the null distribution ragged).
MOST_DRAWS = 200_000
FEWEST_DRAWS = 1_000
#: Random relabelings at most in a first look: they tell p-values near 0 from the thresholds of ten claims.
HURRIED_DRAWS = 4_000
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
    parts : tuple of float
        p-values of the statistic's parts, adjusted for their number by the largest of them (Westfall & Young 1993); on
        the same relabelings.
    """

    observed: float
    null: Floats
    exceedances: int
    exact: bool
    p: float
    p_floor: float
    parts: tuple[float, ...] = ()

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


def relabelings_within(groups: int, blocks: int) -> int:
    """Ways to deal the prompts of each of some blocks (templates) to as many groups, one each."""
    return int(factorial(groups) ** blocks)


def every_labeling_within(groups: int, blocks: int) -> Iterator[tuple[int, ...]]:
    """Every way to label ``groups x blocks`` prompts so that each block has every label; groups are contiguous."""
    for chosen in product(permutations(range(groups)), repeat=blocks):
        yield tuple(chosen[block][group] for group in range(groups) for block in range(blocks))


@lru_cache(maxsize=4)
def _every(sizes: tuple[int, ...], within: bool) -> Labels:
    """All labelings, those as they are first: the same for every pair of concepts of these sizes."""
    labelings = every_labeling_within(len(sizes), sizes[0]) if within else every_labeling(sizes)
    out = np.array(list(labelings), dtype=np.int8)
    out.flags.writeable = False
    return out


def relabel(
    statistic: Callable[[Labels], Floats],
    sizes: Sequence[int],
    stream: Stream,
    thresholds: Sequence[float] = (),
    *,
    observed: Callable[[Labels], Floats] | None = None,
    within: bool = False,
    hurried: bool = False,
    enumerated: int = ENUMERATED,
    fewest: int = FEWEST_DRAWS,
    most: int = MOST_DRAWS,
) -> Relabeling:
    """Test whether a statistic is larger than relabeling the prompts makes it.

    Parameters
    ----------
    statistic : callable
        From labels [relabeling, prompt] to the statistic [relabeling]; large values speak for the claim. Or to
        [relabeling, 1 + part]: the first column decides, the others are parts whose own p-values are wanted.
    sizes : sequence of int
        Prompts in each group; the pool is ordered by group.
    stream : Stream
        Of the random relabelings.
    thresholds : sequence of float
        p-values that this one may be compared with: drawing goes on until the side of each is known, or p is known to
        lie next to it.
    observed : callable or None
        The statistic for the labels as they are, if it is another one (shifted by an effect of no interest).
    within : bool
        Prompts are exchanged between groups only at the same place (template); all groups are of one size.
    hurried : bool
        Draw no more than :data:`HURRIED_DRAWS`, even if thresholds are in doubt.
    """
    if hurried:
        most = min(most, HURRIED_DRAWS)
    asis = np.repeat(np.arange(len(sizes), dtype=np.int8), sizes)
    first = (observed or statistic)(asis[None]).reshape(1, -1)
    seen, own = float(first[0, 0]), first[0, 1:]
    bound = _reached_by(seen)
    count = relabelings_within(len(sizes), sizes[0]) if within else relabelings(sizes)
    if count <= enumerated:
        everything = _every(tuple(sizes), within)
        chunks = [
            statistic(everything[start : min(start + LOOK, count)]).reshape(-1, first.shape[1])
            for start in range(1, count, LOOK)
        ]
        null = np.concatenate([first, *chunks])
        reached = int((null[:, 0] >= bound).sum())
        return Relabeling(seen, null[:, 0], reached, True, reached / count, 1 / count, _adjusted(own, null, exact=True))
    looks: list[Floats] = []
    draws = reached = 0
    while draws < most and not (draws >= fewest and settled(draws, reached, thresholds)):
        labels = _draw(asis, sizes, min(LOOK, most - draws), stream, within=within)
        look = statistic(labels).reshape(len(labels), -1)
        looks.append(look)
        draws += len(look)
        reached += int((look[:, 0] >= bound).sum())
    p = max((reached + 1) / (draws + 1), 1 / count)
    null = np.concatenate(looks)
    return Relabeling(seen, null[:, 0], reached, False, p, 1 / count, _adjusted(own, null, exact=False))


def _reached_by(value: float) -> float:
    return value - TIE * max(abs(value), 1.0)


def _draw(asis: Labels, sizes: Sequence[int], draws: int, stream: Stream, *, within: bool) -> Labels:
    if not within:
        return asis[stream.permutations(draws, len(asis))]
    dealt = stream.permutations(draws, sizes[0], len(sizes))
    return np.ascontiguousarray(dealt.transpose(0, 2, 1).reshape(draws, -1).astype(np.int8))


def _adjusted(observed: Floats, null: Floats, *, exact: bool) -> tuple[float, ...]:
    if not len(observed):
        return ()
    largest = null[:, 1:].max(axis=1)
    more = 0 if exact else 1
    return tuple(float(((largest >= _reached_by(float(one))).sum() + more) / (len(null) + more)) for one in observed)
