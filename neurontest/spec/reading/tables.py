"""A table of prompts, CSV or TSV: the column that is named, row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from neurontest.errors import Fault, SpecError
from neurontest.spec.reading.lines import is_blank, stripped
from neurontest.text import quoted

SUFFIXES = (".csv", ".tsv")


class Row(NamedTuple):
    """A row of a table: the line that it begins in, and its cells by the names of their columns."""

    line: int
    cells: dict[str, str]


def rows_of(text: str, where: str, suffix: str) -> tuple[tuple[str, ...], list[Row]]:
    """The columns and rows of a table.

    Cells are separated by tabs in a .tsv file; in a .csv file by commas, or by semicolons where its first line has
    those and no comma, as spreadsheets write it in many countries.

    Raises
    ------
    SpecError
        With a fault for each row that does not fit the first.
    """
    records = _records(text, where, "\t" if suffix == ".tsv" else _separator(text))
    line, head = next(records, (1, []))
    names = tuple(stripped(name) for name in head)
    if not any(names):
        raise SpecError([Fault(where, line, 1, "this table is empty; its first line must name the columns")])
    twice = next((name for at, name in enumerate(names) if name and name in names[:at]), None)
    if twice is not None:
        raise SpecError([Fault(where, line, 1, f"two columns are called {quoted(twice)}; rename one")])
    rows, faults = [], []
    for line, cells in records:
        if len(cells) == len(names):
            rows.append(Row(line, dict(zip(names, cells, strict=True))))
        else:
            what = f"this row has {_cells(len(cells))}, and the first has {len(names)}"
            faults.append(Fault(where, line, 1, f"{what}; quote a cell that holds the separator"))
    if faults:
        raise SpecError(faults)
    return names, rows


def _records(text: str, where: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The records that hold something, each with the line that it begins in."""
    # A line break within quotation marks belongs to its cell, so the reader is given the text as it is.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    begin = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"no table can be read from here on: {error}; is a quotation mark not closed, or not doubled?"
            raise SpecError([Fault(where, begin, 1, message)]) from None
        if not all(map(is_blank, cells)):
            yield begin, cells
        begin = reader.line_num + 1


def _separator(text: str) -> str:
    head = text.lstrip().partition("\n")[0]
    return ";" if ";" in head and "," not in head else ","


def _cells(count: int) -> str:
    return f"{count} cell" + ("" if count == 1 else "s")
