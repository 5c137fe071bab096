"""The geometry of the report's figures; the templates draw them as inline SVG.

Horizontal places are per cent of a figure's width, vertical ones pixels: so a figure stretches to any width of the page
while its letters keep their size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, exp, floor, log1p, log10

from neurontest.report.text import numbers
from neurontest.types import Estimate, NullSummary, OverlapMatrix

#: Height of a null distribution's plot, in pixels.
NULL_HEIGHT = 112
#: Free space left and right of a scale, in per cent.
MARGIN = 5.0
#: Points of a density curve.
CURVE_POINTS = 121
#: Half-width of the part of Student's t that is always shown.
T_SPAN = 4.5
#: An observed value further out than this many half-widths is marked at the edge: it would squeeze the rest to a line.
FARTHEST = 3.0


@dataclass(frozen=True)
class Tick:
    """A labelled place on a scale, in per cent."""

    x: float
    label: str


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high`, drawn from left to right.

    Attributes
    ----------
    marks : tuple of float
        Round values to be labelled.
    """

    low: float
    high: float
    marks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Where `value` is, in per cent of the width; values beyond the scale are put at its end."""
        inside = min(max(value, self.low), self.high)
        return round(MARGIN + (100 - 2 * MARGIN) * (inside - self.low) / (self.high - self.low), 2)

    def ticks(self, unit: str = "") -> tuple[Tick, ...]:
        """The marks with their labels; a share is labelled in per cent."""
        factor = 100 if unit == "share" else 1
        step = factor * (self.marks[1] - self.marks[0]) if len(self.marks) > 1 else 0.0
        places = 0 if step == 0 else min(4, max(0, -floor(log10(step * (1 + 1e-9)))))
        suffix = "%" if unit == "share" else ""
        return tuple(Tick(self.at(mark), numbers.number(factor * mark, places) + suffix) for mark in self.marks)


def scale(values: Iterable[float], marks: int = 5) -> Scale:
    """The scale from the smallest to the largest of `values`, with about so many round marks in between."""
    found = sorted(values) or [0.0]
    low, high = found[0], found[-1]
    # A width that is lost in the rounding of its ends cannot be divided.
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = abs(low) / 2 or 1.0
        low, high = low - room, high + room
    step = _round_step((high - low) / marks)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return Scale(low, high, tuple(n * step for n in range(first, last + 1)))


def _round_step(least: float) -> float:
    power: float = 10.0 ** floor(log10(least))
    return next((n * power for n in (1, 2, 5) if n * power >= least * (1 - 1e-9)), 10 * power)


@dataclass(frozen=True)
class IntervalMark:
    """An estimate on a scale, in per cent; what it lacks is None."""

    estimate: Estimate
    value: float
    low: float | None
    high: float | None
    reference: float | None


def extent(estimate: Estimate) -> tuple[float, ...]:
    """The values that a scale must hold to show `estimate`."""
    ends = () if estimate.interval is None else (estimate.interval.low, estimate.interval.high)
    reference = () if estimate.reference is None else (estimate.reference,)
    return (estimate.value, *ends, *reference)


def interval_mark(estimate: Estimate, on: Scale) -> IntervalMark:
    """Where `estimate` and its interval are `on` a scale."""
    found = estimate.interval
    return IntervalMark(
        estimate,
        on.at(estimate.value),
        None if found is None else on.at(found.low),
        None if found is None else on.at(found.high),
        None if estimate.reference is None else on.at(estimate.reference),
    )


@dataclass(frozen=True)
class Bar:
    """A bar of a histogram; x and width in per cent, y and height in pixels; `tail` if it is shaded."""

    x: float
    width: float
    y: float
    height: float
    tail: bool


@dataclass(frozen=True)
class NullFigure:
    """A null distribution with the observed value in it.

    Attributes
    ----------
    bars : tuple of Bar
        Of a histogram; empty for a density.
    curve, tail : str
        SVG paths of a density and of its shaded part, on a canvas of 1000 by `NULL_HEIGHT`; empty
        for a histogram.
    observed : float
        In per cent.
    beyond : str
        ``left`` or ``right`` if the observed value is off the scale on that side, else empty.
    lower : bool
        Shaded is what is at most the observed value, instead of what is at least that.
    """

    scale: Scale
    bars: tuple[Bar, ...]
    curve: str
    tail: str
    observed: float
    beyond: str
    lower: bool


def null_figure(null: NullSummary, *, lower: bool = False) -> NullFigure:
    """Draw a null distribution, its upper tail shaded, or its `lower` one."""
    low, high = (null.edges[0], null.edges[-1]) if null.counts else (-T_SPAN, T_SPAN)
    middle, half = (low + high) / 2, (high - low) / 2
    beyond = ""
    if abs(null.observed - middle) > FARTHEST * half:
        beyond = "right" if null.observed > middle else "left"
    on = scale([low, high] if beyond else [low, high, null.observed])
    bars = _bars(null, on, lower) if null.counts else ()
    curve = tail = ""
    if not null.counts:
        curve = _density(null.df, on, on.low, on.high)
        inside = min(max(null.observed, on.low), on.high)
        tail = _density(null.df, on, on.low, inside) if lower else _density(null.df, on, inside, on.high)
    return NullFigure(on, bars, curve, tail, on.at(null.observed), beyond, lower)


def _bars(null: NullSummary, on: Scale, lower: bool) -> tuple[Bar, ...]:
    densities = [
        count / (high - low) if high > low else 0.0
        for count, low, high in zip(null.counts, null.edges, null.edges[1:], strict=False)
    ]
    tallest = max(densities) or 1.0
    bars = []
    for density, low, high in zip(densities, null.edges, null.edges[1:], strict=False):
        # The bin that holds the observed value is cut there, so that no area left of it looks like tail.
        cuts = [low, null.observed, high] if low < null.observed < high else [low, high]
        for left, right in pairwise(cuts):
            height = round((NULL_HEIGHT - 8) * density / tallest, 2)
            tail = right <= null.observed if lower else left >= null.observed
            if height > 0:
                x = on.at(left)
                width = round(on.at(right) - x, 2)
                bars.append(Bar(x, width, round(NULL_HEIGHT - height, 2), height, tail))
    return tuple(bars)


def _density(df: float | None, on: Scale, start: float, end: float) -> str:
    """Student's t from `start` to `end`, filled down to the axis; the normal curve without `df`."""
    points = []
    for step in range(CURVE_POINTS):
        t = start + (end - start) * step / (CURVE_POINTS - 1)
        density = exp(-t * t / 2) if df is None else exp(-(df + 1) / 2 * log1p(t * t / df))
        points.append(f"{10 * on.at(t):.1f},{NULL_HEIGHT - (NULL_HEIGHT - 8) * density:.2f}")
    return f"M{10 * on.at(start):.1f},{NULL_HEIGHT} L{' '.join(points)} L{10 * on.at(end):.1f},{NULL_HEIGHT} Z"


