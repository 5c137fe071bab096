from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.report.html import figures
from neurontest.types import Estimate, Interval, NullSummary, OverlapMatrix

FINITE = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.lists(FINITE, min_size=1, max_size=6))
def test_a_scale_holds_its_values_in_order_and_has_marks(values: list[float]) -> None:
    on = figures.scale(values)
    places = [on.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert figures.MARGIN <= places[0] <= places[-1] <= 100 - figures.MARGIN
    assert 1 <= len(on.marks) <= 7
    assert all(figures.MARGIN <= tick.x <= 100 - figures.MARGIN for tick in on.ticks())


def test_marks_are_round() -> None:
    assert [tick.label for tick in figures.scale([-0.4, 6.2]).ticks()] == ["0", "2", "4", "6"]
    assert [tick.label for tick in figures.scale([0.5, 0.784]).ticks("share")] == ["50%", "60%", "70%"]
    assert [tick.label for tick in figures.scale([0.0, 0.01]).ticks()] == [
        "0.000",
        "0.002",
        "0.004",
        "0.006",
        "0.008",
        "0.010",
    ]


def test_an_interval_is_where_its_numbers_are() -> None:
    on = figures.scale([0.0, 10.0])
    mark = figures.interval_mark(Estimate("d", 5.0, interval=Interval(2.5, 7.5, 0.95, "half-t"), reference=0.0), on)
    assert (mark.reference, mark.low, mark.value, mark.high) == (5.0, 27.5, 50.0, 72.5)
    bare = figures.interval_mark(Estimate("d", 5.0), on)
    assert (bare.low, bare.high, bare.reference) == (None, None, None)


def test_the_tail_of_a_histogram_begins_at_the_observed_value() -> None:
    null = NullSummary("permutation", 1.5, (0.0, 1.0, 2.0, 3.0), (4, 2, 1))
    figure = figures.null_figure(null)
    tail = [bar for bar in figure.bars if bar.tail]
    assert min(bar.x for bar in tail) == figure.observed == figure.scale.at(1.5)
    assert [bar.tail for bar in figure.bars] == [False, False, True, True]
    area = sum(bar.width * bar.height for bar in figure.bars)
    assert sum(bar.width * bar.height for bar in tail) / area == pytest.approx((2 / 2 + 1) / 7, abs=1e-3)


def test_the_lower_tail_is_the_rest() -> None:
    null = NullSummary("permutation", 1.5, (0.0, 1.0, 2.0, 3.0), (4, 2, 1))
    assert [bar.tail for bar in figures.null_figure(null, lower=True).bars] == [True, True, False, False]
    tail = points(figures.null_figure(NullSummary("t", -2.0, df=9.0), lower=True).tail)
    assert max(x for x, _ in tail) == pytest.approx(10 * figures.scale([-4.5, 4.5]).at(-2.0), abs=0.1)


def test_bins_of_unequal_width_are_drawn_by_area() -> None:
    figure = figures.null_figure(NullSummary("permutation", 0.0, (0.0, 1.0, 3.0), (2, 4)))
    first, second = figure.bars
    assert first.height == second.height
    assert second.width == pytest.approx(2 * first.width, abs=0.02)


def test_a_value_far_out_is_marked_at_the_edge_of_an_unsqueezed_plot() -> None:
    figure = figures.null_figure(NullSummary("permutation", 400.0, (-4.0, 0.0, 4.0), (10, 10)))
    assert (figure.beyond, figure.scale.high, figure.observed) == ("right", 4.0, 100 - figures.MARGIN)
    assert figures.null_figure(NullSummary("t", -99.0, df=5.0)).beyond == "left"
    assert figures.null_figure(NullSummary("t", 6.0, df=5.0)).scale.high == 6.0


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", path)]


@pytest.mark.parametrize("df", [3.0, 23.0, None])
def test_the_density_has_its_top_in_the_middle_and_its_tail_beyond_the_observed(df: float | None) -> None:
    figure = figures.null_figure(NullSummary("t", 1.5, df=df))
    curve, tail = points(figure.curve), points(figure.tail)
    assert min(curve, key=lambda point: point[1])[0] == pytest.approx(500, abs=5)
    assert all(0 <= y <= figures.NULL_HEIGHT for _, y in curve)
    assert min(x for x, _ in tail) == pytest.approx(10 * figure.observed, abs=0.1)


def test_students_t_has_heavier_tails_than_the_normal_curve() -> None:
    heights = [points(figures.null_figure(NullSummary("t", 0.0, df=df)).curve)[10][1] for df in (1.0, 5.0, 50.0, None)]
    assert all(heavy < light for heavy, light in pairwise(heights))


def matrix(concepts: tuple[str, ...], count: float = 3.0) -> OverlapMatrix:
    side = len(concepts)
    return OverlapMatrix({}, "raw", "last", concepts, ((count,) * side,) * side)


def test_every_cell_of_a_heatmap_has_its_number() -> None:
    drawn = figures.heatmap(matrix(("tulip", "hanoi"), 4.5), darkest=9.0)
    assert [cell.text for cell in drawn.cells] == ["4.5"] * 4
    assert [cell.diagonal for cell in drawn.cells] == [True, False, False, True]
    assert {cell.strength for cell in drawn.cells} == {0.5}
    assert drawn.cells[1].title == "tulip and hanoi share 4.5"


def test_long_names_are_tilted_and_an_empty_matrix_is_drawn() -> None:
    assert not figures.heatmap(matrix(("tulip", "hanoi")), 3.0).tilted
    assert figures.heatmap(matrix(("a-rather-long-name", "hanoi")), 3.0).tilted
    assert figures.heatmap(matrix(()), 0.0).cells == ()
