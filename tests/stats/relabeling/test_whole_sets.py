from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from neurontest.arrays import Floats, Labels
from neurontest.neurons.normalize import fixed_point
from neurontest.neurons.select import selector
from neurontest.stats.relabeling.relabel import relabel
from neurontest.stats.relabeling.whole_sets import overlap_difference
from neurontest.stats.streams import Stream
from tests.worlds import World, three

K = 10


def case(n: int) -> tuple[Floats, Floats]:
    """Memberships [neuron] of the set of a, and the scores [prompt, neuron] of b and c, one after the other."""
    world = World(np.random.default_rng(5), layers=5, width=100)
    a, b, c = (world.concept(n, signal) for signal in three(world, 4, 6))
    own = a.mean(axis=0)
    return (own >= np.sort(own)[-K]).astype(np.float64), np.concatenate([b, c]).astype(np.float32).astype(np.float64)


def dense(held: Floats, pool: Floats) -> Callable[[Labels], Floats]:
    """The statistic by its definition, all neurons looked at."""
    whole = fixed_point(pool, len(pool))

    def statistic(labels: Labels) -> Floats:
        shared = []
        for group in (0, 1):
            sums = (labels == group).astype(np.float64) @ whole
            shared.append((sums >= np.sort(sums, axis=1)[:, -K, None]) @ held)
        difference: Floats = shared[0] - shared[1]
        return difference

    return statistic


def ours(held: Floats, pool: Floats, select: str = "mean") -> Callable[[Labels], Floats]:
    chosen = selector(pool, select=select, k=K, smallest=len(pool) // 2)
    return overlap_difference(chosen, held[chosen.columns])


def test_every_relabeling_is_as_scipy_has_it() -> None:
    held, pool = case(8)
    found = relabel(ours(held, pool), (8, 8), Stream(0))
    definition = dense(held, pool)

    def statistic(b: npt.NDArray[np.intp], c: npt.NDArray[np.intp], axis: int) -> Floats:
        rows = np.atleast_2d(c)
        labels = np.zeros((len(rows), len(pool)), dtype=np.int8)
        np.put_along_axis(labels, rows, 1, axis=1)
        out = definition(labels)
        return out if b.ndim > 1 else out[0]

    peer = stats.permutation_test(
        (np.arange(8), np.arange(8, 16)),
        statistic,
        vectorized=True,
        n_resamples=np.inf,
        batch=500,
        alternative="greater",
    )
    assert found.exact
    assert found.draws == len(peer.null_distribution) == 12_870
    assert found.observed == peer.statistic
    assert (np.sort(found.null) == np.sort(peer.null_distribution)).all()
    assert len(np.unique(found.null)) > 3
    assert found.p == peer.pvalue


def test_random_relabelings_are_those_of_a_look_at_all_neurons() -> None:
    held, pool = case(20)
    labels = (Stream(0, "labels").permutations(1000, 40) >= 20).astype(np.int8)
    assert (ours(held, pool)(labels) == dense(held, pool)(labels)).all()


@pytest.mark.parametrize("select", ["mean", "consistency"])
def test_neurons_that_tie_for_the_last_places_are_shared_in_part(select: str) -> None:
    """Two of three equal neurons are selected, and one of them is held."""
    scores = np.array([[3.0, 3.0, 3.0, 0.0], [3.0, 3.0, 3.0, 0.0], [0.0, 0.0, 3.0, 3.0], [0.0, 0.0, 3.0, 3.0]])
    chosen = selector(scores, select=select, k=2, smallest=2)
    held = np.array([1.0, 0, 0, 0])
    labels = np.array([[0, 0, 1, 1], [1, 1, 0, 0]], dtype=np.int8)
    assert overlap_difference(chosen, held[chosen.columns])(labels) == pytest.approx([2 / 3, -2 / 3])
