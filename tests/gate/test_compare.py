"""What became of each claim of a family: statuses, margins, and what cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.claims.base import Claim
from neurontest.claims.suite import Family
from neurontest.evidence.procedure import evidence_of
from neurontest.evidence.trial import Trial
from neurontest.gate.compare import compare
from neurontest.gate.margin import Margin
from neurontest.gate.reference.folder import read_reference, write_reference
from neurontest.gate.reference.pruned import Pruned, needed, together
from neurontest.gate.reference.then import Then
from neurontest.run.record.assemble import claim_record
from neurontest.types import (
    Activations,
    Comparison,
    ConceptRecord,
    Finding,
    Location,
    Selection,
    Statistics,
    Thresholds,
    TraceRequest,
)
from neurontest.verdict import judge
from tests.worlds import World, claim_on, three

Data = tuple[dict[str, Floats], Floats]
ASKED = Statistics(test="half-sample")
SENTENCES = ("a overlaps b more than c", "a, b and c have distinct neurons", "a overlaps c more than b")


def data(seed: int = 0, n: int = 20) -> Data:
    world = World(np.random.default_rng([19, seed]), layers=1, width=200, massive=2)
    signals = dict(zip("abc", three(world, 6, 1, 2), strict=True))
    return {name: world.concept(n, signals[name]) for name in "abc"}, world.neutral(20)


def suite(world: Data) -> tuple[Family, dict[TraceRequest, Activations]]:
    claims: list[Claim] = []
    traces: dict[TraceRequest, Activations] = {}
    for at, sentence in enumerate(SENTENCES):
        claim, found = claim_on(sentence, *world, width=200, selection=Selection(k=10), statistics=ASKED)
        claims.append(replace(claim, id=f"c{at}", where=Location("world.yaml", at + 1, 1)))
        traces.update(found)
    return Family("world.yaml", tuple(claims), ASKED), traces


def findings(family: Family, traces: Mapping[TraceRequest, Activations]) -> dict[str, Finding]:
    evidence = {claim.id: evidence_of(claim, traces, Thresholds.of(0.0125, 0.05)) for claim in family.tested}
    verdicts = judge(family, evidence)
    return {one: Finding(evidence[one], verdicts[one]) for one in evidence}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Then:
    family, traces = suite(data())
    found = findings(family, traces)
    folder: Path = tmp_path_factory.mktemp("gate") / "ref"
    parts = [needed(Trial(claim, traces)) for claim in family.claims]
    kept = {request: Pruned.of(traces[request], columns) for request, columns in together(parts).items()}
    write_reference(folder, b"{}", kept)
    everyone = [family.claims[1].baseline, *family.claims[1].concepts.values()]
    return Then(
        read_reference(folder),
        {("world.yaml", claim.id): claim_record(claim, found[claim.id]) for claim in family.claims},
        {
            name: ConceptRecord(name, one.prompts, None, (), (), one.groups)
            for one in everyone
            if one is not None
            for name in ["baseline" if one.name.startswith("(") else one.name]
        },
    )


def compared(then: Then, world: Data, margin: Margin | None = None) -> dict[str, Comparison]:
    family, traces = suite(world)
    return compare(family, findings(family, traces), then, traces, margin or Margin())


def test_the_same_model(recorded: Then) -> None:
    found = compared(recorded, data())
    assert [found[one].status for one in ("c0", "c1", "c2")] == ["preserved", "preserved", "unchanged"]
    assert found["c0"].change is not None
    assert found["c0"].change.value == 0
    assert (found["c2"].then, found["c2"].now) == ("refuted", "refuted")
    assert found["c2"].p is None


def test_what_turned_round_is_lost_and_gained(recorded: Then) -> None:
    concepts, neutral = data()
    found = compared(recorded, ({"a": concepts["a"], "b": concepts["c"], "c": concepts["b"]}, neutral))
    assert [found[one].status for one in ("c0", "c1", "c2")] == ["lost", "preserved", "gained"]
    lost = found["c0"]
    assert (lost.then, lost.now) == ("holds", "refuted")
    assert lost.then_effect is not None
    assert lost.now_effect is not None
    assert lost.then_effect.value == pytest.approx(-lost.now_effect.value, abs=0.2)
    assert lost.p_opposite_adjusted is not None
    assert lost.p_opposite_adjusted <= 0.05


def test_part_of_an_effect_may_be_gone(recorded: Then) -> None:
    concepts, neutral = data()
    rng = np.random.default_rng(5)
    noisy = {name: rows + rng.normal(0, 4.5, rows.shape) for name, rows in concepts.items()}
    strict = compared(recorded, (noisy, neutral), Margin(0.0))
    assert strict["c1"].status == "weakened"
    assert strict["c1"].now == "holds"
    lax = compared(recorded, (noisy, neutral), Margin(0.95))
    assert lax["c1"].status == "preserved"


CHANGES = {
    "chosen otherwise: k was 10, and is 9": lambda one: one.at(k=9),
    "written otherwise: top_k was": lambda one: replace(one, generation=replace(one.generation, top_k=7)),
    "another size: m was None, and is 5": lambda one: replace(one, statistics=replace(ASKED, m=5)),
    "no claim of this name": lambda one: replace(one, id="other"),
    "said something else": lambda one: replace(one, terms={**one.terms, "by": 1.0}),
    "prompts of b are others: 20 of the reference's are gone, 1 are new": lambda one: replace(
        one, concepts={**one.concepts, "b": replace(one.concepts["b"], prompts=("new",))}
    ),
    "prompts of b are grouped otherwise": lambda one: replace(
        one, concepts={**one.concepts, "b": replace(one.concepts["b"], groups=tuple("pqrst" * 4))}
    ),
}


@pytest.mark.parametrize("said", CHANGES)
def test_another_claim_is_not_compared(recorded: Then, said: str) -> None:
    family, traces = suite(data())
    found = findings(family, traces)
    other = CHANGES[said](family.claims[0])
    again = compare(replace(family, claims=(other,)), {other.id: found["c0"]}, recorded, traces, Margin())
    assert again[other.id].status == "incomparable"
    assert said in again[other.id].reason


def test_texts_of_another_seed_are_another_sample_of_the_same(recorded: Then) -> None:
    family, traces = suite(data())
    other = {replace(request, generation=replace(request.generation, seed=7)): one for request, one in traces.items()}
    claims = tuple(replace(one, generation=replace(one.generation, seed=7)) for one in family.claims)
    again = replace(family, claims=claims)
    found = compare(again, findings(again, other), recorded, other, Margin())
    assert found["c0"].status == "preserved"


def test_texts_that_are_replayed_may_have_been_written_in_any_way(recorded: Then) -> None:
    family, traces = suite(data())
    replayed = {
        replace(request, generation=replace(request.generation, seed=5, replay="ref")): one
        for request, one in traces.items()
    }
    claims = tuple(replace(one, generation=replace(one.generation, seed=5, replay="ref")) for one in family.claims)
    again = replace(family, claims=claims)
    found = compare(again, findings(again, replayed), recorded, replayed, Margin())
    assert found["c0"].status == "preserved"
