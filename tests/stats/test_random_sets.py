from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from neurontest.stats.family.correction import thresholds
from neurontest.stats.random_sets import (
    MOST,
    Direction,
    Rank,
    Side,
    is_enough,
    looks,
    rank,
    sets_bounds,
    sets_needed,
)

NUMBERS = st.integers(-5, 5).map(float)


@given(NUMBERS, st.lists(NUMBERS, min_size=1, max_size=60))
def test_the_rank_counts_on_both_sides(observed: float, null: list[float]) -> None:
    found = rank(observed, np.array(null))
    for side, reaches in ((found.above, float.__ge__), (found.below, float.__le__)):
        counted = sum(reaches(one, observed) for one in null)
        assert (side.exceedances, side.draws) == (counted, len(null))
        assert side.p == pytest.approx((1 + counted) / (1 + len(null)))


def sides(most: int) -> st.SearchStrategy[Side]:
    return st.integers(1, most).flatmap(lambda draws: st.builds(Side, st.integers(0, draws), st.just(draws)))


WAYS = st.builds(Direction, st.floats(0.001, 0.999), st.lists(sides(400), min_size=1, max_size=2))


@pytest.mark.calibration
@given(WAYS, WAYS, st.sampled_from([(0.05,), (0.025, 0.05), (0.01, 0.2)]))
def test_looking_ends_where_other_sets_would_say_the_same(
    claimed: Direction, opposite: Direction, thresholds: tuple[float, ...]
) -> None:
    if not is_enough(claimed, opposite, thresholds):
        return
    for way in (claimed, opposite):
        p = max(way.over_prompts, *(one.p for one in way.sides))
        if claimed.sides[0].draws < sets_needed(min(thresholds)):
            assert p > max(thresholds)
        low, high = (max(sets_bounds(one.draws, one.exceedances)[at] for one in way.sides) for at in (0, 1))
        for one in thresholds:
            known = max(low, way.over_prompts) > one or max(high, way.over_prompts) <= one
            assert known or way.is_hopeless(max(thresholds)) or way.over_prompts > max(thresholds)


@given(sides(400))
def test_bounds_hold_what_was_seen(side: Side) -> None:
    low, high = sets_bounds(side.draws, side.exceedances)
    assert 0 <= low <= side.exceedances / side.draws <= high <= 1
    # Below the lower one so many are seen in a twentieth of all draws, or fewer.
    assert low == 0 or stats.binom.sf(side.exceedances - 1, side.draws, low) <= 0.05 + 1e-9
    assert high == 1 or stats.binom.cdf(side.exceedances, side.draws, high) <= 0.05 + 1e-9
    assert (low == 0) == (side.exceedances == 0)
    assert (high == 1) == (side.exceedances == side.draws)


@given(st.integers(1, 3000))
def test_looks_are_all_sets_once_and_double(count: int) -> None:
    found = looks(count)
    assert [at for look in found for at in range(count)[look]] == list(range(count))
    assert found[0].stop == min(25, count)
    assert all(after.stop <= 2 * before.stop for before, after in pairwise(found))


def looked_at(effects: np.ndarray, thresholds: tuple[float, ...]) -> Rank:
    """The rank of the first effect among the others, by as many of them as it takes."""
    for look in looks(len(effects) - 1):
        seen = rank(effects[0], effects[1 : 1 + look.stop])
        if is_enough(Direction(0.0, [seen.above]), Direction(0.0, [seen.below]), thresholds):
            break
    return seen


@pytest.mark.calibration
def test_looking_on_where_in_doubt_declares_no_more_often() -> None:
    # Effects that are exchangeable: what is declared without doubt is declared at most as often as the level says.
    rng = np.random.default_rng(8)
    count, shown, doubtful, draws = 4000, 0, 0, 0
    for one in rng.normal(size=(count, 1 + MOST * sets_needed(0.05))):
        side = looked_at(one, (0.05,)).above
        low, high = sets_bounds(side.draws, side.exceedances)
        shown += high <= 0.05
        doubtful += low <= 0.05 < high
        draws += side.draws
    assert shown <= count * 0.05
    assert 0.01 < doubtful / count < 0.06
    assert draws / count < 100


@pytest.mark.calibration
def test_two_draws_of_random_sets_contradict_each_other_in_few_cases() -> None:
    # Sets whose p-value among all random ones is near the threshold, where contradictions are most.
    rng = np.random.default_rng(9)
    contradicted = 0
    for true in rng.uniform(0.01, 0.12, 300):
        seen = []
        for _ in range(2):
            effects = np.r_[0.0, stats.norm.ppf(true) + rng.normal(size=MOST * sets_needed(0.05))]
            side = looked_at(effects, (0.05,)).above
            low, high = sets_bounds(side.draws, side.exceedances)
            seen.append(None if low <= 0.05 < high else side.p <= 0.05)
        contradicted += None not in seen and seen[0] != seen[1]
    assert contradicted <= 0.03 * 300


@pytest.mark.parametrize("claims", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_there_are_sets_enough_for_the_family(claims: int, alpha: float) -> None:
    smallest = thresholds(alpha, claims, "holm")[0]
    needed = sets_needed(smallest)
    assert sets_bounds(needed, 0)[1] <= smallest
    assert needed == 99 or sets_bounds(needed - 1, 0)[1] > smallest
