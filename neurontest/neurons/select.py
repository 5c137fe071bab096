"""Selection: which k neurons a subset of a concept's prompts selects.

Scores are exact integers (:func:`neurontest.neurons.normalize.fixed_point`), so equal is equal. Neurons that tie for
the last places share them as fractions; nothing that is tested ever depends on the order of neurons.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from neurontest.neurons.normalize import fixed_point

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

#: Scores looked at in one go, in bytes: what fits into a cache of the processor; changes nothing but the time.
_CHUNK_BYTES = 4_000_000
#: Columns that are visited before the first look at how far down they can matter; changes nothing but the time.
_BLOCK = 512


def top(scores: Floats, k: int) -> Floats:
    """Memberships [subset, neuron] of the top `k` of ``scores`` [subset, neuron]; ties at the edge are fractions."""
    if k >= scores.shape[1]:
        return np.ones_like(scores)
    edge = np.partition(scores, -k, axis=1)[:, -k, None]
    member = scores >= edge
    counts = member.sum(axis=1)
    out = member.astype(np.float64)
    for row in np.flatnonzero(counts > k):
        tied = scores[row] == edge[row]
        out[row, tied] = (k - (counts[row] - tied.sum())) / tied.sum()
    return out


class _Sums:
    """Exact sums of the scores of some neurons over subsets of prompts.

    With `width`, the same index in every layer is one neuron, whose sum is the largest over layers.
    """

    def __init__(self, whole: Floats, columns: Indices, width: int | None) -> None:
        self._starts: Indices | None = None
        kept = columns
        if width:
            place = np.full(width, len(columns))
            place[columns] = np.arange(len(columns))
            places = place[np.arange(whole.shape[1]) % width]
            kept = np.argsort(places, kind="stable")[: int((places < len(columns)).sum())]
            self._starts = np.append(np.flatnonzero(np.diff(places[kept], prepend=-1)), len(kept))
        self._scores = np.ascontiguousarray(whole[:, kept])

    def __call__(self, subsets: Floats, leading: int | None = None) -> Floats:
        """Sums [subset, column], of the `leading` columns only."""
        if self._starts is None:
            own: Floats = subsets @ self._scores[:, :leading]
            return own
        starts = self._starts[:-1][:leading]
        per_layer = subsets @ self._scores[:, : self._starts[len(starts)]]
        largest: Floats = np.maximum.reduceat(per_layer, starts, axis=1)
        return largest


def _chunks(subsets: Floats, columns: int) -> Iterator[Floats]:
    step = max(1, _CHUNK_BYTES // (8 * max(1, columns)))
    for start in range(0, len(subsets), step):
        yield subsets[start : start + step]


def _strongest(values: Floats, width: int | None) -> Floats:
    """The largest over layers, if an index counts as one neuron whatever its layer; last axis [neuron]."""
    return values.reshape(*values.shape[:-1], -1, width).max(axis=-2) if width else values


def _edge(values: Floats, k: int) -> float:
    return float(np.partition(values, -k)[-k]) if k < len(values) else -np.inf


def _widened(leading: Floats, columns: int) -> Floats:
    out = np.zeros((len(leading), columns))
    out[:, : leading.shape[1]] = leading
    return out


class MeanSelector:
    """The k neurons of largest mean over a subset of prompts.

    Parameters
    ----------
    scores : float64 array [prompt, neuron]
        Normalized activations.
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

    def __init__(self, scores: Floats, k: int, smallest: int, width: int | None = None) -> None:
        whole = fixed_point(scores, len(scores))
        self.k = k
        self.size = width or whole.shape[1]
        # The smallest and the largest `smallest` values bound the mean of every subset at least that large.
        ordered = np.sort(whole, axis=0)
        low = _strongest(ordered[:smallest].sum(axis=0), width)
        high = _strongest(ordered[-smallest:].sum(axis=0), width)
        kept = np.flatnonzero(high >= _edge(low, k))
        self.columns: Indices = kept[np.argsort(-high[kept], kind="stable")]
        self._bounds = high[self.columns] / smallest
        self._sums = _Sums(whole, self.columns, width)

    def memberships(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`."""
        return _widened(self.leading(subsets), len(self.columns))

    def leading(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`."""
        visited = self._visited(subsets)
        return np.concatenate([top(self._sums(part, visited), self.k) for part in _chunks(subsets, visited)])

    def _visited(self, subsets: Floats) -> int:
        """How many of the columns, by falling bound, hold everything that these subsets select."""
        first = max(_BLOCK, self.k)
        if first >= len(self.columns):
            return len(self.columns)
        edge = min(
            float((np.partition(self._sums(part, first), -self.k, axis=1)[:, -self.k] / part.sum(axis=1)).min())
            for part in _chunks(subsets, first)
        )
        # The means are rounded, unlike the sums: a column may be visited for nothing, none may be missed.
        edge -= 1e-12 * abs(edge)
        return max(first, int(np.searchsorted(-self._bounds, -edge, side="right")))


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
        lists = top(_strongest(whole, width), own)
        counts = lists.sum(axis=0)
        # A neuron in `count` of n lists is in at least count - (n - m) of any m of them.
        edge = max(_edge(np.maximum(counts - (len(whole) - smallest), 0.0), k), 0.0) if smallest > 1 else 0.0
        # Lists at least as long as the set hold k neurons among them; shorter ones may leave places to the others.
        hopeless = (counts < edge) | ((counts == 0) & (own >= k))
        self.columns: Indices = np.flatnonzero(~hopeless)
        # Fractions at the edge of a list become exact integers too.
        self._lists = fixed_point(lists[:, self.columns], len(whole))
        self._sums = _Sums(whole, self.columns, width)

    def memberships(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`."""
        parts = _chunks(subsets, len(self.columns))
        return np.concatenate([_top_of_two(part @ self._lists, self._sums(part), self.k) for part in parts])

    def leading(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`; a consistency selector has few columns, and looks at all."""
        return self.memberships(subsets)


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
