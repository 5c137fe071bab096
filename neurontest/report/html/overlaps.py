"""What concepts share, at every setting that the record holds sets or matrices of, and how deep their neurons lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from neurontest.report import figures
from neurontest.report.html.dense import Dense, dense
from neurontest.report.text import positions
from neurontest.types import Neuron, NeuronSet, OverlapMatrix, Record

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
    """All matrices by setting: those of the record, and those that follow from its neuron sets."""
    groups: dict[Setting, list[OverlapMatrix]] = {}
    for matrix in matrices(record):
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


def matrices(record: Record) -> list[OverlapMatrix]:
    """The record's matrices, then one for each other selection that sets of two concepts or more are listed by.

    The record's count ties at the edge of a set as fractions; those counted from listed sets cannot.
    """
    found = list(record.overlaps)
    known = {(_setting(one), one.kind, one.positions) for one in found}
    for sets in _by_selection(record):
        matrix = _counted(sets)
        if len(sets) > 1 and (_setting(matrix), matrix.kind, matrix.positions) not in known:
            found.append(matrix)
    return found


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


def _counted(sets: list[NeuronSet]) -> OverlapMatrix:
    first = sets[0]
    reading: Mapping[str, str | int | None] = {
        "match": first.match,
        "exclude_first": first.exclude_first or None,
        "reduce": first.reduce if first.reduce != "mean" else None,
    }
    members = [frozenset(_member(first, neuron) for neuron in one.neurons) for one in sets]
    return OverlapMatrix(
        setting={
            "site": first.site,
            "normalize": first.normalize,
            "select": first.select,
            "k": first.k,
            "identity": first.identity,
            **{name: value for name, value in reading.items() if value is not None},
        },
        kind="raw" if first.normalize == "raw" else "normalized",
        positions=first.positions,
        concepts=tuple(one.concept for one in sets),
        counts=tuple(tuple(float(len(a & b)) for b in members) for a in members),
    )


def _member(one: NeuronSet, neuron: Neuron) -> tuple[int, int]:
    return (neuron.layer, neuron.index) if one.identity == "neuron" else (0, neuron.index)


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
