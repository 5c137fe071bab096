"""Random sets that are like a neuron set in all but which neurons they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

import numpy as np
import numpy.typing as npt

from neurontest.arrays import Floats, Indices
from neurontest.stats.streams import Stream

#: Neurons of the same layer that a chosen one may be replaced by: those whose writes are nearest in size.
NEAREST = 20


def write_sizes(
    sides: Sequence[tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]], norms: npt.NDArray[np.floating]
) -> Floats:
    """How much each neuron would write if it were forced [neuron].

    Parameters
    ----------
    sides : sequence of (float array [value, neuron], float array [prompt, neuron])
        What neurons are set to, and their activations, on the prompts of each side; all sides count alike. Every value
        is held against every prompt.
    norms : float array [neuron]
        How much a neuron writes per unit.
    """
    squares = []
    for values, activations in sides:
        # In order of size: the order of a list of prompts must not change the last digit.
        own, found = (np.sort(one.astype(np.float64), axis=0) for one in (values, activations))
        apart = own.mean(axis=0) - found.mean(axis=0)
        squares.append(np.square(apart) + own.var(axis=0) + found.var(axis=0))
    out: Floats = np.sqrt(np.mean(squares, axis=0)) * norms
    return out


def matched_sets(chosen: Indices, size: Floats, width: int, count: int, stream: Stream) -> list[Indices]:
    """Random sets of neurons of the same layers and of writes of like sizes.

    Parameters
    ----------
    chosen : int array [member]
        Columns ``layer * width + index`` of the set.
    size : float array [neuron]
        As :func:`write_sizes` gives them.
    width : int
        Neurons of a layer.
    count : int
        Random sets wanted; fewer are returned if there are no more that differ.
    stream : Stream

    Returns
    -------
    list of int arrays [member]
        Each another one, or a rank among them would count what is drawn twice as two. As many members as the set in
        each of its layers, each once, none of them the set's own. A member is one of the :data:`NEAREST` neurons of its
        layer nearest to one of the set in the logarithm of their sizes, and further away only as far as nearer ones are
        taken.

    Raises
    ------
    ValueError
        If a layer has too few other neurons.
    """
    nearest = []
    for column in chosen:
        layer = np.arange(width) + int(column) // width * width
        free = np.setdiff1d(layer, chosen)
        if len(free) < len(layer) - len(free):
            raise ValueError(f"layer {int(column) // width} has {len(free)} neurons beside the set's")
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = np.abs(np.log(size[free]) - np.log(size[column]))
        # A neuron that writes nothing is like another such one, and like no other.
        apart[np.isnan(apart)] = 0.0
        nearest.append(free[np.argsort(apart, kind="stable")])
    found: dict[tuple[int, ...], None] = {}
    before = -1
    # A small set has few likes: draws go on as long as they bring any that were not drawn before.
    while before < len(found) < count:
        before = len(found)
        words = stream.words(count, len(chosen), 1 + NEAREST)
        found.update(dict.fromkeys(_drawn(nearest, words)))
    return [np.array(one, dtype=np.intp) for one in islice(found, count)]


def _drawn(nearest: list[Indices], words: npt.NDArray[np.uint64]) -> Iterator[tuple[int, ...]]:
    """Random sets, by random words [set, member, 1 + candidate]."""
    near = [own[:NEAREST].tolist() for own in nearest]
    further = [own[NEAREST:].tolist() for own in nearest]
    # In random order, so that no place of the set always picks first.
    places = np.argsort(words[:, :, 0], axis=1, kind="stable").tolist()
    orders = np.argsort(words[:, :, 1:], axis=2, kind="stable").tolist()
    for turns, order in zip(places, orders, strict=True):
        taken: set[int] = set()
        for place in turns:
            own = near[place]
            candidates = chain((own[at] for at in order[place] if at < len(own)), further[place])
            taken.add(next(one for one in candidates if one not in taken))
        yield tuple(sorted(taken))
