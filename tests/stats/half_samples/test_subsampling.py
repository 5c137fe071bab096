"""Selection probabilities without draws, against those of half-samples that are drawn, and where nothing moves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import multivariate_normal

from neurontest.arrays import Floats
from neurontest.neurons.select import selector
from neurontest.stats.half_samples.subsampling import (
    LEAST_SPREAD,
    NEVER,
    Probabilities,
    both_above,
    probabilities,
    standings,
    within_reach,
)
from neurontest.stats.halves import Halves, halves_of, jackknife_variance
from neurontest.stats.streams import Stream
from neurontest.stats.terms import Scored, Selector
from tests.worlds import World, three

WIDTH = 120


def of_all(chosen: Selector, prompts: int, m: int) -> Probabilities:
    return probabilities(np.arange(prompts)[None], chosen.scored(), m)


def drawn(chosen: Selector, prompts: int, m: int) -> tuple[Halves, Floats]:
    halves = halves_of(prompts, m, 3000, Stream(1, "halves"))
    return halves, chosen.memberships(halves.subsets)


@pytest.mark.parametrize(
    ("n", "m", "select", "near"),
    [(10, 5, "mean", 0.4), (24, 12, "mean", 0.2), (24, 8, "mean", 0.2), (24, 8, "consistency", 0.6)],
)
def test_they_are_those_of_drawn_half_samples_and_so_are_overlaps_and_variances(
    n: int, m: int, select: str, near: float
) -> None:
    """Over four worlds: what two halves share, what two concepts do, and how each prompt moves that."""
    ratios = []
    for seed in range(4):
        world = World(np.random.default_rng(seed), width=WIDTH)
        neutral = world.neutral(20).mean(axis=0)
        a, b = (world.concept(n, signal) - neutral for signal in three(world, 4, 4)[:2])
        of_a, of_b = (selector(scores, select=select, k=10, smallest=m) for scores in (a, b))
        limit_a, limit_b = of_all(of_a, n, m), of_all(of_b, n, m)
        halves, sets_a = drawn(of_a, n, m)
        _, sets_b = drawn(of_b, n, m)
        _, at_a, at_b = np.intersect1d(of_a.columns, of_b.columns, return_indices=True)
        pi_a, pi_b = sets_a.mean(axis=0), sets_b.mean(axis=0)

        assert limit_a.pi.sum() == pytest.approx(10, abs=1e-9)
        assert limit_a.pi[0] == pytest.approx(pi_a, abs=0.35)
        assert (limit_a.pi[0, at_a] * limit_b.pi[0, at_b]).sum() == pytest.approx(pi_a[at_a] @ pi_b[at_b], abs=near)
        own = (sets_a[halves.first] * sets_a[halves.second]).sum(axis=1).mean()
        assert limit_a.within() == pytest.approx([own], abs=near)
        across = (sets_a[halves.first][:, at_a] * sets_b[halves.second][:, at_b]).sum(axis=1).mean()
        assert limit_a.at(at_a).beside(limit_b.at(at_b)) == pytest.approx([across], abs=near)
        gradient = np.zeros((1, len(of_a.columns)))
        gradient[0, at_a] = limit_b.pi[0, at_b]
        moved = limit_a.influence(gradient)
        ratios.append(
            (moved**2).sum()
            / (n * (n - 1))
            / jackknife_variance(halves.subsets, sets_a[:, at_a] @ pi_b[at_b], exact=halves.exact)
        )
    assert 0.6 < np.mean(ratios) < 1.4


def test_an_influence_is_what_a_prompt_moves() -> None:
    """Of a statistic linear in the probabilities, when a prompt is pushed a little, its group's spread held."""
    rng = np.random.default_rng(0)
    mean, scale, gradient = rng.normal(size=(1, 30)), rng.uniform(0.2, 1, (1, 30)), rng.normal(size=(1, 30))
    scored = Scored.of(rng.normal(size=(8, 30)), None, 5)
    found = probabilities(np.arange(8)[None], scored, 4)
    push = scored.values[3] - scored.values.mean(axis=0)
    mean, scale = scored.values.mean(axis=0)[None], found.spread * np.sqrt(1 / 4 - 1 / 8)
    ends = [(both(standings(mean + step * push, scale, 5)[0]) * gradient).sum() for step in (-1e-5, 1e-5)]
    assert found.influence(gradient)[0, 3] == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-4)


def both(z: Floats) -> Floats:
    """The probability of being above, twice."""
    out: Floats = both_above(z, z, np.ones_like(z))
    return out


@given(
    arrays(np.float64, (6, 9), elements=st.integers(0, 3).map(float)),
    st.integers(1, 8),
    st.sampled_from([1.0, 1e-3, 1e6]),
)
def test_they_always_add_up_to_k_and_equal_columns_are_equal(values: Floats, k: int, unit: float) -> None:
    """Whole numbers from 0 to 3: many columns do not move at all, many are the same."""
    found = probabilities(np.arange(6)[None], Scored.of(values * unit, None, k), 3)
    assert found.pi.sum() == pytest.approx(k, abs=1e-6)
    assert ((found.pi >= 0) & (found.pi <= 1)).all()
    for one in range(9):
        for other in range(one):
            if (values[:, one] == values[:, other]).all():
                assert found.pi[0, one] == pytest.approx(found.pi[0, other], abs=1e-9)
    assert np.isfinite(found.influence(np.arange(9.0)[None])).all()
    assert -1e-9 <= found.within()[0] <= k + 1e-9


