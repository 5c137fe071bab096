"""The draw against a brute-force inverse CDF, its frequencies, and what it counts as near a boundary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurontest.trace.texts.sampling import Draw, draw, uniforms

FLOAT32 = float(np.finfo(np.float32).eps)


def candidates(logits: Any, k: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """What a model's step hands to `draw`: the k + 1 largest logits, descending, and their ids."""
    logits = np.atleast_2d(np.asarray(logits, dtype=np.float64))
    ids = np.argsort(-logits, axis=1, kind="stable")[:, : k + 1]
    return np.take_along_axis(logits, ids, axis=1), ids


def drawn(logits: Any, u: Any, *, k: int, temperature: float = 1.0, epsilon: float = FLOAT32) -> Draw:
    values, ids = candidates(logits, k)
    return draw(values, ids, np.asarray(u, dtype=np.float64), top_k=k, temperature=temperature, epsilon=epsilon)


def by_walking(logits: np.ndarray[Any, Any], u: float, k: int, temperature: float) -> int:
    """Walk along the k likeliest tokens by ascending id until their probabilities exceed u."""
    kept = sorted(sorted(range(len(logits)), key=lambda token: (-logits[token], token))[:k])
    weights = [np.exp((logits[token] - max(logits)) / temperature) for token in kept]
    reached = 0.0
    for token, weight in zip(kept, weights, strict=True):
        reached += weight
        if u < reached / sum(weights):
            return token
    return kept[-1]


@given(
    logits=st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=30),
    k=st.integers(1, 40),
    temperature=st.sampled_from([0.2, 0.9, 1.0, 3.0]),
    u=st.floats(0, 1, exclude_max=True),
)
@settings(max_examples=300, deadline=None)
def test_draw_is_the_inverse_cdf_over_the_top_k(logits: list[float], k: int, temperature: float, u: float) -> None:
    got = drawn(logits, [u], k=k, temperature=temperature)
    want = by_walking(np.asarray(logits), u, k, temperature)
    # Where the last digits decide, the two may round apart; that is just what `near` says.
    assert got.tokens[0] == want or got.near[0]


@given(
    logits=st.lists(st.floats(-8, 8, width=32), min_size=4, max_size=30),
    k=st.integers(1, 20),
    temperature=st.sampled_from([0.0, 0.9]),
    u=st.floats(0, 1, exclude_max=True),
    data=st.data(),
)
@settings(max_examples=300, deadline=None)
def test_a_draw_that_is_not_near_a_boundary_survives_rounding(
    logits: list[float], k: int, temperature: float, u: float, data: st.DataObject
) -> None:
    coarse = 1e-5
    first = drawn(logits, [u], k=k, temperature=temperature, epsilon=coarse)
    off = 60 * coarse * np.abs(candidates(logits, 1 if temperature == 0 else k)[0]).max()
    noise = data.draw(st.lists(st.floats(-1, 1), min_size=len(logits), max_size=len(logits)))
    again = drawn(np.asarray(logits) + off * np.asarray(noise), [u], k=k, temperature=temperature, epsilon=coarse)
    assert first.near[0] or first.tokens[0] == again.tokens[0]


def test_frequencies_are_those_of_the_softmax_over_the_top_k() -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(size=50) * 2
    n, k, temperature = 20_000, 12, 0.9
    u = uniforms(1, "any prompt", "plain", 0, n)
    tokens = drawn(np.tile(logits, (n, 1)), u, k=k, temperature=temperature).tokens
    top = np.argsort(-logits)[:k]
    weights = np.exp(logits[top] / temperature)
    counts = np.array([(tokens == token).sum() for token in top])
    assert counts.sum() == n
    assert stats.chisquare(counts, weights / weights.sum() * n).pvalue > 1e-3


def test_uniforms_are_uniform_and_each_name_has_its_own() -> None:
    u = uniforms(1337, "The tulip", "plain", 0, 5000)
    assert u.min() >= 0
    assert u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    others = [(1338, "The tulip", "plain", 0), (1337, "The tulip ", "plain", 0), (1337, "The tulip", "chat", 0)]
    for name in [*others, (1337, "The tulip", "plain", 1)]:
        assert abs(np.corrcoef(u, uniforms(*name, 5000))[0, 1]) < 0.06
    assert np.array_equal(u[:7], uniforms(1337, "The tulip", "plain", 0, 7)), "a step's uniform depends on the length"


def test_uniforms_never_change() -> None:
    # Stored texts and published verdicts hang on these; they were worked out from numpy's documented words.
    assert uniforms(1337, "Hanoi", "plain", 0, 3).tolist() == pytest.approx(GOLDEN, abs=0)


GOLDEN = [0.687079454968554, 0.33429736947262, 0.025767535706321065]


def test_greedy_takes_the_likeliest_and_counts_a_near_tie() -> None:
    got = drawn([[0.0, 3.0, 1.0], [2.0, 2.0 - 1e-7, 1.0], [2.0, 1.99, 1.0]], [0.99, 0.99, 0.0], k=1, temperature=0)
    assert got.tokens.tolist() == [1, 0, 0]
    assert got.near.tolist() == [False, True, False]


def test_greedy_ignores_top_k() -> None:
    assert drawn([[0.0, 3.0, 1.0]], [0.999], k=3, temperature=0).tokens.tolist() == [1]


def test_near_an_edge_of_the_cdf() -> None:
    even = np.zeros((3, 2)) + 4.0  # the edge is at one half
    got = drawn(even, [0.5 - 1e-6, 0.5 + 1e-6, 0.4], k=2, temperature=1.0)
    assert got.tokens.tolist() == [0, 1, 0]
    assert got.near.tolist() == [True, True, False]


def test_near_the_cut_of_the_top_k() -> None:
    # Tokens 1 and 2 compete for the second place; a draw of token 0, far from any edge, is not in doubt.
    logits = [[6.0, 0.0, 0.0 - 1e-7, -3.0]] * 2
    got = drawn(logits, [0.5, 0.9999], k=2)
    assert got.near.tolist() == [False, True]


def test_a_candidate_at_the_cut_may_make_way_for_one_at_either_end() -> None:
    # Tokens 1 and 7, then 0 and 6, compete for the last place: the end, then the beginning, of [0, 1) changes hands.
    for tie, exchanged, u, before, after, calm in (
        ([0.0, -1.0, *[0.0] * 5, -1.0 - 1e-6], [0.0, -1.0 - 1e-6, *[0.0] * 5, -1.0], 0.97, 6, 7, 0.6),
        ([-1.0 - 1e-6, *[0.0] * 5, -1.0, 0.0], [-1.0, *[0.0] * 5, -1.0 - 1e-6, 0.0], 0.03, 1, 0, 0.55),
    ):
        one, other = (drawn(logits, [u], k=7, temperature=0.9) for logits in (tie, exchanged))
        assert (one.tokens[0], other.tokens[0]) == (before, after)
        assert one.near[0]
        assert not drawn(tie, [calm], k=7, temperature=0.9).near[0]


def test_forbidden_tokens_are_never_drawn() -> None:
    logits = np.full((200, 6), -np.inf)
    logits[:, [1, 4]] = 1.0
    tokens = drawn(logits, np.linspace(0, 0.9999, 200), k=5).tokens
    assert set(tokens.tolist()) == {1, 4}
