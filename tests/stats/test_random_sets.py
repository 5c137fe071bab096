from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.stats.correction import thresholds
from neurontest.stats.random_sets import rank, sets_needed

NUMBERS = st.integers(-5, 5).map(float)


@given(NUMBERS, st.lists(NUMBERS, min_size=1, max_size=30))
def test_the_rank_counts(observed: float, null: list[float]) -> None:
    found = rank(observed, np.array(null))
    assert found.p == pytest.approx((1 + sum(one >= observed for one in null)) / (1 + len(null)))
    assert found.p_opposite == pytest.approx((1 + sum(one <= observed for one in null)) / (1 + len(null)))


@pytest.mark.parametrize("claims", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_there_are_sets_enough_for_the_family(claims: int, alpha: float) -> None:
    # max(99, ceil(2 m / alpha) - 1) for a family of m.
    smallest = thresholds(alpha, claims, "holm")[0]
    assert sets_needed(smallest) == max(99, int(np.ceil(round(2 * claims / alpha, 6))) - 1)
    assert 1 / (1 + sets_needed(smallest)) <= smallest
