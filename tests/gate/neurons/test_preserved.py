"""Claims that a concept's neurons are preserved: with a reference they are tested, without one they are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurontest.claims.base import Claim
from neurontest.claims.grammar import parse, render
from neurontest.claims.suite import Family
from neurontest.evidence.kinds.preserved import NO_REFERENCE
from neurontest.gate.compare import compare
from neurontest.gate.margin import Margin
from neurontest.gate.neurons.preserved import against
from neurontest.kinds import kinds
from neurontest.run.settle import settle
from neurontest.types import Activations, Evidence, Selection, Thresholds, TraceRequest, silent
from tests.gate.neurons.test_drift import WIDTH, Data, data, permuted
from tests.gate.recorded import evaluated, family_of, judged, recorded
from tests.worlds import claim_on

SENTENCE = "a's neurons are preserved"


def asked(sentence: str, world: Data) -> tuple[Claim, dict[TraceRequest, Activations]]:
    claim, traces = claim_on(sentence, *world, width=WIDTH, selection=Selection(k=10))
    return claim, dict(traces)


def found(tmp_path: Path, sentence: str, then: Data, now: Data) -> Evidence:
    claim, before = asked(sentence, then)
    family = family_of([claim])
    reference = recorded(tmp_path / "ref", family, before, evaluated(family, before))
    _, traces = asked(sentence, now)
    return settle(family, traces, silent, test=against(reference))["c0"]


def test_the_same_model(tmp_path: Path) -> None:
    one = found(tmp_path, SENTENCE, data(1), data(1))
    assert one.p < 0.05
    assert one.effect.note == "100% of the ceiling"
    assert one.effect.name.endswith("minus 50% of the ceiling")
    drift = next(detail for detail in one.details if detail.name == "drift")
    assert drift.value == pytest.approx(0, abs=1e-9)


def test_what_may_be_lost_is_said(tmp_path: Path) -> None:
    then = data(2)
    lax, strict = (found(tmp_path / part, f"{SENTENCE} within {part}", then, then) for part in ("60%", "30%"))
    for part, one in ((0.6, lax), (0.3, strict)):
        ceiling = next(detail for detail in one.details if detail.name == "two halves then").value
        assert one.effect.value == pytest.approx(part * ceiling)
    assert lax.effect.value > strict.effect.value > 0


def test_renumbered_neurons_are_preserved_by_what_they_do(tmp_path: Path) -> None:
    then = data(3)
    assert found(tmp_path / "number", SENTENCE, then, permuted(then)).p_opposite < 0.05
    assert found(tmp_path / "deed", f"{SENTENCE} by what they do", then, permuted(then)).p < 0.05


def test_another_set_is_not(tmp_path: Path) -> None:
    then = data(4)
    assert found(tmp_path, SENTENCE, then, ({**then[0], "a": then[0]["c"]}, then[1])).p_opposite < 0.05


def test_without_a_reference_it_is_refused_with_the_reason() -> None:
    claim, traces = asked(SENTENCE, data(5))
    family = family_of([claim])
    one = evaluated(family, traces)["c0"]
    assert (one.verdict.name, one.verdict.reason) == ("inconclusive", NO_REFERENCE)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    then = data(6)
    deeper = (
        {name: np.concatenate([rows, rows[:, ::-1]], axis=1) for name, rows in then[0].items()},
        np.concatenate([then[1], then[1]], axis=1),
    )
    one = found(tmp_path, SENTENCE, then, deeper)
    assert "layers: 1 then and 2 now" in one.refusal
    claim, traces = asked(SENTENCE, then)
    family = family_of([claim])
    reference = recorded(tmp_path / "again", family, traces, evaluated(family, traces))
    other = against(reference)(replace(family.claims[0], id="new"), traces, Thresholds.of(0.05))
    assert "no claim of this name" in other.refusal
    assert other.p == other.p_opposite == 1


def test_other_claims_are_tested_as_ever_and_it_is_gated_by_its_own_verdict(tmp_path: Path) -> None:
    then = data(7)
    both = [asked(one, then) for one in (SENTENCE, "a overlaps b more than c")]
    traces = both[0][1] | both[1][1]
    family = Family("world.yaml", family_of([one for one, _ in both]).claims, both[0][0].statistics)
    plain = evaluated(family, traces)
    reference = recorded(tmp_path / "ref", family, traces, plain)
    with_one = settle(family, traces, silent, test=against(reference))
    assert with_one["c1"].effect == settle(family, traces, silent)["c1"].effect
    found = compare(family, judged(family, with_one), reference, traces, Margin())
    assert (found["c0"].status, found["c0"].then, found["c0"].now) == ("preserved", "inconclusive", "holds")
    assert found["c0"].p == with_one["c0"].p
    # It is tested with its family's verdicts, and takes no part in what is corrected over what held before.
    assert found["c1"].p_adjusted == found["c1"].p
    # On one model alone there is nothing to tell.
    untold = compare(family, plain, reference, traces, Margin())["c0"]
    assert (untold.status, untold.reason) == ("incomparable", NO_REFERENCE)
    own = judged(family, with_one)
    refuted = own | {"c0": replace(own["c0"], verdict=replace(own["c0"].verdict, name="refuted"))}
    assert compare(family, refuted, reference, traces, Margin())["c0"].status == "weakened"
    untold_yet = own | {"c0": replace(own["c0"], verdict=replace(own["c0"].verdict, name="inconclusive"))}
    assert compare(family, untold_yet, reference, traces, Margin())["c0"].status == "undecided"


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"within": "100%"}, "say 30%"),
        ({"within": "0%"}, "say 30%"),
        ({"within": 3.0}, "as a share"),
    ],
)
def test_faults(terms: dict[str, str | float], said: str) -> None:
    claim, _ = asked(SENTENCE, data(8))
    kind, _ = parse(SENTENCE, kinds())
    assert kind.faults(claim) == []
    (fault,) = kind.faults(replace(claim, terms={**claim.terms, **terms}))
    assert said in fault


def test_matching_needs_neurons() -> None:
    claim, _ = asked(f"{SENTENCE} by what they do", data(8))
    kind, _ = parse(SENTENCE, kinds())
    (fault,) = kind.faults(claim.at(identity="dimension"))
    assert "matched with none" in fault


def test_sentences() -> None:
    for sentence in (
        "vietnam's neurons are preserved",
        "vietnam's neurons are preserved within 30%",
        "vietnam's neurons are preserved within 30% of the ceiling by what they do",
    ):
        kind, terms = parse(sentence, kinds())
        assert kind.name == "preserved"
        assert render(kind, terms) == sentence


def test_what_neurons_do_is_not_matched_on_other_words(tmp_path: Path) -> None:
    for sentence, words in ((SENTENCE, ""), (f"{SENTENCE} by what they do", "on the same words alone")):
        claim, traces = asked(sentence, data(1))
        family = family_of([claim])
        reference = recorded(tmp_path / "ref", family, traces, evaluated(family, traces))
        own = settle(family, traces, silent, test=against(reference, own_texts=True))["c0"]
        assert words in own.refusal
        assert bool(own.refusal) == bool(words)


def test_a_named_neuron_that_is_gone_is_incomparable_and_its_family_is_tested(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    then = {name: rng.normal(size=(12, 16)) for name in "abc"}
    then["a"][:, [3, 11]] += 6
    named = [f"neuron {one} is specific to a against b and c" for one in ("L1.residual[3]", "L0.residual[3]")]
    asked_then = [claim_on(one, then, np.zeros((10, 16)), width=8) for one in named]
    now = {name: rows[:, :8] for name, rows in then.items()}
    asked_now = [claim_on(one, now, np.zeros((10, 8)), width=8) for one in named]
    family = family_of([claim for claim, _ in asked_then])
    before, after = (
        {at: rows for _, traces in asked for at, rows in traces.items()} for asked in (asked_then, asked_now)
    )
    reference = recorded(tmp_path / "ref", family, before, evaluated(family, before))
    evidence = settle(family, after, silent, test=against(reference))
    assert "there is no L1.residual[3]" in evidence["c0"].refusal
    gone, there = compare(family, judged(family, evidence), reference, after, Margin()).values()
    assert (gone.status, "there is no L1.residual[3]" in gone.reason) == ("incomparable", True)
    assert there.status == "preserved"
