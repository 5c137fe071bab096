"""Claims of every kind held against a reference: the same model keeps them, one where they are untrue does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.claims.base import Claim
from neurontest.evidence import describe
from neurontest.gate.compare import compare, powers
from neurontest.gate.margin import Margin
from neurontest.gate.power import Power
from neurontest.gate.ways import named
from neurontest.gate.ways.by_kind import kept_for, untestable, way_of
from neurontest.kinds import kinds
from neurontest.types import Activations, Selection, Statistics, TraceRequest
from tests.gate.recorded import evaluated, family_of, judged, recorded
from tests.kinds.test_causal import FORCED, NEEDED, World2, scored
from tests.kinds.test_kinds import K, Planted
from tests.worlds import claim_on

#: What each kind may say of the planted world, and in which other world it is untrue.
SENTENCES = {
    "overlap_greater": ("a overlaps b more than c", "noise"),
    "overlap_above": ("a overlaps b by at least 30% of the ceiling", "apart"),
    "overlap_below": ("a overlaps c by at most 60% of the ceiling", "alike"),
    "overlap_lowest": ("the lowest overlap is between c and d among a, c and d", "turned"),
    "overlap_highest": ("the highest overlap is between a and b among c, d and e", "noise"),
    "overlap_above_chance": ("a overlaps b above chance against c, d and e on these controls", "noise"),
    "distinct": ("a, c and d have distinct neurons", "alike"),
    "positions_more_distinct": ("all generated tokens separate a, c and d better than the last token", "turned"),
    "sets_differ": ("baseline-normalized sets differ from raw for a and c", "loud"),
    "normalization_helps": ("normalization separates a, c and d better than raw", "noise"),
    "sets_similar": ("raw neurons of a, c and d are nearly identical", "loud"),
    "consistent": ("a has consistent neurons", "scattered"),
    "consistent, against": ("a has consistent neurons against neutral", "noise"),
    "specific": ("neuron {} is specific to c against a and d", "apart"),
    "specific_any": ("c has specific neurons against a and d", "noise"),
}
CAUSAL = {"necessary": (NEEDED, -1.0), "sufficient": (FORCED, 1.0)}

World = tuple[dict[str, Floats], Floats]


class Worlds(Planted):
    """The planted world, and others in which what is claimed of it is untrue."""

    def of(self, which: str) -> World:
        """Rows by concept, and the baseline's."""
        one = self.world
        signal = {name: (own, np.full(len(own), 6.0)) for name, own in self.neurons.items()}
        if which == "planted":
            return self.data, self.baseline
        if which == "noise":
            found = {name: one.concept(12) for name in signal}
        elif which == "alike":
            found = {name: one.concept(12, signal["a"]) for name in signal}
        elif which == "apart":
            # a is what c was, and shares nothing with b; nor has c what it had.
            found = {**self.data, "a": self.data["c"], "c": self.data["d"], "d": self.data["c"]}
        elif which == "scattered":
            found = {name: one.concept(12) + 60 * (one.rng.random((12, one.size)) < 0.05) for name in signal}
        else:
            found = {name: one.concept(12, (own, 400 * strength)) for name, (own, strength) in signal.items()}
        return {**found, "neutral": one.concept(14)}, self.baseline

    def pairs(self) -> tuple[World, World]:
        """Of three concepts c and d share nothing, and the other pairs four of eight; then a and c share nothing."""
        ac, ad = self.neurons["a"][:4], self.neurons["b"][-2:].tolist() + self.neurons["e"][:2].tolist()
        own = {"a": np.r_[ac, ad], "c": np.r_[ac, self.neurons["c"][:4]], "d": np.r_[ad, self.neurons["d"][:4]]}
        then = {name: self.world.concept(12, (neurons, np.full(8, 6.0))) for name, neurons in own.items()}
        return (then, self.baseline), ({"a": then["c"], "c": then["a"], "d": then["d"]}, self.baseline)


