from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.stats.correction import thresholds
from neurontest.stats.random_sets import Side, hopeless, looks, rank, sets_needed

NUMBERS = st.integers(-5, 5).map(float)


@given(NUMBERS, st.lists(NUMBERS, min_size=1, max_size=60))
def test_the_rank_counts_until_the_tenth(observed: float, null: list[float]) -> None:
    found = rank(observed, np.array(null))
    for side, reaches in ((found.above, float.__ge__), (found.below, float.__le__)):
        counted = drawn = 0
        for one in null:
            drawn += 1
            counted += reaches(one, observed)
            if counted == 10:
                break
        assert (side.exceedances, side.draws) == (counted, drawn)
        assert side.p == pytest.approx(10 / drawn if counted == 10 else (1 + counted) / (1 + len(null)))


SIDES = st.builds(Side.of, st.lists(st.booleans(), min_size=1, max_size=99).map(np.array))


@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from([0.01, 0.05, 0.2]))
def test_looking_ends_where_nothing_can_be_shown(a: Side, b: Side, c: Side, d: Side, threshold: float) -> None:
    if hopeless((a, b), (c, d), threshold):
        # The largest p-value of a direction counts: neither is declared at any threshold of the family.
        assert max(a.p, b.p) > threshold
        assert max(c.p, d.p) > threshold
        assert max(a.exceedances, b.exceedances) == max(c.exceedances, d.exceedances) == 10
    else:
        assert (
            max(a.exceedances, b.exceedances) < 10
            or max(c.exceedances, d.exceedances) < 10
            or min(max(a.p, b.p), max(c.p, d.p)) <= max(threshold, 10 / 10)
        )


@given(st.integers(1, 3000))
def test_looks_are_all_sets_once_and_double(count: int) -> None:
    found = looks(count)
    assert [at for look in found for at in range(count)[look]] == list(range(count))
    assert found[0].stop == min(25, count)
    assert all(after.stop <= 2 * before.stop for before, after in pairwise(found))


def test_stopping_early_declares_no_more_often() -> None:
    # Effects that are exchangeable: the p-value, stopped or not, is below each level at most that often.
    rng = np.random.default_rng(8)
    effects = rng.normal(size=(20_000, 100))
    p = np.array([rank(one[0], one[1:]).above.p for one in effects])
    for level in (0.01, 0.05, 0.1, 0.2, 0.5):
        assert (p <= level).mean() < level + 3.5 * np.sqrt(level * (1 - level) / len(p))


def test_what_is_not_looked_at_would_declare_nothing_more() -> None:
    # Ended by the first looks or not, a claim that is declared is declared by all random sets.
    rng = np.random.default_rng(8)
    ended = 0
    for one in rng.normal(size=(500, 100)):
        for look in looks(99):
            seen = rank(one[0], one[1 : 1 + look.stop])
            if hopeless([seen.above], [seen.below], 0.05):
                break
        whole = rank(one[0], one[1:])
        ended += look.stop < 99
        assert min(seen.above.p, seen.below.p) > 0.05 or look.stop == 99
        assert seen.above.p > 0.05 or whole.above.p <= 0.05
    assert ended > 100


@pytest.mark.parametrize("claims", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_there_are_sets_enough_for_the_family(claims: int, alpha: float) -> None:
    # max(99, ceil(2 m / alpha) - 1) for a family of m.
    smallest = thresholds(alpha, claims, "holm")[0]
    assert sets_needed(smallest) == max(99, int(np.ceil(round(2 * claims / alpha, 6))) - 1)
    assert 1 / (1 + sets_needed(smallest)) <= smallest
