"""An overlap matrix of many concepts: a picture of a few shades, and the pairs that share the most in words."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest

from neurontest.report.text.numbers import number
from neurontest.types import OverlapMatrix

#: Shades beside none.
SHADES = 8
#: Pairs that are told by name.
TOLD = 20
#: Side of a cell, in pixels.
CELL = 3


@dataclass(frozen=True)
class Dense:
    """The picture: below the diagonal, since what a shares with b, b shares with a.

    Attributes
    ----------
    paths : tuple of (float, str)
        For each shade its opacity and an SVG path of its cells.
    pairs : tuple of (str, str, str)
        The pairs that share the most, and how much.
    side : int
        Of the whole picture, in pixels.
    """

    paths: tuple[tuple[float, str], ...]
    pairs: tuple[tuple[str, str, str], ...]
    side: int


def dense(matrix: OverlapMatrix, darkest: float) -> Dense:
    """Draw a matrix of many concepts; `darkest` is the count drawn darkest."""
    cells: list[list[str]] = [[] for _ in range(SHADES + 1)]
    for row, counts in enumerate(matrix.counts):
        column = 0
        while column < min(row, len(counts)):
            shade, begin = _shade(counts[column], darkest), column
            while column < min(row, len(counts)) and _shade(counts[column], darkest) == shade:
                column += 1
            # Neighbours of one shade are one stroke.
            cells[shade].append(f"M{CELL * begin} {CELL * row}h{CELL * (column - begin)}v{CELL}H{CELL * begin}z")
    most = nlargest(
        TOLD,
        (
            (count, -row, -column)
            for row, counts in enumerate(matrix.counts)
            for column, count in enumerate(counts[:row])
        ),
    )
    pairs = tuple((matrix.concepts[-column], matrix.concepts[-row], number(count)) for count, row, column in most)
    paths = tuple((round(shade / SHADES, 3), "".join(own)) for shade, own in enumerate(cells) if shade and own)
    return Dense(paths, pairs, CELL * len(matrix.counts))


def _shade(count: float, darkest: float) -> int:
    return round(SHADES * min(max(count, 0.0), darkest) / darkest) if darkest > 0 else 0
