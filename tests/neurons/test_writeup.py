"""The tables of the write-up, given as published sets, give back the figures that it was read from."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from neurontest.claims.suite import Suite
from neurontest.neurons.overlap import matrix, shared, side_by_side
from neurontest.plan import make_plan
from neurontest.spec.load import load_suite
from neurontest.types import PublishedNeuron

NAMES = ("tulip", "vietnam", "hanoi", "violent")


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite(Path(__file__).with_name("writeup"))


def overlaps(suite: Suite, where: str, identity: str) -> dict[str, int]:
    """What every two tables share, by both names."""
    tables = {name: suite.concepts[f"{name}-{where}"].published for name in NAMES}
    found = {(a, b): shared(tables[a], tables[b], identity) for a, b in combinations(NAMES, 2)}
    return {f"{a}/{b}": count for pair, count in found.items() for a, b in (pair, pair[::-1])}


def test_the_tables_are_read_whole(suite: Suite) -> None:
    assert len(suite.concepts) == 8
    for concept in suite.concepts.values():
        assert (len(concept.published), concept.prompts, concept.site, concept.out_of) == (10, (), "residual", 10)
    assert suite.concepts["hanoi-last"].published[1] == PublishedNeuron(11, 756, 6)
    # Nothing of them is to be traced.
    assert make_plan(suite).groups == ()


def test_the_last_token(suite: Suite) -> None:
    found = overlaps(suite, "last", "index")
    assert (found["hanoi/vietnam"], found["hanoi/tulip"], found["hanoi/violent"]) == (6, 5, 4)
    # "We see that the lowest overlapping is between hanoi and violent."
    assert [pair for pair in found if found[pair] == min(found.values())] == ["hanoi/violent", "violent/hanoi"]


def test_all_tokens(suite: Suite) -> None:
    found = overlaps(suite, "all", "index")
    assert (found["hanoi/vietnam"], found["hanoi/tulip"], found["hanoi/violent"]) == (5, 3, 2)
    # What the write-up does not say of its better data.
    assert found["vietnam/violent"] == 6 > found["vietnam/hanoi"]
    by_neuron = overlaps(suite, "all", "neuron")
    assert by_neuron["vietnam/violent"] == by_neuron["vietnam/hanoi"] == 6


@pytest.mark.parametrize("identity", ["neuron", "index"])
@pytest.mark.parametrize("where", ["last", "all"])
def test_a_matrix_counts_as_pairs_do(suite: Suite, where: str, identity: str) -> None:
    tables = {name: suite.concepts[f"{name}-{where}"].published for name in NAMES}
    sets = side_by_side({}, tables, width=768, identity=identity)
    assert matrix([sets[name] for name in NAMES]) == tuple(
        tuple(float(shared(tables[a], tables[b], identity)) for b in NAMES) for a in NAMES
    )
