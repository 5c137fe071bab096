"""Drift of a concept as it is shown: neurons by name and rank, by number and by match."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from neurontest.evidence.trial import Trial
from neurontest.gate.neurons.moves import concept_drift
from neurontest.gate.reference.pruned import Pruned, PrunedTrial, needed
from neurontest.gate.ways.paired import PairedTrial
from neurontest.types import ConceptDrift, Drifted, Selection, Thresholds
from tests.gate.neurons.test_drift import WIDTH, Data, data, permuted
from tests.worlds import claim_on

AT = Thresholds.of(0.05)


def moved(then: Data, now: Data, **selection: object) -> ConceptDrift:
    chosen = Selection(k=10, **selection)  # type: ignore[arg-type]
    claim, old = claim_on("a overlaps b more than c", *then, width=WIDTH, selection=chosen)
    _, new = claim_on("a overlaps b more than c", *now, width=WIDTH, selection=chosen)
    whole = Trial(claim, old)
    small = PrunedTrial(claim, {request: Pruned.of(old[request], at) for request, at in needed(whole).items()})
    found = concept_drift(PairedTrial(small, new), "a", AT)
    assert msgspec.json.decode(msgspec.json.encode(found), type=ConceptDrift) == found
    return found


def told(one: Drifted | None) -> Drifted:
    assert one is not None
    # Each neuron of either set is told once.
    earlier = [move.then for move in (*one.stayed, *one.left)]
    later = [move.now for move in (*one.stayed, *one.entered)]
    for places in (earlier, later):
        assert sorted(place.rank for place in places if place) == list(range(1, 11))
    return one


@pytest.mark.parametrize("selection", [{}, {"select": "consistency"}])
def test_the_same_model(selection: dict[str, object]) -> None:
    found = moved(data(1), data(1), **selection)
    assert found.reason == ""
    for one in (told(found.by_number), told(found.by_match)):
        assert len(one.stayed) == 10
        assert all(move.then == move.now for move in one.stayed)
        assert one.drift.value == pytest.approx(0, abs=1e-9)
        assert one.p > 0.05
    assert found.then.value == found.now.value
    assert 0 < found.then.value <= 10


def test_renumbered_neurons_are_shown_as_moved() -> None:
    found = moved(data(2), permuted(data(2)))
    by_number, by_match = told(found.by_number), told(found.by_match)
    assert len(by_number.left) >= 8
    assert by_number.p < 0.05 < by_match.p
    assert len(by_match.stayed) == 10
    assert all(move.then and move.now and move.then.rank == move.now.rank for move in by_match.stayed)
    assert sum(move.then.neuron != move.now.neuron for move in by_match.stayed if move.then and move.now) >= 9
    assert all(move.correlation == pytest.approx(1) and not move.poor for move in by_match.stayed)


def test_another_layer_is_no_matter_to_a_match() -> None:
    then = data(3)
    rng = np.random.default_rng(0)
    deeper = (
        {name: np.concatenate([rng.normal(size=rows.shape), rows], axis=1) for name, rows in then[0].items()},
        np.concatenate([rng.normal(size=then[1].shape), then[1]], axis=1),
    )
    found = moved(then, deeper)
    assert found.by_number is None
    assert "1 layers of 200 neurons then, 2 of 200 now" in found.reason
    by_match = told(found.by_match)
    assert len(by_match.stayed) >= 9
    assert all(move.now and move.now.neuron.startswith("L1.") for move in by_match.stayed)


def test_a_set_that_is_gone() -> None:
    then = data(4)
    found = moved(then, ({**then[0], "a": then[0]["c"]}, then[1]))
    by_number, by_match = told(found.by_number), told(found.by_match)
    assert len(by_number.entered) == len(by_number.left) >= 5
    assert by_number.p < 0.05
    assert by_match.left
    # What took their places does something else.
    assert all(move.poor or move.partner for move in by_match.left)


def test_indices_of_all_layers_are_told_by_number_alone() -> None:
    found = moved(data(5), data(5), identity="dimension")
    assert found.by_match is None
    assert "matched with none" in found.reason
    assert len(told(found.by_number).stayed) == 10
    assert told(found.by_number).stayed[0].then is not None