def test_columns_that_do_not_move_are_in_or_out_and_share_the_last_places_where_they_tie() -> None:
    values = np.tile([3.0, 2.0, 2.0, 2.0, 1.0], (6, 1))
    found = probabilities(np.arange(6)[None], Scored.of(values, None, 2), 3)
    assert found.pi[0] == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0], abs=1e-9)
    assert not found.influence(np.arange(5.0)[None]).any()
    values[:, 4] = np.arange(6.0) - 9
    found = probabilities(np.arange(6)[None], Scored.of(values, None, 2), 3)
    assert found.pi[0] == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0], abs=1e-9)


@pytest.mark.parametrize("k", [4, 5, 6])
def test_of_no_more_columns_than_are_selected_all_are(k: int) -> None:
    values = np.random.default_rng(0).normal(size=(6, 5))
    found = probabilities(np.arange(6)[None], Scored.of(values, None, k), 3)
    assert found.pi.sum() == pytest.approx(min(k, 5))
    if k >= 5:
        assert found.within() == pytest.approx([5.0])
        assert not found.influence(np.arange(5.0)[None]).any()


def test_an_index_over_layers_is_the_layer_whose_mean_is_the_largest() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(8, 12))
    # Three layers of four.
    by_index = values.reshape(8, 3, 4).transpose(0, 2, 1).reshape(8, 12)
    found = probabilities(np.arange(8)[None], Scored.of(by_index, np.arange(0, 12, 3), 2), 4)
    best = by_index.mean(axis=0).reshape(4, 3).argmax(axis=1) + np.arange(0, 12, 3)
    alone = Scored(by_index[:, best], None, 2, typical=Scored.of(by_index, None, 2).typical)
    assert (found.pi == probabilities(np.arange(8)[None], alone, 4).pi).all()


@pytest.mark.parametrize("layers", [1, 3])
def test_columns_out_of_reach_change_nothing(layers: int) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(24, 900)) + np.repeat(rng.exponential(1, 900 // layers), layers)
    scored = Scored.of(values, np.arange(0, 900, layers) if layers > 1 else None, 7)
    members = np.zeros((5, 24))
    rows = np.sort(np.argsort(rng.random((5, 24)), axis=1)[:, :12], axis=1)
    np.put_along_axis(members, rows, 1.0, axis=1)
    reached = within_reach(members, scored, 6)
    assert len(reached) < 900 / layers / 2
    whole, few = probabilities(rows, scored, 6), probabilities(rows, scored.part(reached), 6)
    assert few.pi == pytest.approx(whole.pi[:, reached], abs=1e-12)
    assert whole.pi.sum() == pytest.approx(few.pi.sum(), abs=1e-9)


@pytest.mark.parametrize(
    ("middle", "unit", "size"), [(0, 1, 12), (1e6, 1, 12), (1e8, 1e6, 6), (3, 1e-9, 12), (0, 1, 24)]
)
def test_no_column_within_reach_is_missed_by_the_rough_look(middle: float, unit: float, size: int) -> None:
    rng = np.random.default_rng(8)
    values = middle + unit * rng.normal(size=(48, 3000)) * rng.exponential(1, 3000)
    values[:, :40] = middle + 2 * unit  # they tie, and never move
    values[0, 40:60] += 1000 * unit
    scored = Scored.of(values, None, 5)
    members = np.zeros((20, 48))
    np.put_along_axis(members, np.argsort(rng.random((20, 48)), axis=1)[:, :size], 1.0, axis=1)
    groups = [values[one > 0] for one in members]
    mean, spread = np.stack([one.mean(axis=0) for one in groups]), np.stack([one.std(axis=0, ddof=1) for one in groups])
    m = size // 2
    z, _, _ = standings(mean, np.maximum(spread, LEAST_SPREAD * scored.typical) * np.sqrt(1 / m - 1 / size), 5)
    reached = within_reach(members, scored, m)
    assert set(np.flatnonzero((z > -NEVER).any(axis=0))) <= set(reached)
    assert len(reached) < 1500


@pytest.mark.parametrize("at", [(0.3, -0.7, 0.5), (-1.2, -0.4, -0.8), (0, 0.5, -0.3), (0, 0, -0.9), (2, 1, 0.0)])
def test_two_gaussians_at_once(at: tuple[float, float, float]) -> None:
    a, b, r = at
    expected = multivariate_normal.cdf([a, b], [0, 0], [[1, r], [r, 1]])
    assert both_above(*(np.array([one]) for one in at)) == pytest.approx([expected], abs=1e-9)


def test_two_gaussians_that_are_one_or_each_others_opposite() -> None:
    a, b = np.array([1.0, -0.5, -np.inf]), np.array([0.2, 1.0, 0.0])
    assert both_above(a, b, np.ones(3)) == pytest.approx([0.579260, 0.308538, 0], abs=1e-6)
    assert both_above(a, b, -np.ones(3)) == pytest.approx([0.420604, 0.149882, 0], abs=1e-6)
