"""Prompts whose activations are nearly one, in worlds whose truth is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.stats.closeness import close_pairs
from tests.worlds import World

Rng = np.random.Generator
Change = Callable[[Floats, Rng], Floats]


def independent(rng: Rng, count: int = 10) -> tuple[dict[str, Floats], Floats]:
    """Four concepts of prompts that have nothing but their concept in common, and neutral ones."""
    world = World(rng, width=60)
    return {name: world.concept(count, (world.take(6), np.full(6, 4.0))) for name in "abcd"}, world.neutral(20)


def heavy(rows: Floats, rng: Rng) -> Floats:
    out: Floats = rows * np.abs(rng.standard_t(1.5, rows.shape))
    return out


def sparse(rows: Floats, _: Rng) -> Floats:
    out: Floats = np.maximum(rows - np.median(rows, axis=0) - 1.2 * rows.std(axis=0), 0)
    return out


def int8(rows: Floats, _: Rng) -> Floats:
    out: Floats = np.rint(rows / (np.abs(rows).max() / 127))
    return out


def hardly_moving(rows: Floats, _: Rng) -> Floats:
    return (100 + rows * 1e-5).astype(np.float32).astype(np.float64)


def with_outlier(rows: Floats, rng: Rng) -> Floats:
    rows = rows.copy()
    rows[0] += 40 * rng.normal(size=rows.shape[1])
    return rows


def in_few_dimensions(rows: Floats, rng: Rng) -> Floats:
    return rng.normal(size=(len(rows), 3)) @ np.random.default_rng(3).normal(size=(3, rows.shape[1]))


def on_a_line(rows: Floats, rng: Rng) -> Floats:
    return rng.normal(size=(len(rows), 1)) @ np.ones((1, rows.shape[1]))


@pytest.mark.parametrize(
    "change", [None, heavy, sparse, int8, hardly_moving, with_outlier, in_few_dimensions, on_a_line]
)
@pytest.mark.parametrize("count", [6, 12])
def test_independent_prompts_are_not_close(change: Change | None, count: int) -> None:
    flagged = 0
    for seed in range(25):
        rng = np.random.default_rng([1, seed])
        values, neutral = independent(rng, count)
        if change is not None:
            values = {name: change(rows, rng) for name, rows in values.items()}
            neutral = change(neutral, rng)
        flagged += bool(close_pairs(values, {}, neutral))
    assert flagged == 0


@pytest.mark.parametrize(("texts", "times"), [(6, 4), (5, 2), (12, 2), (3, 3)])
@pytest.mark.parametrize("noise", [0.1, 0.5, 0.7])
def test_paraphrases_are_close(texts: int, times: int, noise: float) -> None:
    rng = np.random.default_rng(0)

    def rows() -> Floats:
        apart: Floats = rng.normal(size=(texts, 600))
        return np.repeat(apart, times, axis=0) + noise * rng.normal(size=(texts * times, 600))

    values, neutral = {"a": rows(), "b": rows()}, rng.normal(size=(20, 600))
    found = close_pairs(values, {}, neutral)
    assert {(one.a[1] // times, one.b[1] // times) for one in found} == {(at, at) for at in range(texts)}
    assert {one.a[0] for one in found} == {one.b[0] for one in found} == {"a", "b"}
    # All that is said to be one is one.
    groups = tuple(f"text-{at // times}" for at in range(texts * times))
    assert close_pairs(values, {"a": groups, "b": groups}, neutral) == []
    assert {one.a[0] for one in close_pairs(values, {"a": groups}, neutral)} == {"b"}


def test_a_single_copy_is_found_within_and_across_concepts() -> None:
    for seed in range(10):
        values, neutral = independent(np.random.default_rng([2, seed]), 24)
        values["a"][5] = values["a"][2] + 0.1 * (values["d"][0] - values["d"].mean(axis=0))
        values["c"][7] = values["b"][3]
        found = close_pairs(values, {}, neutral)
        assert {(one.a, one.b) for one in found} == {(("a", 2), ("a", 5)), (("b", 3), ("c", 7))}
        assert found[0].correlation == pytest.approx(1)


def test_what_never_moves_is_no_copy() -> None:
    assert close_pairs({"a": np.ones((8, 30)), "b": np.ones((8, 30))}, {}) == []


def test_it_takes_activations_as_they_are_kept() -> None:
    values, neutral = independent(np.random.default_rng(4))
    values["a"][1] = values["a"][0]
    kept = {name: rows.astype(np.float32) for name, rows in values.items()}
    assert [(one.a, one.b) for one in close_pairs(kept, {}, neutral.astype(np.float32))] == [(("a", 0), ("a", 1))]


@pytest.mark.parametrize("kinds", [2, 3])
def test_prompts_of_a_few_kinds_are_not_close(kinds: int) -> None:
    # The kind of a prompt has a third of the variance: it is like all others of its kind, and like them alone.
    for seed in range(10):
        rng = np.random.default_rng([6, seed])
        values = {}
        for name in "ab":
            shifts = rng.normal(size=(kinds, 600)) * (kinds / (kinds - 1) / 2) ** 0.5
            values[name] = shifts[np.arange(24) % kinds] + rng.normal(size=(24, 600))
        assert close_pairs(values, {}, rng.normal(size=(20, 600))) == []
