"""Prompts cut into pieces, against all ways to cut them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurontest.trace.passes.prefill import pieces

PROMPTS = st.lists(st.lists(st.integers(0, 2), max_size=6).map(tuple), min_size=1, max_size=9)


def tokens(lengths: list[int], cuts: tuple[int, ...], cost: int) -> int:
    """Of all passes, where `lengths`, descending, are cut."""
    ends = (*cuts, len(lengths))
    return sum(cost + lengths[start] * (end - start) for start, end in zip((0, *cuts), ends, strict=True))


@given(PROMPTS, st.integers(0, 8))
def test_no_other_cut_costs_less(prompts: list[tuple[int, ...]], cost: int) -> None:
    found = pieces(prompts, cost)
    lengths = sorted(map(len, set(prompts)), reverse=True)
    ways = (cuts for size in range(len(lengths)) for cuts in combinations(range(1, len(lengths)), size))
    assert sum(cost + piece.width * len(piece.leaders) for piece in found) == min(
        tokens(lengths, cuts, cost) for cuts in ways
    )


@given(PROMPTS, st.integers(0, 8))
def test_every_row_is_like_its_leader(prompts: list[tuple[int, ...]], cost: int) -> None:
    found = pieces(prompts, cost)
    rows = np.concatenate([piece.rows for piece in found])
    assert sorted(rows.tolist()) == list(range(len(prompts)))
    for piece in found:
        assert piece.width == max(len(prompts[row]) for row in piece.leaders)
        assert len({prompts[row] for row in piece.leaders}) == len(piece.leaders)
        for row, source in zip(piece.rows, piece.source, strict=True):
            assert prompts[row] == prompts[piece.leaders[source]]
    if not cost:
        assert all(len({len(prompts[row]) for row in piece.leaders}) == 1 for piece in found)
        assert len({piece.width for piece in found}) == len(found)


def test_a_pass_that_costs_most_is_the_only_one() -> None:
    assert len(pieces([(1,) * length for length in range(40)], 10**18)) == 1