@dataclass(frozen=True)
class Cell:
    """A cell of a heatmap; `strength` from 0 to 1 says how dark it is."""

    x: int
    y: int
    text: str
    strength: float
    diagonal: bool
    title: str


@dataclass(frozen=True)
class Heatmap:
    """An overlap matrix, in pixels.

    Attributes
    ----------
    size : int
        Side of a cell.
    left, top : int
        Room for the names of rows and columns.
    tilted : bool
        The names are too long to stand side by side above the columns.
    """

    concepts: tuple[str, ...]
    cells: tuple[Cell, ...]
    size: int
    left: int
    top: int
    tilted: bool

    @property
    def width(self) -> int:
        """Of the whole figure."""
        return self.left + self.size * len(self.concepts) + (40 if self.tilted else 2)

    @property
    def height(self) -> int:
        """Of the whole figure."""
        return self.top + self.size * len(self.concepts) + 2


def heatmap(matrix: OverlapMatrix, darkest: float) -> Heatmap:
    """Draw an overlap matrix; `darkest` is the count drawn darkest, the same in all matrices shown side by side."""
    size = 70 if len(matrix.concepts) <= 6 else 40
    longest = max((len(name) for name in matrix.concepts), default=0)
    room = min(150, 16 + 7 * longest)
    tilted = 7 * longest > size - 4
    left, top = room, (max(40, round(room * 0.72)) if tilted else 24)
    cells = tuple(
        Cell(
            x=left + column * size,
            y=top + row * size,
            text=numbers.number(count, None if count == int(count) else 1),
            strength=round(max(0.0, count) / darkest, 3) if darkest > 0 else 0.0,
            diagonal=row == column,
            title=_cell_title(matrix.concepts, row, column, count),
        )
        for row, counts in enumerate(matrix.counts)
        for column, count in enumerate(counts)
    )
    return Heatmap(matrix.concepts, cells, size, left, top, tilted)


def _cell_title(concepts: Sequence[str], row: int, column: int, count: float) -> str:
    if row == column:
        return f"{concepts[row]}: a set of {count:g}"
    return f"{concepts[row]} and {concepts[column]} share {count:g}"
