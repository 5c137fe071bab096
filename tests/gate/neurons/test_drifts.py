"""Whose drift is told, and from what a reference kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family
from neurontest.errors import EvidenceError
from neurontest.gate.neurons.drifts import asked_by, drift_of
from neurontest.gate.reference.then import Then
from neurontest.types import Activations, Selection, TraceRequest
from tests.gate.neurons.test_drift import WIDTH, data
from tests.gate.recorded import evaluated, family_of, recorded
from tests.worlds import claim_on

Traces = dict[TraceRequest, Activations]
SENTENCES = (
    "a overlaps b more than c",
    "a, b and c have distinct neurons",
    "baseline-normalized sets differ from raw for a",
    "a's neurons are preserved",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Family, Traces, Then]:
    claims: list[Claim] = []
    traces: Traces = {}
    for sentence in SENTENCES:
        claim, own = claim_on(sentence, *data(1), width=WIDTH, selection=Selection(k=10))
        claims.append(claim)
        traces |= own
    family = family_of(claims)
    return family, traces, recorded(tmp_path_factory.mktemp("ref"), family, traces, evaluated(family, traces))


def test_each_concept_in_every_way_that_a_claim_looks_at_it_once(world: tuple[Family, Traces, Then]) -> None:
    family, _, then = world
    asked = asked_by(family, then, {})
    found = [(one.concept, one.now.selection.normalize) for one in asked]
    assert found == [*((name, "difference") for name in "abc"), ("a", "raw")]
    assert {one.m for one in asked} == {10}
    # What cannot be compared says so of itself.
    others = dict.fromkeys(["c0", "c1", "c3"], "its tokenizer is another")
    assert [one.concept for one in asked_by(family, then, others)] == ["a", "a"]
    assert asked_by(family, replace(then, claims={}), {}) == []


def test_of_two_claims_the_one_with_more_prompts_in_a_half(world: tuple[Family, Traces, Then]) -> None:
    family, _, then = world
    small = replace(family.claims[0], statistics=replace(family.claims[0].statistics, m=4))
    before = {
        **then.claims,
        ("world.yaml", "c0"): replace(then.claims["world.yaml", "c0"], statistics=small.statistics),
    }
    asked = asked_by(replace(family, claims=(small, *family.claims[1:])), replace(then, claims=before), {})
    assert [one.m for one in asked] == [10] * 4


def test_of_a_copy_in_another_order_every_neuron_has_moved(world: tuple[Family, Traces, Then]) -> None:
    family, traces, then = world
    order = np.random.default_rng(5).permutation(WIDTH)
    permuted = {request: replace(one, values=one.values[:, order]) for request, one in traces.items()}
    for asked in asked_by(family, then, {}):
        found = drift_of(asked, then, permuted)
        assert found.by_number is not None
        assert found.by_match is not None
        assert found.selection == asked.now.selection
        assert (found.prompts, found.m) == (20, 10)
        assert found.by_number.p < 0.05 < found.by_match.p
        assert found.by_match.drift.value == pytest.approx(0, abs=1e-9)
        assert len(found.by_match.stayed) == 10
        for one in found.by_match.stayed:
            assert one.then is not None
            assert one.now is not None
            was, is_now = (int(place.neuron.split("[")[1][:-1]) for place in (one.then, one.now))
            assert order[is_now] == was
            assert one.correlation == pytest.approx(1)


def test_a_reason_against_matching_is_told(world: tuple[Family, Traces, Then]) -> None:
    family, traces, then = world
    asked = asked_by(family, then, {})[0]
    found = drift_of(asked, then, traces, "other words")
    assert found.by_match is None
    assert found.by_number is not None
    assert found.reason == "other words"


def test_what_was_not_kept_cannot_be_compared(world: tuple[Family, Traces, Then], tmp_path: Path) -> None:
    family, traces, then = world
    bare = recorded(tmp_path, replace(family, claims=()), traces, {})
    with pytest.raises(EvidenceError, match="kept none"):
        drift_of(asked_by(family, then, {})[0], bare, traces)
