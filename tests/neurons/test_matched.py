"""Random sets: as many of each layer, of writes of like sizes, and nothing of the set itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.neurons.matched import NEAREST, matched_sets, write_sizes
from neurontest.stats.streams import Stream

LAYERS, WIDTH = 3, 60


@given(st.sets(st.integers(0, LAYERS * WIDTH - 1), min_size=1, max_size=40), st.integers(0, 9))
def test_a_random_set_has_as_many_of_each_layer(members: set[int], seed: int) -> None:
    chosen = np.array(sorted(members))
    layers = np.bincount(chosen // WIDTH, minlength=LAYERS)
    norm = np.random.default_rng(seed).lognormal(size=LAYERS * WIDTH)
    if (layers > WIDTH - layers).any():
        with pytest.raises(ValueError, match="beside the set's"):
            matched_sets(chosen, norm, WIDTH, 5, Stream(seed, "sets"))
        return
    found = matched_sets(chosen, norm, WIDTH, 5, Stream(seed, "sets"))
    # A set of half a layer has the other half alone.
    assert len(found) == 5 if 2 * layers.max() < WIDTH else len(found) >= 1
    for one in found:
        assert len(set(one.tolist())) == len(chosen)
        assert not set(one.tolist()) & members
        assert (np.bincount(one // WIDTH, minlength=LAYERS) == layers).all()


def test_members_have_the_nearest_sizes() -> None:
    norm = np.exp(np.linspace(0, 6, WIDTH))
    found = [matched_sets(np.array([30]), norm, WIDTH, 1, Stream(seed, "sets"))[0] for seed in range(400)]
    near = set(range(20, 30)) | set(range(31, 41))
    assert {int(one[0]) for one in found} == near
    assert len(near) == NEAREST
    counts = np.bincount([int(one[0]) for one in found], minlength=WIDTH)[sorted(near)]
    assert counts.min() >= 5  # 20 are expected of each; fewer than 5 of any has a probability below 1e-4
    # What a neuron of size 0 writes is nothing: it is like others that are silent.
    silent = np.r_[np.zeros(30), np.ones(30)]
    drawn = matched_sets(np.array([0, 1, 2]), silent, WIDTH, 20, Stream(1, "sets"))
    assert all((one < 30).all() for one in drawn)


def test_no_set_is_drawn_twice() -> None:
    norm = np.random.default_rng(0).lognormal(size=LAYERS * WIDTH)
    # One neuron has twenty that are like it, and no more; a set of half a layer has the other half.
    assert sorted(int(one[0]) for one in matched_sets(np.array([7]), norm[:21], 21, 99, Stream(0, "sets"))) == [
        at for at in range(21) if at != 7
    ]
    (other,) = matched_sets(np.arange(10), norm[:20], 20, 99, Stream(0, "sets"))
    assert other.tolist() == list(range(10, 20))
    for count in (99, 150, 180):
        two = matched_sets(np.array([3, 40]), norm, WIDTH, count, Stream(0, "sets"))
        assert len({tuple(one.tolist()) for one in two}) == len(two) == count


def test_streams_decide_the_sets() -> None:
    norm = np.random.default_rng(0).lognormal(size=LAYERS * WIDTH)
    draw = [np.stack(matched_sets(np.array([3, 70]), norm, WIDTH, 9, Stream(seed, "sets"))) for seed in (1, 1, 2)]
    assert (draw[0] == draw[1]).all()
    assert (draw[0] != draw[2]).any()


def test_sizes_are_of_what_would_be_written() -> None:
    """By how much it changes, over the prompts of two sides that count alike, times what it writes per unit."""
    zero, two = np.zeros((1, 2)), np.array([[0.0, 1.0], [0.0, -1.0]])
    many, few = np.array([[3.0, 0.0], [4.0, 0.0], [5.0, 0.0]]), np.array([[0.0, 2.0]])
    # Of two values each is held against each prompt: (1 - 2)^2 and (-1 - 2)^2.
    wanted = [np.sqrt((50 / 3 + 0) / 2) * 10, np.sqrt((0 + (1 + 9) / 2) / 2) * 0.5]
    assert write_sizes([(zero, many), (two, few)], np.array([10.0, 0.5])) == pytest.approx(wanted)


def test_sizes_are_the_root_mean_squares_of_all_pairs() -> None:
    rng = np.random.default_rng(3)
    sides = [
        (rng.normal(at, 1, (at, 4)).astype(np.float32), rng.normal(1, 2, (5, 4)).astype(np.float32)) for at in (2, 3)
    ]
    norms = np.array([1.0, 0.5, 2.0, 3.0])
    pairs = [
        np.mean([(one - other) ** 2 for one in values.astype(float) for other in seen.astype(float)], axis=0)
        for values, seen in sides
    ]
    assert write_sizes(sides, norms) == pytest.approx(np.sqrt(np.mean(pairs, axis=0)) * norms)
