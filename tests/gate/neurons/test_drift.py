"""Drift of sets, by number and by match."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.arrays import Floats
from neurontest.evidence.trial import Trial
from neurontest.gate.neurons.drift import Drift, Matching, drift
from neurontest.gate.neurons.matching import matched
from neurontest.gate.reference.pruned import Pruned, PrunedTrial, needed
from neurontest.gate.ways.paired import PairedTrial
from neurontest.types import Selection, Thresholds
from tests.worlds import World, claim_on, three

AT = Thresholds.of(0.05)
WIDTH = 200
Data = tuple[dict[str, Floats], Floats]


def data(seed: int, n: int = 20, gain: float = 2.0) -> Data:
    world = World(np.random.default_rng([20, seed]), layers=1, width=WIDTH, massive=2)
    signals = dict(zip("abc", three(world, 6, 1, gain), strict=True))
    return {name: world.concept(n, signals[name]) for name in "abc"}, world.neutral(20)


def moved(then: Data, now: Data, *, match: bool) -> Drift:
    selection = Selection(k=10)
    claim, old = claim_on("a overlaps b more than c", *then, width=WIDTH, selection=selection)
    _, new = claim_on("a overlaps b more than c", *now, width=now[1].shape[1], selection=selection)
    whole = Trial(claim, old)
    small = PrunedTrial(claim, {request: Pruned.of(old[request], at) for request, at in needed(whole).items()})
    trial = PairedTrial(small, new)
    return drift(trial, "a", "", AT, Matching(trial, "a", "") if match else None)


def permuted(world: Data) -> Data:
    order = np.random.default_rng(1).permutation(WIDTH)
    return {name: rows[:, order] for name, rows in world[0].items()}, world[1][:, order]


@pytest.mark.parametrize("match", [False, True])
def test_the_same_model_has_not_moved(match: bool) -> None:
    found = moved(data(1), data(1), match=match)
    assert found.drift.estimate == pytest.approx(0, abs=1e-9)
    assert found.then.estimate == found.now.estimate == pytest.approx(found.cross.estimate)
    assert found.drift.p > 0.05


def test_renumbered_neurons_are_gone_by_number_and_there_by_match() -> None:
    then = data(2)
    by_number, by_match = (moved(then, permuted(then), match=match) for match in (False, True))
    assert by_number.cross.estimate < 1
    assert by_number.drift.p < 0.05
    assert by_match.drift.estimate == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_spread_is_that_of_the_same_neurons(seed: int) -> None:
    """Renumbered neurons that are matched give the very test of neurons that are not renumbered."""
    then, now = data(seed, gain=1.2), data(seed + 50, gain=1.2)
    # Both models' prompts lie near each other, so that neurons find their partners.
    now = {name: 0.95 * then[0][name] + 0.05 * rows for name, rows in now[0].items()}, then[1]
    straight, matched_ = moved(then, now, match=True), moved(then, permuted(now), match=True)
    assert matched_.drift.estimate == pytest.approx(straight.drift.estimate, abs=1e-9)
    assert matched_.drift.variance == pytest.approx(straight.drift.variance, rel=1e-9)
    assert matched_.now.variance == pytest.approx(straight.now.variance, rel=1e-9)


def test_another_set_is_not_matched_away() -> None:
    then = data(3)
    now = {**then[0], "a": then[0]["c"]}, then[1]
    assert moved(then, now, match=False).drift.p < 0.05
    # Neurons of c do on the prompts of c what those of a do not do there.
    assert moved(then, now, match=True).drift.estimate > 1


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), noise=st.sampled_from([0.0, 0.1]), more=st.integers(0, 5))
def test_a_permutation_is_found(seed: int, noise: float, more: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(40, 12))
    order = rng.permutation(12 + more)
    other = np.concatenate([values, rng.normal(size=(40, more))], axis=1)[:, order]
    found = matched(values, other + noise * rng.normal(size=other.shape))
    assert (order[found.partner] == np.arange(12)).all()
    assert (found.correlation > 0.9).all()
    assert not found.poor.any()


@pytest.mark.parametrize("seed", range(5))
def test_neurons_that_are_much_the_same_keep_their_own_places(seed: int) -> None:
    """Such as one of the residual stream in layer after layer, of which each model selects some."""
    layers = np.cumsum(np.random.default_rng(seed).normal(size=(40, 12)), axis=1) + 12 * np.linspace(-1, 1, 40)[:, None]
    found = matched(layers[:, 2:], layers[:, :-2])
    assert found.partner[:-2].tolist() == list(range(2, 10))


def test_poor_matches_say_so() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 3))
    twins = np.stack([values[:, 0], values[:, 0] + 1e-3 * rng.normal(size=40), rng.normal(size=40)], axis=1)
    found = matched(values, twins)
    assert found.poor.all()
    few = matched(values, values[:, :1])
    assert few.partner.tolist() == [0, -1, -1]
    assert few.poor.tolist() == [False, True, True]
    still = matched(np.ones((40, 1)), values)
    assert still.correlation.tolist() == [0.0]
