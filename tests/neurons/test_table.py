from __future__ import annotations

import numpy as np
import pytest

from neurontest.neurons.overlap import matrix
from neurontest.neurons.table import full_set, neuron_set
from neurontest.types import Activations, Selection


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
