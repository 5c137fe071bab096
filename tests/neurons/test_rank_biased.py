from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.neurons.overlap import rank_biased

LISTS = st.integers(1, 6).flatmap(
    lambda size: st.tuples(*(st.permutations(range(8)).map(lambda order: order[:size]) for _ in range(2)))
)
P = st.floats(0.05, 0.95)


def by_definition(a: list[int], b: list[int], p: float) -> float:
    """The infinite sum, agreement beyond the end of the lists being that at their end."""
    agreement = [len(set(a[:depth]) & set(b[:depth])) / depth for depth in range(1, len(a) + 1)]
    weights = [(1 - p) * p ** (depth - 1) for depth in range(1, 2000)]
    return sum(weight * agreement[min(at, len(a) - 1)] for at, weight in enumerate(weights))


@given(LISTS, P)
def test_it_is_its_own_infinite_sum(lists: tuple[list[int], list[int]], p: float) -> None:
    assert rank_biased(*lists, p) == pytest.approx(by_definition(*lists, p))


@given(LISTS, P)
def test_it_is_symmetric_and_a_share(lists: tuple[list[int], list[int]], p: float) -> None:
    a, b = lists
    assert rank_biased(a, b, p) == pytest.approx(rank_biased(b, a, p))
    assert -1e-12 <= rank_biased(a, b, p) <= 1 + 1e-12
    assert rank_biased(a, a, p) == pytest.approx(1)


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="of one length"):
        rank_biased([1], [1, 2])
    assert rank_biased([], []) == 0
