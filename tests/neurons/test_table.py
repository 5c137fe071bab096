from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.neurons.overlap import by_index, matrix, shared, side_by_side
from neurontest.neurons.select import top
from neurontest.neurons.table import full_set, neuron_set
from neurontest.types import Activations, PublishedNeuron, Selection


def traced(values: list[list[float]], width: int = 3) -> Activations:
    array = np.array(values, dtype=np.float32)
    return Activations(array, array.shape[1] // width, width, "")


# Two layers of three neurons, three prompts.
CONCEPT = traced([[9, 0, 5, 1, 0, 7], [9, 0, 1, 6, 0, 7], [9, 0, 5, 1, 0, 0]])
BASELINE = traced([[9, 0, 0, 0, 0, 0], [9, 0, 0, 0, 0, 0]])


def test_raw_table_is_led_by_the_massive_dimension() -> None:
    found = neuron_set("x", Selection(normalize="raw", select="consistency", k=2), CONCEPT, None)
    assert [(n.rank, n.layer, n.index, n.occurrences) for n in found.neurons] == [(1, 0, 0, 3), (2, 1, 2, 2)]
    assert found.neurons[1].share == pytest.approx(2 / 3)
    assert found.neurons[0].label("residual") == "L0.residual[0]"


def test_subtracting_the_baseline_takes_it_away() -> None:
    found = neuron_set("x", Selection(select="mean", k=2), CONCEPT, BASELINE)
    assert [(n.layer, n.index) for n in found.neurons] == [(1, 2), (0, 2)]
    assert found.neurons[0].score == pytest.approx(14 / 3)


def test_ties_are_shown_by_layer_and_index_and_marked() -> None:
    tied = traced([[5, 1, 1, 1, 0, 0]])
    found = neuron_set("x", Selection(normalize="raw", k=2), tied, None)
    assert [(n.layer, n.index, n.tied) for n in found.neurons] == [(0, 0, False), (0, 1, True)]
    assert full_set(Selection(normalize="raw", k=2), tied, None) == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0, 0])


def test_identity_dimension_takes_the_strongest_layer_and_keeps_the_size() -> None:
    both = traced([[4, 1, 0, 9, 8, 0]])
    neurons = neuron_set("x", Selection(normalize="raw", k=2), both, None)
    dimensions = neuron_set("x", Selection(normalize="raw", k=2, identity="dimension"), both, None)
    assert [(n.layer, n.index) for n in neurons.neurons] == [(1, 0), (1, 1)]
    assert [(n.layer, n.index) for n in dimensions.neurons] == [(1, 0), (1, 1)]
    assert len(full_set(Selection(normalize="raw", k=2, identity="dimension"), both, None)) == 3


def test_matrix_has_sizes_on_its_diagonal() -> None:
    a, b = np.array([1.0, 1, 0]), np.array([0.0, 1, 1])
    assert matrix([a, b]) == ((2.0, 1.0), (1.0, 2.0))


NEURONS = st.lists(st.builds(PublishedNeuron, st.integers(0, 3), st.integers(0, 4)), max_size=6, unique=True)


@settings(deadline=None, max_examples=60)
@given(NEURONS, NEURONS, NEURONS, st.sampled_from(["neuron", "index"]))
def test_sets_side_by_side_share_what_their_lists_share(
    a: list[PublishedNeuron], b: list[PublishedNeuron], c: list[PublishedNeuron], identity: str
) -> None:
    # The model has two layers of three neurons; published sets may name others.
    own = [one for one in a if one.layer < 2 and one.index < 3]
    traced = np.zeros(6)
    traced[[one.layer * 3 + one.index for one in own]] = 1
    lists = {"a": own, "b": b, "c": c}
    sets = side_by_side({"a": traced}, {"b": b, "c": c}, width=3, identity=identity)
    assert list(sets) == list(lists)
    assert matrix(list(sets.values())) == tuple(
        tuple(float(shared(x, y, identity)) for y in lists.values()) for x in lists.values()
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 2), min_size=4, max_size=4), st.integers(1, 4))
def test_by_index_is_the_chance_that_ties_broken_at_random_take_the_index(scores: list[int], k: int) -> None:
    found = by_index(top(np.array([scores], dtype=float), k)[0], 2)
    # Every order of the four neurons breaks the ties in its own way; all are as likely.
    taken = np.zeros(2)
    for order in permutations(range(4)):
        best = sorted(range(4), key=lambda one: (-scores[one], order[one]))[:k]
        taken[list({one % 2 for one in best})] += 1
    assert found == pytest.approx(taken / factorial(4))


def test_identity_index_selects_neurons_and_counts_indices() -> None:
    both = traced([[4, 1, 0, 9, 8, 0]])
    selection = Selection(normalize="raw", k=3, identity="index")
    found = neuron_set("x", selection, both, None)
    assert [(n.layer, n.index) for n in found.neurons] == [(1, 0), (1, 1), (0, 0)]
    assert by_index(full_set(selection, both, None), 3).tolist() == [1, 1, 0]
    assert shared(found.neurons, [PublishedNeuron(7, 0), PublishedNeuron(8, 0)], "index") == 1
