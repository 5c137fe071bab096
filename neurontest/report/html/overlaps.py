"""What concepts share, at every setting that the record holds matrices of, and how deep their neurons lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from neurontest.report.html import figures
from neurontest.report.html.dense import Dense, dense
from neurontest.report.text.wording import positions
from neurontest.types import NeuronSet, OverlapMatrix, Record

#: Concepts whose matrix has names and numbers; of more, it is a picture.
NAMED = 30
#: Pictures of so many concepts that a page holds; what is left out stands in ``overlaps.csv``.
PICTURES = 8

Setting = tuple[tuple[str, str | int], ...]


@dataclass(frozen=True)
class OverlapView:
    """The matrices of one setting, to be read side by side: raw and normalized, last and generated.

    Attributes
    ----------
    panels : tuple of (OverlapMatrix, Heatmap or Dense)
    left_out : int
        Matrices that would make the page too large.
    """

    setting: str
    panels: tuple[tuple[OverlapMatrix, figures.Heatmap | Dense], ...]
    left_out: int = 0


def overlap_views(record: Record) -> list[OverlapView]:
    """The record's matrices, by setting."""
    groups: dict[Setting, list[OverlapMatrix]] = {}
    for matrix in record.overlaps:
        groups.setdefault(_setting(matrix), []).append(matrix)
    views, drawn = [], 0
    for setting, own in groups.items():
        # Rows of the grid are positions, columns kinds: raw stands beside normalized, last above generated.
        own.sort(key=lambda matrix: (matrix.positions != "last", matrix.positions, matrix.kind != "raw"))
        darkest = max((count for matrix in own for count in _apart(matrix)), default=0.0)
        panels: list[tuple[OverlapMatrix, figures.Heatmap | Dense]] = []
        for matrix in own:
            if len(matrix.concepts) <= NAMED:
                panels.append((matrix, figures.heatmap(matrix, darkest)))
            elif drawn < PICTURES:
                panels.append((matrix, dense(matrix, darkest)))
                drawn += 1
        words = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in setting)
        views.append(OverlapView(words, tuple(panels), len(own) - len(panels)))
    return views


def _setting(matrix: OverlapMatrix) -> Setting:
    # How it is normalized, the panel says; and that a neuron is itself goes without saying.
    said = dict(matrix.setting)
    said.pop("normalize", None)
    if said.get("identity") == "neuron":
        del said["identity"]
    return tuple(said.items())


def _apart(matrix: OverlapMatrix) -> Iterator[float]:
    """What lies off the diagonal; of a single concept what there is."""
    for row, counts in enumerate(matrix.counts):
        for column, count in enumerate(counts):
            if row != column or len(matrix.counts) < 2:
                yield count


def _by_selection(record: Record) -> Iterator[list[NeuronSet]]:
    groups: dict[NeuronSet, list[NeuronSet]] = {}
    for concept in record.concepts:
        for one in concept.sets:
            how = replace(one, concept="", prompts=0, neurons=(), head_size=None)
            groups.setdefault(how, []).append(one)
    yield from groups.values()


@dataclass(frozen=True)
class DepthView:
    """In which layers the neurons of a selection lie.

    Attributes
    ----------
    setting : str
    layers : tuple of int
        From the first to the last in which any neuron of the report lies.
    rows : tuple of (concept, counts by layer)
    most : int
        The largest count.
    """

    setting: str
    layers: tuple[int, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    most: int


def depth_views(record: Record) -> list[DepthView]:
    """One for each selection of neurons; dimensions of all layers lie in none."""
    every = [neuron.layer for concept in record.concepts for one in concept.sets for neuron in one.neurons]
    if not every or max(every) - min(0, *every) > 1000:
        return []
    layers = tuple(range(min(0, *every), max(every) + 1))
    return [_depth(sets, layers) for sets in _by_selection(record) if sets[0].identity != "dimension"]


def _depth(sets: list[NeuronSet], layers: tuple[int, ...]) -> DepthView:
    first = sets[0]
    counts = [(one.concept, Counter(neuron.layer for neuron in one.neurons)) for one in sets]
    if len(counts) > NAMED:
        total: Counter[int] = Counter()
        for _, own in counts:
            total.update(own)
        counts = [(f"all {len(counts)} concepts", total)]
    rows = tuple((name, tuple(own[layer] for layer in layers)) for name, own in counts)
    setting = f"{first.site}, {positions(first)}, {first.normalize}, top {first.k} by {first.select}"
    return DepthView(setting, layers, rows, max((max(own) for _, own in rows), default=0))
