"""Selection: which k neurons a subset of a concept's prompts selects.

Scores are exact integers (:func:`neurontest.neurons.normalize.fixed_point`), so equal is equal. Neurons that tie for
the last places share them as fractions; nothing that is tested ever depends on the order of neurons.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurontest.neurons.normalize import fixed_point

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

#: Scores looked at in one go, in bytes: bounds memory, changes nothing else.
_CHUNK_BYTES = 64_000_000


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
            index = np.arange(whole.shape[1]) % width
            kept = np.flatnonzero(np.isin(index, columns))
            kept = kept[np.argsort(index[kept], kind="stable")]
            self._starts = np.flatnonzero(np.diff(index[kept], prepend=-1))
        self._scores = np.ascontiguousarray(whole[:, kept])

    @property
    def step(self) -> int:
        """Subsets to look at in one go."""
        return max(1, _CHUNK_BYTES // (8 * max(1, int(self._scores.shape[1]))))

    def __call__(self, subsets: Floats) -> Floats:
        sums: Floats = subsets @ self._scores
        return sums if self._starts is None else np.maximum.reduceat(sums, self._starts, axis=1)


def _strongest(values: Floats, width: int | None) -> Floats:
    """The largest over layers, if an index counts as one neuron whatever its layer; last axis [neuron]."""
    return values.reshape(*values.shape[:-1], -1, width).max(axis=-2) if width else values


def _edge(values: Floats, k: int) -> float:
    return float(np.partition(values, -k)[-k]) if k < len(values) else -np.inf


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
    """

    def __init__(self, scores: Floats, k: int, smallest: int, width: int | None = None) -> None:
        whole = fixed_point(scores, len(scores))
        self.k = k
        self.size = width or whole.shape[1]
        # The smallest and the largest `smallest` values bound the mean of every subset at least that large.
        ordered = np.sort(whole, axis=0)
        low = _strongest(ordered[:smallest].sum(axis=0), width)
        high = _strongest(ordered[-smallest:].sum(axis=0), width)
        self.columns: Indices = np.flatnonzero(high >= _edge(low, k))
        self._sums = _Sums(whole, self.columns, width)

    def memberships(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`."""
        step = self._sums.step
        parts = [top(self._sums(subsets[start : start + step]), self.k) for start in range(0, len(subsets), step)]
        return np.concatenate(parts)


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
        step = self._sums.step
        parts = [
            _top_of_two(part @ self._lists, self._sums(part), self.k)
            for part in (subsets[start : start + step] for start in range(0, len(subsets), step))
        ]
        return np.concatenate(parts)


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
