"""Studentised overlaps under relabeling: the statistics of the permutation keys.

Permuting concepts tests that they are equal in distribution; a studentised statistic keeps the error rate where only
the claim's own null is true (Chung & Romano 2013, Ann. Stat. 41:484). Overlaps are of half-samples, and none is drawn:
:mod:`neurontest.stats.half_samples.subsampling` gives the probabilities that their sets hold a neuron, as a function of
the prompts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from neurontest.arrays import Floats, Indices, Labels
from neurontest.stats.half_samples.subsampling import Probabilities, probabilities, within_reach
from neurontest.stats.terms import Selector

#: From the probabilities of each group, under some relabelings, of some columns of the pool, to numbers [relabeling].
Studentised = Callable[[list[Probabilities], Indices], Floats]
#: Scores of relabelings that are looked at in one go, in bytes: bounds memory, changes nothing else.
_TOGETHER = 4_000_000


def relabelled(
    of: Studentised, selector: Selector, sizes: Sequence[int], m: int, *, within: bool = False
) -> Callable[[Labels], Floats]:
    """The statistic [relabeling] of labels [relabeling, prompt], from the groups that they make of a pool of prompts.

    Parameters
    ----------
    of : Studentised
    selector : Selector
        Over the pooled prompts, exact for subsets of `m`.
    sizes : sequence of int
        Prompts of each group.
    m : int
        Prompts in a half-sample.
    within : bool
        Each group has one prompt of each template, in the order of the templates.
    """
    scored = selector.scored()

    def apply(labels: Labels) -> Floats:
        out = []
        for some in _together(labels, scored.values.shape[1]):
            # Groups of one size go together: all scores are read once for them.
            alike = [[some == group for group, size in enumerate(sizes) if size == one] for one in set(sizes)]
            reached = [within_reach(np.concatenate(groups).astype(np.float64), scored, m) for groups in alike]
            columns = np.unique(np.concatenate(reached))
            few = scored.part(columns)
            for fewer in _together(some, few.values.size):
                dealt = [probabilities(rows, few, m) for rows in _members(fewer, sizes, within=within)]
                out.append(of(dealt, columns))
        return np.concatenate(out)

    return apply


def _together(labels: Labels, each: int) -> list[Labels]:
    """Labels in pieces, whose arrays of so many numbers a relabeling are not too large."""
    step = max(1, _TOGETHER // (8 * max(1, each)))
    return [labels[start : start + step] for start in range(0, len(labels), step)]


def _members(labels: Labels, sizes: Sequence[int], *, within: bool) -> list[Indices]:
    """The rows [relabeling, prompt] of the pool that each group is dealt."""
    if within:
        templates = sizes[0]
        source = np.argsort(labels.reshape(len(labels), len(sizes), templates), axis=1, kind="stable")
        return [source[:, group] * templates + np.arange(templates) for group in range(len(sizes))]
    return np.split(np.argsort(labels, axis=1, kind="stable"), np.cumsum(sizes)[:-1], axis=1)


@dataclass(frozen=True)
class Held:
    """A concept whose prompts stay its own, or a published set, as a pool of other prompts sees it.

    Attributes
    ----------
    pi : float64 array [column of the pool]
    own : Probabilities or None
        Of one case; a published set has none.
    place : int array [column of the pool]
        Where each is among its own columns; -1 if it is not there.
    """

    pi: Floats
    own: Probabilities | None
    place: Indices

    @classmethod
    def sampled(cls, selector: Selector, prompts: int, m: int, pool: Selector) -> Held:
        """A concept, from its own selector."""
        own = probabilities(np.arange(prompts)[None], selector.scored(), m)
        _, at_own, at_pool = np.intersect1d(selector.columns, pool.columns, assume_unique=True, return_indices=True)
        place = np.full(len(pool.columns), -1)
        place[at_pool] = at_own
        return cls(np.where(place < 0, 0.0, own.pi[0, place]), own, place)

    @classmethod
    def published(cls, members: Floats, pool: Selector) -> Held:
        """A published set, from its memberships [neuron]."""
        return cls(members[pool.columns], None, np.full(len(pool.columns), -1))


def overlap_difference(held: Held, *, samples: Sequence[str], by: float = 0.0) -> Studentised:
    """Studentised ``<pi_a, pi_b - pi_c> - by`` under relabelings of b and c; a is held.

    Parameters
    ----------
    held : Held
    samples : sequence of str
        Those of a, b and c: concepts of one sample have common templates. That of a published set is of no consequence.
    """

    def of(groups: list[Probabilities], columns: Indices) -> Floats:
        b, c = groups
        pi, apart = held.pi[columns], b.pi - c.pi
        difference = (apart * pi).sum(axis=1) - by
        moved = [b.influence(pi), c.influence(-pi)]
        if held.own is None:
            return _studentised(difference, moved, samples[1:])
        common = np.flatnonzero(held.place[columns] >= 0)
        place = held.place[columns[common]]
        if samples[0] in samples[1:]:
            own = held.own.at(place)
            difference = own.beside(b.at(common)) - own.beside(c.at(common)) - by
        gradient = np.zeros((len(apart), held.own.pi.shape[1]))
        gradient[:, place] = apart[:, common]
        return _studentised(difference, [held.own.influence(gradient), *moved], samples)

    return of


def distinctness(samples: Sequence[str], *, pairs: bool = False) -> Studentised:
    """Studentised ``mean within - mean between`` of several groups, all relabelled.

    With `pairs`, the same of every two of them alone comes behind it: [relabeling, 1 + pair].

    Parameters
    ----------
    samples : sequence of str
        That of each group: all have common templates, or none have.
    """
    templates = len(set(samples)) == 1

    def of(groups: list[Probabilities], _: Indices) -> Floats:
        within = [one.within() for one in groups]
        between = {
            (i, j): groups[i].beside(groups[j]) if templates else (groups[i].pi * groups[j].pi).sum(axis=1)
            for i, j in combinations(range(len(groups)), 2)
        }

        def statistic(members: Sequence[int]) -> Floats:
            size = len(members)
            apart = np.mean([within[one] for one in members], axis=0)
            apart = apart - np.mean([between[two] for two in combinations(members, 2)], axis=0)
            total = sum(groups[one].pi for one in members)
            moved = [
                groups[one].influence((groups[one].pi * size - total) * (2 / (size * (size - 1)))) for one in members
            ]
            return _studentised(apart, moved, [samples[one] for one in members])

        whole = statistic(range(len(groups)))
        if not pairs:
            return whole
        return np.stack([whole, *map(statistic, combinations(range(len(groups)), 2))], axis=1)

    return of


def _studentised(values: Floats, moved: Sequence[Floats], samples: Sequence[str]) -> Floats:
    """Values [case] over their standard deviations, from how each prompt [case, prompt] of each concept moves them.

    The variance is floored as that of the half-sample test is (:meth:`HalfSamples.least_variance`).
    """
    by_sample: dict[str, Floats] = {}
    for sample, one in zip(samples, moved, strict=True):
        by_sample[sample] = by_sample[sample] + one if sample in by_sample else one
    variance, floor = np.zeros(len(values)), 0.0
    for one in by_sample.values():
        count = one.shape[1]
        variance = variance + (one**2).sum(axis=1) / (count * (count - 1))
        floor += 1 / count**2
    out: Floats = values / np.sqrt(np.maximum(variance, floor))
    return out
