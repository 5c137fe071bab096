from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from neurontest.stats.auroc import auroc, average_precision, delong_interval, newcombe_interval, spread_of_auroc
from neurontest.stats.family.power import prompts_needed

CASES = json.loads((Path(__file__).parents[1] / "golden" / "golden.json").read_text())
GROUP = st.lists(st.integers(-6, 6).map(float), min_size=2, max_size=8).map(np.array)


@given(GROUP, GROUP)
def test_auroc_is_the_rank_test_of_scipy(
    x: np.ndarray[tuple[int], np.dtype[np.float64]], y: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> None:
    assert auroc(x, y) == pytest.approx(stats.mannwhitneyu(x, y).statistic / (len(x) * len(y)))


def test_golden_cases() -> None:
    assert auroc(np.array([4.0, 5, 6]), np.array([1.0, 2, 3])) == 1
    assert auroc(np.array([1.0, 2, 2]), np.array([0.0, 1, 2])) == pytest.approx(float(Fraction(13, 18)))
    assert CASES["two_sample_mean"]["p_greater"] == "1/20"


def test_average_precision() -> None:
    # The concept's prompts rank first and third: (1/1 + 2/3) / 2.
    assert average_precision(np.array([9.0, 7]), np.array([8.0, 1])) == pytest.approx(5 / 6)
    # Ties count against the concept.
    assert average_precision(np.array([1.0]), np.array([1.0])) == pytest.approx(1 / 2)


def test_the_interval_stays_inside_and_holds_the_area() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(1, 1, 20), rng.normal(0, 1, 30)
    low, high = delong_interval(x, y, 0.95)
    assert 0 < low < auroc(x, y) < high < 1
    low, high = delong_interval(np.arange(10.0) + 100, np.arange(10.0), 0.95)
    assert 0.5 < low < high == 1
    assert newcombe_interval(0.5, 10, 10, 0.95) == pytest.approx((0.27, 0.73), abs=0.03)


def test_coverage_of_the_interval() -> None:
    rng = np.random.default_rng(1)
    truth = float(stats.norm.cdf(1 / 2**0.5))
    held = 0
    for _ in range(200):
        low, high = delong_interval(rng.normal(1, 1, 15), rng.normal(0, 1, 15), 0.95)
        held += low <= truth <= high
    # P(fewer than 176 of 200) at .95 is 6e-5, and the seed is fixed.
    assert held >= 176


def test_a_plan_is_made_with_the_variance_of_groups_that_are_alike() -> None:
    spread = spread_of_auroc(10, 10)
    assert (spread.prompts, spread.known) == (10, True)
    # Noether's formula by hand: (1.645 + 0.842)^2 / (12 / 4 * 0.2^2) = 51.5 prompts, half of them the concept's.
    needed = prompts_needed(spread, 0.2, 0.05)
    assert needed is not None
    assert needed.prompts == needed.low == needed.high == 26
    assert spread_of_auroc(8, 40).prompts == 8
