from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.neurons.normalize import normalize
from neurontest.neurons.overlap import by_index, coefficient, count, jaccard, matrix, shared, side_by_side
from neurontest.neurons.select import top
from neurontest.neurons.table import full_set, neuron_set, scores_of, unit_names, units
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
    # Three layers of two dimensions; each prompt lists the dimension that is strongest in any layer.
    deep = traced([[1, 2, 3, 9, 5, 6], [8, 0, 0, 0, 0, 0], [0, 0, 0, 3, 0, 0]], width=2)
    found = neuron_set("x", Selection(normalize="raw", k=2, per_prompt_k=1, identity="dimension"), deep, None)
    assert [(n.layer, n.index, n.occurrences, n.score) for n in found.neurons] == [(1, 1, 2, 4.0), (0, 0, 1, 3.0)]
    last = traced([[1, 2, 3, 1, 9, 8]], width=2)
    found = neuron_set("x", Selection(normalize="raw", k=2, per_prompt_k=2, identity="dimension"), last, None)
    assert [(n.layer, n.index, n.occurrences, n.score) for n in found.neurons] == [(2, 0, 1, 9.0), (2, 1, 1, 8.0)]


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


def test_units_are_prompts_in_the_order_of_their_texts() -> None:
    rows = traced([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert units(rows, ["a", "b", "c"]).values is rows.values
    found = units(rows, ["c", "a", "b"])
    assert found.values.tolist() == [[4, 5, 6], [7, 8, 9], [1, 2, 3]]
    assert (found.layers, found.width, found.digest) == (rows.layers, rows.width, rows.digest)
    assert unit_names(["c", "a", "b"]) == ("a", "b", "c")


def test_units_of_groups_are_the_means_of_their_prompts_in_the_order_of_the_groups() -> None:
    rows = traced([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    for order in permutations(range(3)):
        prompts, groups = (["c", "a", "b"][at] for at in order), ("y", "x", "y")
        found = units(replace(rows, values=rows.values[list(order)]), list(prompts), [groups[at] for at in order])
        assert found.values.tolist() == [[4, 5, 6], [4, 5, 6]]
        assert found.values.dtype == np.float32
    uneven = units(traced([[1, 0, 0], [2, 0, 0], [4, 0, 0]]), ["a", "b", "c"], ["y", "y", "x"])
    assert uneven.values[:, 0].tolist() == [4, 1.5]
    assert unit_names(["c", "a", "b"], ["y", "x", "y"]) == ("x", "y")
    # Of float32 alone, a million small numbers beside a large one would be lost.
    many = units(traced([[2.0**24, 0, 0], *[[1.0, 0, 0]] * 3]), ["a", "b", "c", "d"], ["x"] * 4)
    assert many.values[0, 0] == np.float32((2.0**24 + 3) / 4)


def test_a_set_says_how_it_was_selected() -> None:
    selection = Selection(
        site="attention",
        positions="prompt",
        normalize="raw",
        select="consistency",
        k=2,
        per_prompt_k=1,
        match="here",
        exclude_first=2,
        reduce="max",
    )
    found = neuron_set("x", selection, replace(CONCEPT, heads=3), None)
    assert (found.concept, found.site, found.positions) == ("x", "attention", "prompt")
    assert (found.normalize, found.select, found.k, found.identity) == ("raw", "consistency", 2, "neuron")
    assert (found.prompts, repr(found.head_size)) == (3, "1")
    assert (found.match, found.exclude_first, found.reduce) == ("here", 2, "max")
    assert neuron_set("x", selection, CONCEPT, None).head_size is None
    # No other is in any prompt's list: of those that are in as many, the one with the largest sum is taken.
    assert [(one.layer, one.index, one.occurrences, one.share, one.tied) for one in found.neurons] == [
        (0, 0, 3, 1.0, False),
        (1, 2, 0, 0.0, False),
    ]


def test_within_a_set_neurons_stand_by_occurrences_then_by_sum_then_by_place() -> None:
    rows = traced([[3, 9, 0, 0, 0, 2], [3, 0, 8, 0, 0, 2], [3, 0, 0, 0, 0, 2]])
    often = neuron_set("x", Selection(normalize="raw", select="consistency", k=3, per_prompt_k=2), rows, None)
    assert [(one.layer, one.index, one.occurrences) for one in often.neurons] == [(0, 0, 3), (0, 1, 1), (0, 2, 1)]
    # One that is in more lists stands before one with a larger sum, and only there.
    either = traced([[5, 50, 0], [5, 0, 0], [5, 0, 0]])
    for select, order in (("consistency", [(0, 2), (1, 1)]), ("mean", [(1, 1), (0, 2)])):
        found = neuron_set("x", Selection(normalize="raw", select=select, k=2, per_prompt_k=1), either, None)  # type: ignore[arg-type]
        assert [(one.index, one.occurrences) for one in found.neurons] == order
    strong = neuron_set("x", Selection(normalize="raw", k=4, per_prompt_k=2), rows, None)
    # The first and the second have the same sum: the index decides.
    assert [(one.layer, one.index) for one in strong.neurons] == [(0, 0), (0, 1), (0, 2), (1, 2)]
    assert [one.score for one in strong.neurons] == pytest.approx([3, 3, 8 / 3, 2])
    assert [one.occurrences for one in strong.neurons] == [3, 1, 1, 1]


def test_overlaps_of_sets_with_fractions() -> None:
    a, b = np.array([1.0, 0.5, 0.5, 0.0]), np.array([0.0, 1.0, 0.5, 1.5])
    assert count(a, b) == 0.75
    assert jaccard(a, b) == 0.75 / (2 + 3 - 0.75)
    assert coefficient(a, b) == coefficient(b, a) == 0.75 / 2
    nothing = np.zeros(4)
    assert (jaccard(nothing, nothing), coefficient(a, nothing), coefficient(nothing, a)) == (0, 0, 0)
    assert jaccard(a / 10, b / 10) == pytest.approx(0.0075 / (0.5 - 0.0075))


def test_scores_are_those_of_the_selections_normalization() -> None:
    baseline = traced([[0, 1, 2, 3, 4, 5], [2, 1, 4, 9, 4, 0]])
    for how in ("raw", "difference", "zscore"):
        found = scores_of(Selection(normalize=how), CONCEPT, baseline)
        assert (found == normalize(CONCEPT.values, baseline.values, how)).all()
    told = scores_of(Selection(normalize="zscore"), CONCEPT, replace(baseline, typical=7.0))
    assert (told == normalize(CONCEPT.values, baseline.values, "zscore", 7.0)).all()
    assert (scores_of(Selection(normalize="raw"), CONCEPT, None) == CONCEPT.values).all()
    with pytest.raises(ValueError, match="needs a baseline"):
        scores_of(Selection(normalize="difference"), CONCEPT, None)
