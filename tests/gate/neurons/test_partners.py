"""Named neurons that are looked for by what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.arrays import Floats
from neurontest.claims.base import Claim
from neurontest.evidence import describe
from neurontest.evidence.trial import Trial
from neurontest.gate.compare import compare
from neurontest.gate.margin import Margin
from neurontest.gate.neurons import partners as by_deed
from neurontest.gate.neurons.partners import by_chance, partners
from neurontest.gate.reference.pruned import Pruned, PrunedTrial
from neurontest.gate.ways.survival import IncomparableError
from neurontest.types import Activations, Comparison, Selection, Statistics, TraceRequest
from tests.gate.recorded import evaluated, family_of, recorded
from tests.gate.ways.test_ways import SENTENCES, Worlds
from tests.kinds.test_kinds import K
from tests.worlds import claim_on

WIDTH = 120
NAMED = ["specific", "specific_any", "consistent, against"]
SENTENCE = "neuron L0.residual[3] is specific to a against b and c"

Made = tuple[Claim, Mapping[TraceRequest, Activations]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "RESAMPLES", 19)


def made(name: str, data: Mapping[str, Floats], baseline: Floats, worlds: Worlds, width: int = WIDTH) -> Made:
    neuron = int(worlds.neurons["c"][0])
    sentence = SENTENCES[name][0].format(f"L{neuron // WIDTH}.residual[{neuron % WIDTH}]")
    claim, traces = claim_on(
        sentence, data, baseline, width=width, selection=Selection(k=K), statistics=Statistics(test="half-sample")
    )
    return claim, traces


def held(folder: Path, then: Made, now: Made, *, by_match: bool) -> Comparison:
    family, later = family_of([then[0]]), family_of([now[0]])
    found = evaluated(family, then[1])
    reference = recorded(folder, family, then[1], found)
    return compare(later, evaluated(later, now[1]), reference, now[1], Margin(), by_match=by_match)["c0"]


def reordered(data: Mapping[str, Floats], order: np.ndarray) -> dict[str, Floats]:
    return {name: np.ascontiguousarray(rows[:, order]) for name, rows in data.items()}


@pytest.mark.parametrize("name", NAMED)
def test_renumbered_neurons_are_not_preserved_by_number_and_found_by_what_they_do(name: str, tmp_path: Path) -> None:
    worlds = Worlds()
    data, baseline = worlds.of("planted")
    order = np.roll(np.arange(baseline.shape[1]), 37)
    then, now = made(name, data, baseline, worlds), made(name, reordered(data, order), baseline[:, order], worlds)
    lost = held(tmp_path / "number", then, now, by_match=False)
    assert lost.status in ("lost", "weakened", "undecided"), lost
    assert "--concept-against-neurons match" in lost.reason
    assert "does now (r = 1.00, the second best" in lost.reason
    kept = held(tmp_path / "match", then, now, by_match=True)
    assert kept.status == "preserved", kept
    assert kept.change is not None
    assert kept.change.value == pytest.approx(0, abs=1e-9)
    if name == "specific":
        neuron = int(worlds.neurons["c"][0])
        place = int(np.flatnonzero(order == neuron)[0])
        was, is_now = (f"L{at // WIDTH}.residual[{at % WIDTH}]" for at in (neuron, place))
        for found in (lost, kept):
            assert f"what {was} did, {is_now} does now" in found.reason


@pytest.mark.parametrize("name", NAMED)
def test_other_layers_and_widths_have_matches_and_no_numbers(name: str, tmp_path: Path) -> None:
    worlds = Worlds()
    data, baseline = worlds.of("planted")
    half = baseline.shape[1] // 2
    # Twice the layers, each of half the width: what was L0[7] is elsewhere in most cases.
    then, now = made(name, data, baseline, worlds), made(name, data, baseline, worlds, width=half // 2)
    by_number = held(tmp_path / "number", then, now, by_match=False)
    assert by_number.status == "incomparable"
    assert "a number names no neuron of both; look for neurons by what they do" in by_number.reason
    assert held(tmp_path / "match", then, now, by_match=True).status == "preserved"


@pytest.mark.parametrize("name", NAMED)
def test_the_same_model_has_its_neurons_by_either(name: str, tmp_path: Path) -> None:
    worlds = Worlds()
    same = made(name, *worlds.of("planted"), worlds)
    for by_match in (False, True):
        found = held(tmp_path / str(by_match), same, same, by_match=by_match)
        assert (found.status, found.reason) == ("preserved", "")


@pytest.mark.parametrize("name", NAMED)
def test_where_nothing_does_it_nothing_is_preserved(name: str, tmp_path: Path) -> None:
    worlds = Worlds()
    then = made(name, *worlds.of("planted"), worlds)
    rng = np.random.default_rng(2)
    data, baseline = worlds.of("planted")
    # Each concept's neurons tell it as well as they did, and are others: what prompts differ by is another thing.
    other = {key: rows.mean(axis=0) + rng.permuted(rows - rows.mean(axis=0), axis=0) for key, rows in data.items()}
    found = held(tmp_path / "match", then, made(name, other, baseline, worlds), by_match=True)
    assert found.status != "preserved"
    assert "no neuron does what L" in found.reason
    if name != "specific":
        number = held(tmp_path / "number", then, made(name, other, baseline, worlds), by_match=False)
        assert number.status == "preserved"


def trials(then: Mapping[str, Floats], now: Mapping[str, Floats]) -> tuple[Trial, Trial]:
    old, new = (Trial(*claim_on(SENTENCE, world, np.zeros((10, 20)), width=5)) for world in (then, now))
    return old, new


def rows(seed: int, n: int = 12) -> dict[str, Floats]:
    rng = np.random.default_rng([31, seed])
    return {name: rng.normal(size=(n, 20)) for name in "abc"}


@given(st.permutations(range(20)), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_any_order_is_found_again(order: list[int], seed: int) -> None:
    data = rows(seed)
    then, now = trials(data, {name: one[:, order] for name, one in data.items()})
    asked = [f"L{at // 5}.residual[{at % 5}]" for at in range(20)]
    for at, found in enumerate(partners(then, now, asked)):
        place = order.index(at)
        assert found.now == f"L{place // 5}.residual[{place % 5}]"
        assert found.correlation == pytest.approx(1)
        assert found.found
        assert found.moved == (place != at)


def test_what_a_neuron_tells_concepts_apart_by_is_no_part_of_its_match() -> None:
    data = rows(7)
    now = {name: one.copy() for name, one in data.items()}
    now["a"][:, 3] += 50.0
    now["a"][:, 9] += 50.0
    (plain,), (shifted,) = (partners(*trials(data, one), ["L0.residual[3]"]) for one in (data, now))
    assert (shifted.now, round(shifted.correlation, 9)) == (plain.now, round(plain.correlation, 9))


def test_few_prompts_and_many_neurons_match_by_chance_and_are_not_taken_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert by_chance(100, 1) == by_chance(100, 0) == 1.0
    rng, taken, count = np.random.default_rng(8), 0, 200
    monkeypatch.setattr(by_deed, "POOR", 0.0)
    for _ in range(count):
        then, now = ({name: rng.normal(size=(5, 500)) for name in "abc"} for _ in range(2))
        old, new = (Trial(*claim_on(SENTENCE, world, np.zeros((10, 500)), width=100)) for world in (then, now))
        (found,) = partners(old, new, ["L0.residual[3]"])
        assert found.correlation > 0.5
        taken += found.found
    assert taken / count <= 0.05 + 2 * (0.05 * 0.95 / count) ** 0.5


def test_a_neuron_with_a_double_is_told_to_have_one() -> None:
    data = rows(9)
    now = {name: np.c_[one[:, :19], one[:, 3] + 0.01 * one[:, 7]] for name, one in data.items()}
    (found,) = partners(*trials(data, now), ["L0.residual[3]"])
    assert found.found
    assert found.poor
    assert "that one does nearly the same" in str(found)


def test_of_a_reference_alone_no_match_can_be_made() -> None:
    claim, traces = claim_on(SENTENCE, rows(1), np.zeros((10, 20)), width=5)
    kept = {request: Pruned.of(one, np.arange(4)) for request, one in traces.items()}
    pruned = PrunedTrial(claim, kept)
    with pytest.raises(IncomparableError, match="a model at hand alone"):
        partners(pruned, pruned, ["L0.residual[3]"])
    by_index = replace(claim, selection=replace(claim.selection, identity="dimension"))
    with pytest.raises(IncomparableError, match="is matched with none"):
        partners(pruned, Trial(by_index, traces), ["L0.residual[3]"])