def asked(
    name: str, sentence: str, other: str
) -> tuple[Claim, dict[TraceRequest, Activations], Mapping[TraceRequest, Activations]]:
    """A claim, its traces where it is true, and where it is not."""
    worlds = Worlds()
    then, now = worlds.of("planted"), worlds.of("planted") if other == "turned" else worlds.of(other)
    if name == "overlap_lowest":
        then, now = worlds.pairs()
    if name == "specific":
        neuron = int(worlds.neurons["c"][0])
        sentence = sentence.format(f"L{neuron // 120}.residual[{neuron % 120}]")
    rows: list[tuple[Mapping[str, object], object]] = [then, now]
    if name == "positions_more_distinct":
        loud, quiet = then, worlds.of("noise")
        rows = [
            (
                {one: {"generated": data[0][one], "last": last[0][one]} for one in "acd"},
                {"generated": data[1], "last": last[1]},
            )
            for data, last in ((loud, quiet), (quiet, loud))
        ]
    made = [
        claim_on(
            sentence,
            data,  # type: ignore[arg-type]
            neutral,  # type: ignore[arg-type]
            width=120,
            selection=Selection(k=K),
            statistics=Statistics(test="half-sample", differ_below=0.8),
        )
        for data, neutral in rows
    ]
    return made[0][0], dict(made[0][1]), made[1][1]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "RESAMPLES", 19)


def test_every_kind_has_its_way_or_says_why_not() -> None:
    told = {name.split(",")[0] for name in SENTENCES} | CAUSAL.keys()
    untold = {kind.name for kind in kinds()} - told
    assert untold == {"preserved"}
    claim, _ = claim_on("a's neurons are preserved", *Worlds().of("planted"), width=120)
    assert "its own verdict" in untestable(claim)
    assert way_of(claim) is None


@pytest.mark.parametrize("name", SENTENCES)
def test_each_kind(name: str, tmp_path: Path) -> None:
    claim, then, now = asked(name, *SENTENCES[name])
    family = family_of([claim])
    found = evaluated(family, then)
    assert found["c0"].verdict.name == "holds"
    reference = recorded(tmp_path / "ref", family, then, found)
    same = compare(family, found, reference, then, Margin())["c0"]
    assert same.status == "preserved", same
    assert same.change is not None
    assert same.change.value == pytest.approx(0, abs=1e-9)
    (power,) = powers(family, reference, then, Margin()).values()
    assert isinstance(power, Power), power
    assert 0 < power.power <= 1
    # Of two references without a model, what either kept is all that is known.
    kept = {request: one for request in then if (one := reference.reference.activations(request)) is not None}
    without = compare(family, found, reference, kept, Margin())["c0"]
    assert without.status == "preserved", without
    assert without.p == pytest.approx(same.p)
    gone = compare(family, evaluated(family, now), reference, now, Margin())["c0"]
    assert gone.status == "lost", gone
    assert gone.now_effect is not None
    assert gone.now_effect.unit == {"specific": "AUROC", "specific_any": "AUROC", "consistent, against": "share"}.get(
        name, "neurons"
    )


@pytest.mark.parametrize("name", CAUSAL)
def test_causal_kinds(name: str, tmp_path: Path) -> None:
    sentence, effect = CAUSAL[name]
    claim, traces = World2().claim(sentence)
    family = family_of([claim])
    evidence = {share: scored(sentence, share * effect)[0] for share in (1.0, 0.05)}
    found = judged(family, {"c0": evidence[1.0]})
    assert found["c0"].verdict.name == "holds"
    reference = recorded(tmp_path / "ref", family, traces, found)
    # The losses stand in the record: read as it is written.
    (key,) = reference.claims
    written = msgspec.json.decode(msgspec.json.encode(reference.claims[key]), type=type(reference.claims[key]))
    reference = replace(reference, claims={key: written})
    same = compare(family, found, reference, traces, Margin())["c0"]
    assert same.status == "preserved"
    assert same.change is not None
    assert same.change.value == 0
    weaker = compare(family, judged(family, {"c0": evidence[0.05]}), reference, traces, Margin())["c0"]
    assert weaker.status in ("weakened", "lost")
    assert weaker.then_effect is not None
    assert weaker.then_effect.value == pytest.approx(evidence[1.0].effect.value)
    assert weaker.now_effect is not None
    assert weaker.now_effect.value == pytest.approx(evidence[0.05].effect.value)
    assert weaker.now_effect.unit.startswith("nats")


