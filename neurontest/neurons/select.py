"""Selection: which k neurons a subset of a concept's prompts selects.

Scores are exact integers (:func:`neurontest.neurons.normalize.fixed_point`), so equal is equal. Neurons that tie for
the last places share them as fractions; nothing that is tested ever depends on the order of neurons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neurontest.arrays import Floats, Indices
from neurontest.neurons.normalize import fixed_point, fixed_scale
from neurontest.neurons.pieces import CHUNK_BYTES, slices
from neurontest.neurons.sums import Sums, bounds, strongest
from neurontest.stats.terms import Scored, one_below_the_other

#: Columns that are visited before the first look at how far down they can matter, at most and for each neuron of a set;
#: changes nothing but the time.
_BLOCK, _BLOCK_EACH = 200, 10
#: How many times as many columns may be visited before the next look; changes nothing but the time.
_GROWTH = 4
#: Subsets that are looked at together: the more, the further down the worst of them makes all of them go. As many as
#: half-samples of one concept in a relabeling, so that most leave out the prompts of all others.
_ROWS = 80
#: The same for whole sets of two groups: a look's relabelings, of which none leaves out the same prompts as another.
_WHOLE_ROWS = 200
#: What the largest score counts for against being in a prompt's list, where both are one number.
_BY_SCORE = 1e-3


def top(scores: Floats, k: int) -> Floats:
    """Memberships [subset, neuron] of the top `k` of ``scores`` [subset, neuron]; ties at the edge are fractions."""
    if k >= scores.shape[1]:
        return np.ones_like(scores)
    ordered = np.partition(scores, -k, axis=1)
    edge = ordered[:, -k]
    return _reaching(scores, k, edge, ordered[:, :-k].max(axis=1) == edge)


def _reaching(scores: Floats, k: int, edge: Floats, tied: npt.NDArray[np.bool_]) -> Floats:
    """Memberships, from the k-th largest score of each subset and whether the next one equals it."""
    out = (scores >= edge[:, None]).astype(np.float64)
    for row in np.flatnonzero(tied):
        last = scores[row] == edge[row]
        out[row, last] = (k - (out[row].sum() - last.sum())) / last.sum()
    return out


def _edge(values: Floats, k: int) -> float:
    return float(np.partition(values, -k)[-k]) if k < len(values) else -np.inf


@dataclass(frozen=True)
class _Visited:
    """What was seen of the sums of some subsets.

    Attributes
    ----------
    places : int array [place]
        The columns that some subset may select, rising; of the others it is known that none does.
    sums : float64 array [subset, place]
    edge : float64 array [subset]
        The k-th largest sum of all.
    tied : bool array [subset]
        The next one equals it.
    """

    places: Indices
    sums: Floats
    edge: Floats
    tied: npt.NDArray[np.bool_]

    def held(self, k: int) -> tuple[Indices, Floats]:
        """The places that some set holds, and the memberships."""
        return _used(self.places, _reaching(self.sums, k, self.edge, self.tied))


def _used(places: Indices, sets: Floats) -> tuple[Indices, Floats]:
    """The places, and the columns of the sets, that some set holds."""
    held = sets.any(axis=0)
    return places[held], sets[:, held]


def _rows(subsets: Floats, most: int) -> list[Floats]:
    return [subsets[start : start + most] for start in range(0, len(subsets), most)]


class MeanSelector:
    """The k neurons of largest mean over a subset of prompts.

    Parameters
    ----------
    scores : float array [prompt, neuron]
        Normalized activations; not copied.
    k : int
    smallest : int
        Fewest prompts in a subset; neurons that no such subset can select are dropped beforehand. Subsets may hold a
        prompt more than once only if this is 1.
    width : int or None
        Neurons of a layer, if the same index in every layer counts as one neuron (identity ``dimension``): its score
        is the largest over layers.

    Notes
    -----
    Columns are visited by falling upper bound of their means, until the bound falls below the k-th largest mean seen
    in every subset (the threshold algorithm: Fagin, Lotem & Naor 2003, J. Comput. Syst. Sci. 66:614). The sets are
    those that a look at all columns would give.
    """

    def __init__(self, scores: npt.NDArray[np.floating], k: int, smallest: int, width: int | None = None) -> None:
        scale = fixed_scale(scores, len(scores))
        self.k = k
        self.size = width or scores.shape[1]
        low, high = (strongest(bound, width) for bound in bounds(scores, scale, smallest))
        kept = np.flatnonzero(high >= _edge(low, k))
        self.columns: Indices = kept[np.argsort(-high[kept], kind="stable")]
        self._falling = -high[self.columns] / smallest
        self._sums = Sums(scores, scale, self.columns, width)

    def memberships(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`."""
        places, sets = self.selected(subsets)
        out = np.zeros((len(sets), len(self.columns)))
        out[:, places] = sets
        return out

    def selected(self, subsets: Floats) -> tuple[Indices, Floats]:
        """See :class:`neurontest.stats.terms.Selector`."""
        if self.k >= len(self.columns):
            return np.arange(len(self.columns)), np.ones((len(subsets), len(self.columns)))
        return one_below_the_other([self._visit(part).held(self.k) for part in _rows(subsets, _ROWS)])

    def sharing(self, held: Floats) -> Callable[[Floats], Floats]:
        """See :class:`neurontest.stats.terms.Selector`; the sets themselves are not written down."""
        places = np.flatnonzero(held)
        own, sums_of_held = held[places], self._sums.of(places)

        def shared(subsets: Floats) -> Floats:
            if self.k >= len(self.columns):
                return np.full(len(subsets), own.sum())
            out = [np.empty(0)]
            for part in _rows(subsets, _WHOLE_ROWS):
                visited = self._visit(part)
                found = (sums_of_held(part) >= visited.edge[:, None]) @ own
                if visited.tied.any():
                    chosen, sets = visited.held(self.k)
                    found[visited.tied] = sets[visited.tied] @ held[chosen]
                out.append(found)
            return np.concatenate(out)

        return shared

    def scored(self) -> Scored:
        """See :class:`neurontest.stats.terms.Selector`."""
        return Scored.of(*self._sums.scores(), self.k)

    def _visit(self, subsets: Floats) -> _Visited:
        most = max(1, CHUNK_BYTES // (8 * len(subsets)))
        sizes = subsets.sum(axis=1)
        start, stop = 0, min(max(min(_BLOCK, _BLOCK_EACH * self.k), self.k), len(self.columns))
        places, sums = [np.arange(stop)], [self._sums(subsets, start, stop)]
        best = self._best(np.concatenate([np.full((len(subsets), 1), -np.inf), sums[0]], axis=1))
        edge = best[:, 1:].min(axis=1)
        while True:
            start, stop = stop, min(self._needed(sizes, edge), _GROWTH * stop, stop + most)
            if start >= stop:
                return _Visited(np.concatenate(places), np.concatenate(sums, axis=1), edge, best[:, 0] == edge)
            reaching = self._sums.reaching(subsets, start, stop, float(edge.min()))
            if len(reaching):
                places.append(reaching)
                sums.append(self._sums.at(subsets, reaching))
                best = self._best(np.concatenate([best, sums[-1]], axis=1))
                edge = best[:, 1:].min(axis=1)

    def _best(self, sums: Floats) -> Floats:
        """The k largest of each row after the next one."""
        surplus = sums.shape[1] - self.k - 1
        largest: Floats = np.partition(sums, surplus, axis=1)[:, surplus:]
        return largest

    def _needed(self, sizes: Floats, edge: Floats) -> int:
        """How many of the columns, by falling bound, can reach these edges of sums of so many prompts."""
        lowest = float((edge / sizes).min())
        # Means are rounded, unlike sums: a column may be visited for nothing, none may be missed.
        lowest -= 1e-12 * abs(lowest)
        return int(np.searchsorted(self._falling, -lowest, side="right"))


class ConsistencySelector:
    """The k neurons that are in most of a subset's per-prompt top lists, then of largest mean.

    Parameters
    ----------
    scores, k, smallest, width
        As for :class:`MeanSelector`.
    per_prompt_k : int or None
        Neurons in a prompt's own top list; None for k.
    """

    def __init__(
        self, scores: Floats, k: int, smallest: int, width: int | None = None, *, per_prompt_k: int | None = None
    ) -> None:
        whole = fixed_point(scores, len(scores))
        self.k = k
        self.size = width or whole.shape[1]
        own = per_prompt_k or k
        best = strongest(whole, width)
        lists = top(best, own)
        counts = lists.sum(axis=0)
        # A neuron in `count` of n lists is in at least count - (n - m) of any m of them.
        edge = max(_edge(np.maximum(counts - (len(whole) - smallest), 0.0), k), 0.0) if smallest > 1 else 0.0
        # Lists at least as long as the set hold k neurons among them; shorter ones may leave places to the others.
        hopeless = (counts < edge) | ((counts == 0) & (own >= k))
        self.columns: Indices = np.flatnonzero(~hopeless)
        # Fractions at the edge of a list become exact integers too.
        self._lists = fixed_point(lists[:, self.columns], len(whole))
        by_score = best[:, self.columns] * (_BY_SCORE / (np.abs(best).max() or 1.0))
        self._scored = Scored.of(fixed_point(lists[:, self.columns] + by_score, len(whole)), None, k)
        self._sums = Sums(scores, fixed_scale(scores, len(scores)), self.columns, width)

    def memberships(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`; a consistency selector has few columns, and looks at all."""
        return np.concatenate([self._top(part) for part in self._parts(subsets)])

    def selected(self, subsets: Floats) -> tuple[Indices, Floats]:
        """See :class:`neurontest.stats.terms.Selector`."""
        every = np.arange(len(self.columns))
        return one_below_the_other([_used(every, self._top(part)) for part in self._parts(subsets)])

    def sharing(self, held: Floats) -> Callable[[Floats], Floats]:
        """See :class:`neurontest.stats.terms.Selector`."""

        def shared(subsets: Floats) -> Floats:
            out: Floats = self.memberships(subsets) @ held
            return out

        return shared

    def scored(self) -> Scored:
        """See :class:`neurontest.stats.terms.Selector`: being listed, and a little of the score to tell ties apart."""
        return self._scored

    def _parts(self, subsets: Floats) -> list[Floats]:
        return [subsets[rows] for rows in slices(len(subsets), len(self.columns))]

    def _top(self, subsets: Floats) -> Floats:
        return _top_of_two(subsets @ self._lists, self._sums(subsets), self.k)


def _top_of_two(first: Floats, second: Floats, k: int) -> Floats:
    """Memberships of the top `k` by `first`, then by `second`; both [subset, neuron]."""
    if k >= first.shape[1]:
        return np.ones_like(first)
    edge = np.partition(first, -k, axis=1)[:, -k, None]
    above = first > edge
    places = k - above.sum(axis=1)
    contenders = np.where(first == edge, second, -np.inf)
    ordered = np.sort(contenders, axis=1)
    at = ordered[np.arange(len(ordered)), ordered.shape[1] - places][:, None]
    out = (above | (contenders > at)).astype(np.float64)
    tied = contenders == at
    free = k - out.sum(axis=1, keepdims=True)
    shared: Floats = np.where(tied, free / tied.sum(axis=1, keepdims=True), out)
    return shared


def selector(
    scores: Floats, *, select: str, k: int, smallest: int, per_prompt_k: int | None = None, width: int | None = None
) -> MeanSelector | ConsistencySelector:
    """The selector of a `select` setting; the arguments are those of the classes."""
    if select == "mean":
        return MeanSelector(scores, k, smallest, width)
    return ConsistencySelector(scores, k, smallest, width, per_prompt_k=per_prompt_k)
