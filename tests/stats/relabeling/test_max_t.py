from __future__ import annotations

from itertools import combinations
from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from neurontest.arrays import Floats
from neurontest.stats.relabeling import max_t as module
from neurontest.stats.relabeling.max_t import Occurrences, Welch, max_t
from neurontest.stats.streams import Stream


def whole(statistic: Welch | Occurrences, first: list[int], total: int) -> Floats:
    labels = np.zeros((1, total))
    labels[0, first] = 1.0
    found: Floats = statistic(labels, 0, statistic.size)[0]
    return found


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.float64, (9, 3), elements=st.integers(-50, 50).map(float)))
def test_welch_is_that_of_scipy(values: Floats) -> None:
    # A hundredth of noise: scipy gives nan where a group never varies.
    values = values + np.random.default_rng(0).normal(size=values.shape) / 100
    peer = stats.ttest_ind(values[:4], values[4:], equal_var=False).statistic
    assert whole(Welch(values), [0, 1, 2, 3], 9) == pytest.approx(peer, rel=1e-8)


def test_welch_keeps_its_digits_beside_massive_dimensions() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(10, 1))
    shifted = whole(Welch(values + 1e7), [0, 1, 2], 10)
    assert shifted == pytest.approx(whole(Welch(values), [0, 1, 2], 10), rel=1e-6)


def test_sums_are_exact_in_any_order() -> None:
    rng = np.random.default_rng(4)
    values = rng.uniform(0.5, 1, size=(37, 200)) * 10.0 ** rng.integers(-12, 12, size=200)
    rounded = module._whole(values.copy())
    assert (np.abs(rounded - values) <= 1e-13 * np.abs(values).max(axis=0)).all()
    exact = [fsum(column) for column in rounded.T]
    for _ in range(5):
        assert (np.cumsum(rounded[rng.permutation(37)], axis=0)[-1] == exact).all()


def test_a_neuron_that_never_moves_is_no_sign() -> None:
    values = np.random.default_rng(2).normal(size=(8, 2))
    values[:, 0] = 3.0
    assert whole(Welch(values), [0, 1], 8)[0] == 0


def test_occurrences_are_hypergeometric() -> None:
    lists = np.array([[1, 0], [1, 1], [1, 0], [0, 1], [0, 0], [0, 1]], dtype=float)
    mean, variance = stats.hypergeom(6, 3, 3).stats()
    expected = [(3 - mean) / variance**0.5, (1 - mean) / variance**0.5]
    assert whole(Occurrences(lists), [0, 1, 2], 6) == pytest.approx([float(one) for one in expected])


@settings(max_examples=15, deadline=None)
@given(arrays.arrays(np.float64, (7, 4), elements=st.integers(0, 9).map(float)))
def test_adjusted_p_values_are_those_of_all_relabelings(
    values: Floats,
) -> None:
    found = max_t(Welch(values), [3, 4], Stream(0, "x"))
    every = np.array([whole(Welch(values), list(first), 7) for first in combinations(range(7), 3)])
    observed = whole(Welch(values), [0, 1, 2], 7)
    slack = 1e-9 * np.maximum(np.abs(observed), 1)
    expected = [(every.max(axis=1) >= one - some).mean() for one, some in zip(observed, slack, strict=True)]
    assert found.adjusted == pytest.approx(expected)
    assert found.largest.exact
    assert found.largest.p == pytest.approx(min(expected))


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).normal(size=(8, 50))
    at_once = max_t(Welch(values), [4, 4], Stream(0, "x"))
    monkeypatch.setattr(module, "_CHUNK", 7)
    in_parts = max_t(Welch(values), [4, 4], Stream(0, "x"))
    assert in_parts.adjusted == pytest.approx(at_once.adjusted)
    assert in_parts.observed == pytest.approx(at_once.observed)