def test_other_prompts_are_not_compared(tmp_path: Path) -> None:
    sentence, effect = CAUSAL["necessary"]
    claim, traces = World2().claim(sentence)
    family = family_of([claim])
    found = judged(family, {"c0": scored(sentence, effect)[0]})
    reference = recorded(tmp_path / "ref", family, traces, found)
    own, others = found["c0"].evidence.by_prompt
    assert (own.of, others.of) == ("a", "the others")
    # Another seed measures another half.
    halves = replace(own, units=("a 999", *own.units[1:])), others
    moved = {"c0": replace(found["c0"], evidence=replace(found["c0"].evidence, by_prompt=halves))}
    other = compare(family, moved, reference, traces, Margin())["c0"]
    assert other.status == "incomparable"
    assert "other prompts of a were measured" in other.reason
    # The order of a list is nothing.
    back = replace(own, units=own.units[::-1], values={"effect": own.values["effect"][::-1]}), others
    turned = {"c0": replace(found["c0"], evidence=replace(found["c0"].evidence, by_prompt=back))}
    assert (
        compare(family, turned, reference, traces, Margin())["c0"].change
        == compare(family, found, reference, traces, Margin())["c0"].change
    )


def test_a_search_keeps_no_more_than_what_it_found() -> None:
    claim, then, _ = asked("specific_any", *SENTENCES["specific_any"])
    evidence = evaluated(family_of([claim]), then)["c0"].evidence
    kept = kept_for(claim, then, evidence)
    names = evidence.tallies[-1].neurons
    assert 1 <= len(names) <= 10
    assert {len(columns) for columns in kept.values()} == {len(names)}
    assert all(name in evidence.tallies[-1].found or name.startswith("L") for name in names)


def test_neurons_of_other_widths_are_not_compared(tmp_path: Path) -> None:
    claim, then, now = asked("specific", *SENTENCES["specific"])
    family = family_of([claim])
    found = evaluated(family, then)
    reference = recorded(tmp_path / "ref", family, then, found)
    wide = {request: replace(one, layers=1, width=240) for request, one in now.items()}
    other = compare(family, found, reference, wide, Margin())["c0"]
    assert (other.status, "240 neurons" in other.reason) == ("incomparable", True)


def test_a_reference_that_names_no_neurons_is_refused(tmp_path: Path) -> None:
    claim, then, _ = asked("specific_any", *SENTENCES["specific_any"])
    family = family_of([claim])
    found = evaluated(family, then)
    reference = recorded(tmp_path / "ref", family, then, found)
    (key,) = reference.claims
    evidence = reference.claims[key].evidence
    assert evidence is not None
    bare = replace(evidence, tallies=tuple(replace(one, neurons=()) for one in evidence.tallies))
    older = replace(reference, claims={key: replace(reference.claims[key], evidence=bare)})
    assert "record it anew" in compare(family, found, older, then, Margin())["c0"].reason


def test_undecided_says_how_many_prompts_would_decide(tmp_path: Path) -> None:
    claim, then, _ = asked("overlap_greater", "a overlaps b more than c", "noise")
    family = family_of([claim])
    found = evaluated(family, then)
    reference = recorded(tmp_path / "ref", family, then, found)
    near = compare(family, found, reference, then, Margin(0.03))["c0"]
    assert near.status == "undecided"
    assert "prompts a concept would show it" in near.reason
    assert near.then == near.now == "holds"


def test_a_search_that_hardly_found_anything_says_why_nothing_is_called_preserved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, then, _ = asked("specific_any", *SENTENCES["specific_any"])
    family = family_of([claim])
    found = evaluated(family, then)
    reference = recorded(tmp_path / "ref", family, then, found)
    monkeypatch.setattr(named, "_by_luck", lambda *_: 0.03)
    same = compare(family, found, reference, then, Margin())["c0"]
    assert same.status == "undecided"
    assert "p 0.03 over all neurons, 0.01 asked" in same.reason
    assert powers(family, reference, then, Margin())["c0"].power == 0  # type: ignore[union-attr]
