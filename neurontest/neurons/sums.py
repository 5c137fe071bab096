"""Sums of scores over subsets of prompts, and what bounds them: of some columns at a time, exact."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from neurontest.arrays import Floats, Indices
from neurontest.neurons.normalize import scaled
from neurontest.neurons.pieces import slices

Float = TypeVar("Float", np.float32, np.float64)


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
        self._rough = np.empty((len(scores), 0), dtype=np.float32)
        self._error = np.empty(0)

    def __call__(self, subsets: Floats, start: int = 0, stop: int | None = None) -> Floats:
        """Sums [subset, column] of the columns from `start` to `stop`."""
        stop = len(self._columns) if stop is None else stop
        own = self._span(start, stop)
        return self._largest(_product(subsets, self._copied[:, own]), self._firsts(start, stop))

    def at(self, subsets: Floats, places: Indices) -> Floats:
        """Sums [subset, column] of the columns at some places, which were asked for before."""
        if self._starts is None or not len(places):
            return _product(subsets, self._copied[:, places])
        spans = [np.arange(self._starts[place], self._starts[place + 1]) for place in places]
        firsts = np.cumsum([0] + [len(span) for span in spans[:-1]])
        return self._largest(_product(subsets, self._copied[:, np.concatenate(spans)]), firsts)

    def reaching(self, subsets: Floats, start: int, stop: int, level: float) -> Indices:
        """Places from `start` to `stop` of all columns whose sum over some subset reaches `level`, and few others.

        In single precision, which takes half the time, less than it can be wrong by: most columns reach nowhere.
        """
        own = self._span(start, stop)
        highest = _product(subsets.astype(np.float32), self._rough[:, own]).max(axis=0) + self._error[own]
        return start + np.flatnonzero(self._largest(highest, self._firsts(start, stop)) >= level)

    def scores(self) -> tuple[Floats, Indices | None]:
        """All scores [prompt, place], and where each column starts among them if it has several."""
        self._span(0, len(self._columns))
        return self._copied, None if self._starts is None else self._starts[:-1]

    def of(self, places: Indices) -> Sums:
        """Sums of the columns at some places only."""
        return Sums(self._all, self._scale, self._columns[places], self._width)

    def _firsts(self, start: int, stop: int) -> Indices | None:
        return None if self._starts is None else self._starts[start:stop] - self._starts[start]

    def _largest(self, values: Floats, firsts: Indices | None) -> Floats:
        if firsts is None:
            return values
        largest: Floats = np.maximum.reduceat(values, firsts, axis=-1)
        return largest

    def _span(self, start: int, stop: int) -> slice:
        """Where the scores of these columns are, once they are copied."""
        own = slice(start, stop) if self._starts is None else slice(int(self._starts[start]), int(self._starts[stop]))
        have, rows = self._copied.shape[1], len(self._all)
        if own.stop > have:
            fresh = self._kept[have : max(own.stop, 2 * have)]
            self._copied = np.concatenate([self._copied, scaled(self._all[:, fresh], self._scale)], axis=1)
            self._rough = self._copied.astype(np.float32)
            # Sums of up to `rows` products, each step rounded to 2^-24 of what it is at most; doubled to be safe.
            self._error = 2.0**-23 * (rows + 3) * rows * np.abs(self._rough).max(axis=0).astype(np.float64)
        return own


def _product(subsets: npt.NDArray[Float], scores: npt.NDArray[Float]) -> npt.NDArray[Float]:
    """Sums of scores over subsets that may all leave out the same prompts, as those of one concept of a pool do."""
    if len(subsets) and 2 * np.count_nonzero(subsets[0] + subsets[-1]) <= len(scores):
        used = np.flatnonzero(subsets.any(axis=0))
        if 2 * len(used) <= len(scores):
            return np.asarray(subsets[:, used] @ scores[used])
    return np.asarray(subsets @ scores)


def bounds(scores: npt.NDArray[np.floating], scale: float, smallest: int) -> tuple[Floats, Floats]:
    """Sums [neuron] of the `smallest` lowest and highest scores: they bound the mean of every subset as large."""
    low, high = np.empty(scores.shape[1]), np.empty(scores.shape[1])
    for part in slices(scores.shape[1], len(scores)):
        by_neuron = scaled(np.ascontiguousarray(scores[:, part].T), scale)
        by_neuron.sort(axis=1)
        low[part], high[part] = by_neuron[:, :smallest].sum(axis=1), by_neuron[:, -smallest:].sum(axis=1)
    return low, high


def strongest(values: Floats, width: int | None) -> Floats:
    """The largest over layers, if an index counts as one neuron whatever its layer; last axis [neuron]."""
    return values.reshape(*values.shape[:-1], -1, width).max(axis=-2) if width else values
