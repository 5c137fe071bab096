"""Sums of scores over subsets of prompts, and what bounds them: of some columns at a time, exact."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from neurontest.neurons.normalize import scaled

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

#: Scores looked at in one go, in bytes: what fits into a cache of the processor; changes nothing but the time.
CHUNK_BYTES = 4_000_000


class Sums:
    """Exact sums of the scores of some neurons over subsets of prompts.

    With `width`, the same index in every layer is one neuron, whose sum is the largest over layers.

    Parameters
    ----------
    scores : float array [prompt, neuron]
    scale : float
        Of the fixed-point numbers.
    columns : int array [column]
        The neurons, in the order of the sums.
    width : int or None

    Notes
    -----
    The scores of a column are copied when it is first asked for: of millions of neurons few ever are.
    """

    def __init__(self, scores: npt.NDArray[np.floating], scale: float, columns: Indices, width: int | None) -> None:
        self._all, self._scale, self._width = scores, scale, width
        self._columns = self._kept = columns
        self._starts: Indices | None = None
        if width:
            place = np.full(width, len(columns))
            place[columns] = np.arange(len(columns))
            places = place[np.arange(scores.shape[1]) % width]
            self._kept = np.argsort(places, kind="stable")[: int((places < len(columns)).sum())]
            self._starts = np.append(np.flatnonzero(np.diff(places[self._kept], prepend=-1)), len(self._kept))
        self._copied = np.empty((len(scores), 0))

    def __call__(self, subsets: Floats, start: int = 0, stop: int | None = None) -> Floats:
        """Sums [subset, column] of the columns from `start` to `stop`."""
        stop = len(self._columns) if stop is None else stop
        if self._starts is None:
            own: Floats = subsets @ self._leading(stop)[:, start:]
            return own
        starts = self._starts[start : stop + 1]
        per_layer = subsets @ self._leading(int(starts[-1]))[:, starts[0] :]
        largest: Floats = np.maximum.reduceat(per_layer, starts[:-1] - starts[0], axis=1)
        return largest

    def of(self, places: Indices) -> Sums:
        """Sums of the columns at some places only."""
        return Sums(self._all, self._scale, self._columns[places], self._width)

    def _leading(self, count: int) -> Floats:
        have = self._copied.shape[1]
        if count > have:
            grown = np.empty((len(self._all), min(max(count, 2 * have), len(self._kept))))
            grown[:, :have] = self._copied
            grown[:, have:] = scaled(self._all[:, self._kept[have : grown.shape[1]]], self._scale)
            self._copied = grown
        return self._copied[:, :count]


def bounds(scores: npt.NDArray[np.floating], scale: float, smallest: int) -> tuple[Floats, Floats]:
    """Sums [neuron] of the smallest and of the largest `smallest` scores: they bound the mean of every subset as large.

    Of some columns at a time: copies of all scores would be what takes the most memory.
    """
    low, high = np.empty(scores.shape[1]), np.empty(scores.shape[1])
    for part in slices(scores.shape[1], len(scores)):
        by_neuron = scaled(np.ascontiguousarray(scores[:, part].T), scale)
        by_neuron.sort(axis=1)
        low[part], high[part] = by_neuron[:, :smallest].sum(axis=1), by_neuron[:, -smallest:].sum(axis=1)
    return low, high


def strongest(values: Floats, width: int | None) -> Floats:
    """The largest over layers, if an index counts as one neuron whatever its layer; last axis [neuron]."""
    return values.reshape(*values.shape[:-1], -1, width).max(axis=-2) if width else values


def slices(count: int, other: int) -> Iterator[slice]:
    """Slices of one axis of an array of `count` by `other` numbers, of :data:`CHUNK_BYTES` each."""
    step = max(1, CHUNK_BYTES // (8 * max(1, other)))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
