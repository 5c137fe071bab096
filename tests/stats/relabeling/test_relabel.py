from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurontest.arrays import Labels
from neurontest.stats.relabeling.relabel import (
    every_labeling,
    every_labeling_within,
    relabel,
    relabelings,
    relabelings_within,
)
from neurontest.stats.sequential import excluded, p_bounds, settled, side
from neurontest.stats.streams import Stream


def mean_difference(values: npt.NDArray[np.float64], n: int) -> object:
    return lambda labels: (labels == 0) @ values / n - (labels == 1) @ values / (len(values) - n)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(-5, 5), min_size=2, max_size=5),
    st.lists(st.integers(-5, 5), min_size=2, max_size=5),
)
def test_enumeration_agrees_with_scipy(x: list[int], y: list[int]) -> None:
    found = relabel(mean_difference(np.array([*x, *y], dtype=float), len(x)), [len(x), len(y)], Stream(0))  # type: ignore[arg-type]
    peer = stats.permutation_test(
        (x, y),
        lambda a, b, axis: np.mean(a, axis) - np.mean(b, axis),
        vectorized=True,
        alternative="greater",
        n_resamples=np.inf,
    )
    assert found.exact
    assert found.draws == comb(len(x) + len(y), len(x))
    assert found.p == pytest.approx(peer.pvalue)
    assert sorted(found.null) == pytest.approx(sorted(peer.null_distribution))


def test_random_relabelings_agree_with_the_enumerated_ones() -> None:
    values = np.random.default_rng(3).normal(size=16)
    values[:8] += 0.7
    statistic = mean_difference(values, 8)
    exact = relabel(statistic, [8, 8], Stream(0))  # type: ignore[arg-type]
    drawn = relabel(statistic, [8, 8], Stream(0), enumerated=0, fewest=4000, most=4000)  # type: ignore[arg-type]
    assert not drawn.exact
    # Five standard errors: fails by chance once in two million seeds, and this one is fixed.
    assert abs(drawn.p - exact.p) < 5 * (exact.p * (1 - exact.p) / 4000) ** 0.5 + 1 / 4000


def test_p_is_never_below_the_floor_of_the_design() -> None:
    values = np.array([9.0, 8, 7, 1, 2, 3])
    drawn = relabel(mean_difference(values, 3), [3, 3], Stream(0), enumerated=0, fewest=1000, most=1000)  # type: ignore[arg-type]
    assert drawn.p >= drawn.p_floor == 1 / 20


def test_ties_within_rounding_are_exceedances() -> None:
    # The same three values in another order give a sum that differs in the last bit.
    values = np.array([0.1, 0.2, 0.3, 0.3, 0.2, 0.1])
    found = relabel(lambda labels: (labels == 0) @ values, [3, 3], Stream(0))
    equal = sum(
        abs(sum(v for v, label in zip(values, labels, strict=True) if label == 0) - 0.6) < 1e-9
        or sum(v for v, label in zip(values, labels, strict=True) if label == 0) > 0.6
        for labels in every_labeling([3, 3])
    )
    assert found.exceedances == equal


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_every_labeling_is_there_once(sizes: list[int]) -> None:
    everything = list(every_labeling(sizes))
    assert len(set(everything)) == len(everything) == relabelings(sizes)
    assert everything[0] == tuple(np.repeat(np.arange(len(sizes)), sizes))
    assert all(np.bincount(labels, minlength=len(sizes)).tolist() == sizes for labels in everything)


def test_drawing_stops_once_no_threshold_is_in_doubt() -> None:
    values = np.r_[np.ones(10) * 5, np.zeros(10)]
    clear = relabel(mean_difference(values, 10), [10, 10], Stream(0), [0.05], fewest=100)  # type: ignore[arg-type]
    # 242 draws without an exceedance are the fewest that exclude .05; looks are every hundred.
    assert clear.draws == 300
    deeper = relabel(mean_difference(values, 10), [10, 10], Stream(0), [0.05, 0.005], fewest=100)  # type: ignore[arg-type]
    assert deeper.draws > 2000
    assert all(side(deeper.draws, deeper.exceedances, threshold) == -1 for threshold in (0.05, 0.005))


def test_next_to_a_threshold_drawing_gives_up_without_taking_sides() -> None:
    assert not settled(10_000, 500, [0.05])
    assert settled(100_000, 5_000, [0.05])
    assert side(100_000, 5_000, 0.05) == 0


def test_in_a_hurry_a_doubt_is_left() -> None:
    values = np.random.default_rng(0).normal(size=40)
    values[:20] += 0.5
    statistic = mean_difference(values, 20)
    clear = relabel(statistic, [20, 20], Stream(0), [0.9], hurried=True)  # type: ignore[arg-type]
    near = relabel(statistic, [20, 20], Stream(0), [clear.p], hurried=True)  # type: ignore[arg-type]
    assert (clear.draws, near.draws) == (1000, 4000)


@given(st.integers(1, 3000), st.data(), st.floats(0.001, 0.5))
def test_a_confidence_sequence_never_excludes_the_share_seen(draws: int, data: st.DataObject, p: float) -> None:
    exceedances = data.draw(st.integers(0, draws))
    share = exceedances / draws
    assert not excluded(draws, exceedances, share)
    if excluded(draws, exceedances, p):
        assert side(draws, exceedances, p) == (1 if share > p else -1)


@given(st.integers(1, 3000), st.data(), st.floats(0.001, 0.999))
def test_what_lies_within_the_bounds_is_what_is_not_excluded(draws: int, data: st.DataObject, p: float) -> None:
    exceedances = data.draw(st.integers(0, draws))
    low, high = p_bounds(draws, exceedances)
    assert low <= exceedances / draws <= high
    if min(abs(p - low), abs(p - high)) > 1e-9:
        assert excluded(draws, exceedances, p) == (not low < p < high)


def test_exchange_within_templates_enumerates_every_swap() -> None:
    found = list(every_labeling_within(2, 3))
    assert len(found) == len(set(found)) == relabelings_within(2, 3) == 8
    assert found[0] == (0, 0, 0, 1, 1, 1)
    for labels in found:
        assert all({labels[block], labels[3 + block]} == {0, 1} for block in range(3))


def test_random_exchange_within_templates_keeps_templates_whole() -> None:
    seen: list[Labels] = []

    def statistic(labels: Labels) -> npt.NDArray[np.float64]:
        seen.append(labels)
        return np.zeros(len(labels))

    relabel(statistic, [12, 12, 12], Stream(0), within=True, enumerated=0, fewest=200, most=200)
    drawn = np.concatenate(seen[1:]).reshape(-1, 3, 12)
    assert (np.sort(drawn, axis=1) == np.arange(3)[:, None]).all()
    assert len(np.unique(drawn.reshape(len(drawn), -1), axis=0)) == len(drawn)


def test_parts_are_adjusted_by_the_largest() -> None:
    values = np.array([[3.0, 0], [2, 1], [2, 0], [0, 3], [1, 2], [0, 2]])

    def statistic(labels: Labels) -> npt.NDArray[np.float64]:
        differences = np.where(labels == 0, 1.0, -1.0) @ values
        return np.concatenate([differences.sum(axis=1, keepdims=True), differences], axis=1)

    found = relabel(statistic, [3, 3], Stream(0))
    every = np.array([statistic(np.array([labels], dtype=np.int8))[0] for labels in every_labeling([3, 3])])
    largest = every[:, 1:].max(axis=1)
    observed = every[0, 1:]
    assert found.parts == pytest.approx([(largest >= one).mean() for one in observed])
    assert found.p == pytest.approx((every[:, 0] >= every[0, 0]).mean())
