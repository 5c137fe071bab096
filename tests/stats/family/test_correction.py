from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.stats.family.correction import adjust, ladder, reachable, threshold_of, thresholds

METHODS = st.sampled_from(["none", "bonferroni", "holm", "bh", "by"])
P = st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=8, unique=True)


@given(P, METHODS)
def test_a_p_value_at_its_threshold_is_what_the_adjusted_one_says(p: list[float], method: str) -> None:
    """Rejections by adjusted p-values are those that stepping through the ladder gives."""
    alpha = 0.05
    steps = ladder(alpha, len(p), method)
    ordered = sorted(p)
    if method in ("bh", "by"):
        passing = [rank for rank, value in enumerate(ordered) if value <= steps[rank]]
        rejected = set(ordered[: passing[-1] + 1]) if passing else set()
    else:
        rejected = set()
        for rank, value in enumerate(ordered):
            if value > steps[rank]:
                break
            rejected.add(value)
    for value, adjusted in zip(p, adjust(p, method), strict=True):
        if abs(adjusted - alpha) > 1e-9:
            assert (adjusted <= alpha) == (value in rejected)


@given(P, METHODS)
def test_the_threshold_is_one_that_the_tests_resolve(p: list[float], method: str) -> None:
    grid = thresholds(0.05, len(p), method)
    assert set(threshold_of(p, 0.05, method)) <= set(grid)
    assert list(grid) == sorted(grid)


@given(st.lists(st.tuples(*[st.floats(1e-6, 1.0)] * 3), min_size=1, max_size=8), METHODS)
def test_no_threshold_is_out_of_reach_of_a_p_value_within_its_bounds(
    drawn: list[tuple[float, float, float]], method: str
) -> None:
    low, p, high = zip(*map(sorted, drawn), strict=True)
    expected = threshold_of(p, 0.05, method)
    for threshold, within in zip(expected, reachable(list(zip(low, high, strict=True)), 0.05, method), strict=True):
        assert threshold in within


def test_a_known_rank_has_one_threshold() -> None:
    bounds = [(0.001, 0.002), (0.3, 0.4), (0.01, 0.02)]
    assert reachable(bounds, 0.05, "holm") == [(0.05 / 3,), (0.05,), (0.025,)]
    assert reachable([(0.001, 0.03), (0.3, 0.4), (0.01, 0.02)], 0.05, "holm") == [
        (0.05 / 3, 0.025),
        (0.05,),
        (0.05 / 3, 0.025),
    ]


@pytest.mark.parametrize("method", ["holm", "bh"])
def test_p_values_that_may_be_equal_may_have_either_rank(method: str) -> None:
    assert reachable([(0.01, 0.02), (0.02, 0.03)], 0.05, method) == [(0.025, 0.05)] * 2
    assert reachable([(0.01, 0.0199), (0.02, 0.03)], 0.05, method) == [(0.025,), (0.05,)]


def test_ladders() -> None:
    assert ladder(0.05, 4, "holm") == pytest.approx((0.0125, 0.05 / 3, 0.025, 0.05))
    assert ladder(0.05, 4, "bh") == pytest.approx((0.0125, 0.025, 0.0375, 0.05))
    assert ladder(0.05, 4, "bonferroni") == pytest.approx((0.0125,) * 4)
    assert threshold_of([0.02, 0.02, 0.5], 0.05, "holm") == pytest.approx([0.05 / 3, 0.05 / 3, 0.05])
    assert threshold_of([0.02, 0.02, 0.5], 0.05, "bh") == pytest.approx([0.05 * 2 / 3, 0.05 * 2 / 3, 0.05])
    assert ladder(0.05, 3, "by") == pytest.approx((0.05 / 5.5, 0.05 * 2 / 5.5, 0.05 * 3 / 5.5))
    assert threshold_of([0.02, 0.02, 0.5], 0.05, "by") == pytest.approx(
        [0.05 * 2 / 5.5, 0.05 * 2 / 5.5, 0.05 * 3 / 5.5]
    )


def test_an_empty_family_has_a_threshold_all_the_same() -> None:
    assert thresholds(0.05, 0, "holm") == (0.05,)
    assert adjust([], "holm") == []


def test_the_garbage_collector_is_left_as_it_was() -> None:
    gc.unfreeze()
    adjust([0.01, 0.02], "holm")
    assert gc.get_freeze_count() == 0
    gc.freeze()
    try:
        assert adjust([0.01, 0.02], "holm") == [0.02, 0.02]
        # Frozen objects may end meanwhile, all of them do not.
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
