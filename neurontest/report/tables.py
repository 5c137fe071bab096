"""The record as tables for a spreadsheet or a data frame: ``claims.csv``, ``neurons.csv`` and ``overlaps.csv``.

A text that a spreadsheet would run as a formula is not one: what begins with ``=``, ``+``, ``-`` or ``@`` gets an
apostrophe before it. Numbers are numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO

from neurontest.report.html.claims import within_range
from neurontest.report.plain import plain
from neurontest.report.text import outcome
from neurontest.types import ClaimRecord, NeuronSet, Record
from neurontest.untrusted import visible_line

Cell = str | float | int | bool | None

#: What makes a spreadsheet take a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

_CLAIMS = (
    *("file", "line", "id", "test", "kind", "claim", "verdict", "vacuous", "selected", "outcome", "plain"),
    *("quantity", "effect", "unit", "low", "high", "level", "interval", "reference"),
    *("p", "p_opposite", "p_adjusted", "p_opposite_adjusted", "threshold", "alpha", "correction", "m"),
    *("site", "positions", "normalize", "select", "k", "identity", "reason"),
)
_HOW = ("site", "positions", "normalize", "select", "k", "identity", "match", "exclude_first", "reduce")
_NEURONS = ("concept", *_HOW, "prompts", "rank", "layer", "neuron", "score", "occurrences", "share", "tied")
_SETTING = ("site", "select", "k", "identity", "match", "exclude_first", "reduce")
_OVERLAPS = (*_SETTING, "kind", "positions", "a", "b", "shared")


def claims_csv(record: Record) -> str:
    """One row for each claim: its verdict, its effect and what the verdict rests on."""
    return _table(_CLAIMS, (_claim(claim) for claim in record.claims))


def neurons_csv(record: Record) -> str:
    """One row for each neuron of each set, published ones too."""
    return _table(_NEURONS, _neurons(record))


def overlaps_csv(record: Record) -> str:
    """One row for each two concepts at each setting: how many neurons their sets share."""
    return _table(_OVERLAPS, _overlaps(record))


TABLES: Mapping[str, Callable[[Record], str]] = {
    "claims.csv": claims_csv,
    "neurons.csv": neurons_csv,
    "overlaps.csv": overlaps_csv,
}


def _claim(claim: ClaimRecord) -> Iterator[Cell]:
    one = within_range(claim)
    found, judged, chosen = one.evidence, one.judgement, one.selection
    yield from (one.where.file, one.where.line, one.id, one.test, one.kind, one.sentence)
    yield from (outcome.status(one), outcome.is_vacuous(one), one.selected, outcome.outcome(one), str(plain(one)))
    if found is None:
        yield from [None] * 8
    else:
        effect, interval = found.effect, found.effect.interval
        yield from (effect.name, effect.value, effect.unit)
        yield from (interval.low, interval.high, interval.level, interval.method) if interval else [None] * 4
        yield effect.reference
    yield from (found.p, found.p_opposite) if found else [None] * 2
    yield from (judged.p_adjusted, judged.p_opposite_adjusted, judged.threshold) if judged else [None] * 3
    yield from (one.statistics.alpha, one.statistics.correction, found.m if found else None)
    yield from (chosen.site, chosen.positions, chosen.normalize, chosen.select, chosen.k, chosen.identity)
    yield judged.reason if judged else one.error


def _neurons(record: Record) -> Iterator[list[Cell]]:
    for concept in record.concepts:
        for one in concept.sets:
            how = _how(one)
            for neuron in one.neurons:
                member = (neuron.rank, neuron.layer, neuron.index, neuron.score)
                yield [one.concept, *how, one.prompts, *member, neuron.occurrences, neuron.share, neuron.tied]
        for rank, told in enumerate(concept.published, start=1):
            known = told.occurrences is not None and concept.out_of
            share = told.occurrences / concept.out_of if told.occurrences is not None and concept.out_of else None
            yield [
                *(concept.name, concept.site, None, None, "published", len(concept.published), "neuron", None, None),
                *(None, concept.out_of if known else None, rank, told.layer, told.index, None, told.occurrences),
                *(share, None),
            ]


def _how(one: NeuronSet) -> list[Cell]:
    return [getattr(one, name) for name in _HOW]


def _overlaps(record: Record) -> Iterator[list[Cell]]:
    for matrix in record.overlaps:
        setting: list[Cell] = [matrix.setting.get(name) for name in _SETTING]
        for row, a in enumerate(matrix.concepts):
            for column in range(row + 1, len(matrix.concepts)):
                shared = matrix.counts[row][column]
                yield [*setting, matrix.kind, matrix.positions, a, matrix.concepts[column], shared]


def _table(names: tuple[str, ...], rows: Iterable[Iterable[Cell]]) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_inert(cell) for cell in row])
    return out.getvalue()


def _inert(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    words = visible_line(cell)
    return f"'{words}" if cell.lstrip(" ").startswith(_FORMULA) else words
