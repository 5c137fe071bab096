"""What is subtracted from activations, and that no order of prompts changes a sum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neurontest.neurons.normalize import exact_mean, fixed_point, fixed_scale, normalize, scaled, typical_variance

VALUES = np.array([[1.0, 2.0, 9.0], [3.0, 2.0, -9.0]], dtype=np.float32)
BASELINE = np.array([[0.0, 1.0, 2.0], [2.0, 1.0, 8.0], [4.0, 1.0, 2.0]], dtype=np.float32)
#: By hand: means 2, 1, 4; variances 4, 0, 12, of which the median is 4.
CENTRED = np.array([[-1.0, 1.0, 5.0], [1.0, 1.0, -13.0]])


def test_raw_is_what_was_traced_and_needs_no_baseline() -> None:
    for baseline in (None, BASELINE):
        found = normalize(VALUES, baseline, "raw")
        assert found.tolist() == VALUES.tolist()
        assert found.dtype == np.float64


def test_difference_takes_the_baselines_mean_away() -> None:
    found = normalize(VALUES, BASELINE, "difference")
    assert found.tolist() == CENTRED.tolist()
    assert found.dtype == np.float64
    assert normalize(VALUES, BASELINE[:1], "difference").tolist() == (VALUES - BASELINE[0]).tolist()


def test_zscore_shrinks_the_variance_as_by_four_prompts() -> None:
    assert typical_variance(BASELINE) == 4
    variance = (2 * np.array([4.0, 0.0, 12.0]) + 4 * 4) / 6
    assert normalize(VALUES, BASELINE, "zscore") == pytest.approx(CENTRED / variance**0.5)
    # Where some neurons are at hand alone, the median is told.
    told = (2 * np.array([4.0, 0.0, 12.0]) + 4 * 1.5) / 6
    assert normalize(VALUES, BASELINE, "zscore", 1.5) == pytest.approx(CENTRED / told**0.5)
    # Two prompts are enough, and neurons of which none moves divide by nothing.
    assert normalize(VALUES, BASELINE[:2], "zscore")[0, 1] == pytest.approx(1 / (4 * 2 / 5) ** 0.5)
    still = normalize(VALUES, np.ones((2, 3)), "zscore")
    assert np.isfinite(still).all()
    assert still[0].tolist() == [0, 1 / np.finfo(float).tiny ** 0.5, 8 / np.finfo(float).tiny ** 0.5]


@pytest.mark.parametrize("how", ["difference", "zscore"])
def test_without_a_baseline_nothing_is_subtracted(how: str) -> None:
    for missing in (None, BASELINE[:0]):
        with pytest.raises(ValueError, match=rf"^normalize: {how} needs a baseline$"):
            normalize(VALUES, missing, how)
    with pytest.raises(ValueError, match=r"^normalize: zscore needs at least two baseline prompts$"):
        normalize(VALUES, BASELINE[:1], "zscore")


@pytest.mark.parametrize(
    ("largest", "rows", "bits"),
    [
        (0.0, 5, 24),
        (1.0, 1, 24),
        (2.0**28, 1, 24),
        (2.0**28 + 1, 1, 23),
        (2.0**27, 2, 24),
        (2.0**28, 2, 23),
        (2.0**40, 8, 9),
    ],
)
def test_sums_of_so_many_rows_stay_below_what_is_exact(largest: float, rows: int, bits: int) -> None:
    for values in (np.array([[largest, 0.25]]), np.array([[-largest, 0.25]])):
        scale = fixed_scale(values, rows)
        assert scale == 2.0**bits
        assert abs(fixed_point(values, rows)).max() * rows <= 2.0**52
        assert (fixed_point(values, rows) == scaled(values, scale)).all()


def test_fixed_point_numbers_are_the_nearest_integers() -> None:
    step = 2.0**-24
    found = fixed_point(np.array([[1.0, 1 + 0.4 * step, 1 + 0.6 * step, -1 - 0.6 * step]]), 1)
    assert found.tolist() == [[2.0**24, 2.0**24, 2.0**24 + 1, -(2.0**24) - 1]]
    assert found.dtype == np.float64


@given(arrays.arrays(np.float32, (5, 3), elements=st.floats(-(2.0**60), 2.0**60, width=32)), st.permutations(range(5)))
def test_the_mean_is_the_same_in_every_order(values: np.ndarray[tuple[int, int]], order: list[int]) -> None:
    found = exact_mean(values)
    assert (exact_mean(values[order]) == found).all()
    largest = float(abs(values).max())
    assert found == pytest.approx(values.mean(axis=0, dtype=np.float64), abs=max(2.0**-24, largest * 2.0**-48), rel=0)


@pytest.mark.parametrize("exponent", [26, 28, 29, 30, 60])
def test_the_mean_of_numbers_of_any_size_is_exact_where_it_can_be(exponent: int) -> None:
    size = 2.0**exponent
    assert exact_mean(np.array([[size, -size], [size, -size]])).tolist() == [size, -size]
    assert exact_mean(np.array([[size, 1.0], [-size, 1.0]]))[0] == 0
