"""Studentised half-sample statistics under relabeling: the permutation keys.

Permuting concepts tests that they are equal in distribution; a studentised statistic keeps the error rate where only
the claim's own null is true (Chung & Romano 2013, Ann. Stat. 41:484). For each relabeling all half-samples are drawn
anew, and their number is the same for the labels as they are: a t from more half-samples is not comparable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from neurontest.stats.halves import Floats, Indices
from neurontest.stats.relabel import Labels
from neurontest.stats.streams import Stream
from neurontest.stats.terms import Selector

#: Pairs of half-samples for each group and relabeling: the number at which the error rate was simulated.
PAIRS = 40
#: From half-samples, places and sets, as :meth:`RelabelledHalves.statistic` says, to numbers [relabeling].
Studentised = Callable[[list[Floats], Indices, list[Floats]], Floats]
#: Relabelings whose sets are selected in one go: bounds memory, changes nothing else.
_TOGETHER = 4


def jackknife_variances(subsets: Floats, values: Floats, m: int) -> Floats:
    """The variance of :func:`neurontest.stats.halves.jackknife_variance` for many sets of drawn half-samples at once.

    Parameters
    ----------
    subsets : float64 array [case, subset, prompt]
    values : float64 array [case, subset]
    """
    _, draws, n = subsets.shape
    # Whole numbers if the values are, so that their sums are the same in whatever order they are taken.
    centred = draws * values - values.sum(axis=1, keepdims=True)
    moves = np.einsum("bsp,bs->bp", subsets, centred) / draws**2
    bias = (n - 1) * m / (n - m) * (centred**2).sum(axis=1) / draws**4
    variance: Floats = (n - 1) / n * (n / (n - m)) ** 2 * (moves**2).sum(axis=1) - bias
    return np.maximum(variance, 0.0)


class RelabelledHalves:
    """Half-samples of the groups that a relabeling makes of a pool of prompts.

    Parameters
    ----------
    selector : Selector
        Over the pooled prompts, exact for subsets of `m`.
    sizes : sequence of int
        Prompts of each group.
    m : int
        Prompts in a half-sample.
    stream : Stream
        Of the half-samples; consumed relabeling by relabeling, so that chunks change nothing.
    """

    def __init__(self, selector: Selector, sizes: Sequence[int], m: int, stream: Stream, pairs: int = PAIRS) -> None:
        self.selector, self.sizes, self.m, self.stream, self.pairs = selector, tuple(sizes), m, stream, pairs

    def statistic(self, of: Studentised) -> Callable[[Labels], Floats]:
        """A function of labels, from one of the groups' half-samples and their sets.

        That function is called with ``(halves, places, sets)``: `halves` holds for each group an array
        [relabeling, subset, prompt of the group], `sets` one [relabeling, subset, place], in which rows ``2 r`` and
        ``2 r + 1`` are disjoint; `places` are the selector's columns that some of these sets holds.
        """

        def apply(labels: Labels) -> Floats:
            starts = range(0, len(labels), _TOGETHER)
            return np.concatenate([of(*self._draw(labels[start : start + _TOGETHER])) for start in starts])

        return apply

    def _draw(self, labels: Labels) -> tuple[list[Floats], Indices, list[Floats]]:
        count, total = labels.shape
        order = np.argsort(labels, axis=1, kind="stable")
        words = self.stream.words(count, self.pairs * total)
        halves: list[Floats] = []
        pooled: list[Floats] = []
        at_prompt = at_word = 0
        for size in self.sizes:
            members = order[:, at_prompt : at_prompt + size]
            own = words[:, at_word : at_word + self.pairs * size].reshape(count, self.pairs, size)
            shuffled = np.argsort(own, axis=-1, kind="stable")
            pair = np.zeros((count, self.pairs, 2, size))
            np.put_along_axis(pair[:, :, 0], shuffled[..., : self.m], 1.0, axis=-1)
            np.put_along_axis(pair[:, :, 1], shuffled[..., self.m : 2 * self.m], 1.0, axis=-1)
            local = pair.reshape(count, 2 * self.pairs, size)
            wide = np.zeros((count, 2 * self.pairs, total))
            np.put_along_axis(wide, np.broadcast_to(members[:, None], local.shape), local, axis=-1)
            halves.append(local)
            pooled.append(wide)
            at_prompt += size
            at_word += self.pairs * size
        rows = np.concatenate(pooled, axis=1).reshape(-1, total)
        places, chosen = self.selector.selected(rows)
        sets = chosen.reshape(count, len(self.sizes), 2 * self.pairs, -1)
        return halves, places, [sets[:, group] for group in range(len(self.sizes))]


def overlap_difference(own_subsets: Floats, own_sets: Floats, m: int, by: float = 0.0) -> Studentised:
    """Studentised ``<pi_a, pi_b - pi_c> - by`` under relabelings of b and c; a is held.

    Parameters
    ----------
    own_subsets : float64 array [subset, prompt]
        Half-samples of a.
    own_sets : float64 array [subset, column]
        Their sets, in the columns of the pooled selector.
    """
    draws, n = own_subsets.shape
    counts = own_sets.sum(axis=0)

    def of(halves: list[Floats], places: Indices, sets: list[Floats]) -> Floats:
        cases, drawn, _ = sets[0].shape
        difference = sets[0].sum(axis=1) - sets[1].sum(axis=1)
        held, own = counts[places], own_sets[:, places]
        spread = jackknife_variances(np.broadcast_to(own_subsets, (cases, *own_subsets.shape)), difference @ own.T, m)
        variance, floor = spread / drawn**2, 1 / n**2
        for group in (0, 1):
            variance = variance + jackknife_variances(halves[group], sets[group] @ held, m) / draws**2
            floor += 1 / halves[group].shape[-1] ** 2
        out: Floats = (difference @ held / (drawn * draws) - by) / np.sqrt(np.maximum(variance, floor))
        return out

    return of


def distinctness(m: int, *, pairs: bool = False) -> Studentised:
    """Studentised ``mean within - mean between`` of several groups, all relabelled.

    With `pairs`, the same of every two of them alone comes behind it: [relabeling, 1 + pair].
    """

    def of(halves: list[Floats], _: Indices, sets: list[Floats]) -> Floats:
        groups = range(len(sets))
        draws = sets[0].shape[1]
        counts = np.stack([one.sum(axis=1) for one in sets], axis=-1)
        # [relabeling, subset, group]: what each set of a group shares with all sets of each.
        shared = [one @ counts for one in sets]
        within = [np.einsum("bpc,bpc->b", one[:, 0::2], one[:, 1::2]) / (one.shape[1] // 2) for one in sets]

        def statistic(members: Sequence[int]) -> Floats:
            size = len(members)
            apart = np.mean([within[one] for one in members], axis=0)
            between = [shared[i][..., j].sum(axis=1) / draws**2 for i, j in combinations(members, 2)]
            apart = apart - np.mean(between, axis=0)
            variance = np.zeros(len(apart))
            for one in members:
                others = sum(shared[one][..., other] for other in members if other != one)
                spread = jackknife_variances(halves[one], (size - 1) * shared[one][..., one] - others, m)
                variance = variance + spread * (2 / (size * (size - 1) * draws)) ** 2
            floor = sum(1 / halves[one].shape[-1] ** 2 for one in members)
            out: Floats = apart / np.sqrt(np.maximum(variance, floor))
            return out

        whole = statistic(groups)
        return np.stack([whole, *map(statistic, combinations(groups, 2))], axis=1) if pairs else whole

    return of
