"""A suite against a tiny model with random weights: from specs to the record, once and once more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from neurontest.claims.suite import Suite
from neurontest.errors import EvidenceError, ModelError, SpecError, TraceError
from neurontest.evidence.kinds.overlap import OverlapGreaterProcedure
from neurontest.evidence.rates import design_of
from neurontest.neurons.overlap import shared
from neurontest.report.record import dump_record, load_record, record_schema
from neurontest.report.text.wording import failure_text
from neurontest.run import Outcome, Run
from neurontest.run.cache import evidence_key
from neurontest.spec.load import load_suite
from neurontest.stats.calibration import Measured
from neurontest.trace.models.named import from_transformers
from neurontest.types import Concept, PublishedNeuron
from tests import tiny

CONCEPTS = ("tulip", "vietnam", "hanoi", "violent")
CLAIMS = """claims:
  - hanoi overlaps vietnam more than violent
  - tulip, vietnam, hanoi and violent have distinct neurons
  - baseline-normalized sets differ from raw for tulip
  - tulip has consistent neurons
  - all generated tokens separate tulip and vietnam better than the last token
  - {claim: hanoi has consistent neurons, skip: not asked yet}
"""


def suite_in(folder: Path, claims: str = CLAIMS) -> Path:
    concepts = {name: {"prompts": [f"{name} {at}" for at in range(8)]} for name in CONCEPTS}
    settings = {
        "neurontest": 1,
        "trace": {"max_new_tokens": 3, "samples": 2},
        "neurons": {"k": 4},
        "statistics": {"m": 4},
        "baseline": {"prompts": [f"neutral {at}" for at in range(10)]},
        "concepts": concepts,
    }
    folder.mkdir(exist_ok=True)
    (folder / "suite.yaml").write_text(json.dumps(settings))
    (folder / "claims.yaml").write_text(claims)
    return folder


@pytest.fixture(scope="module")
def pair() -> tuple[Any, Any]:
    return tiny.build("llama")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return load_suite(suite_in(tmp_path_factory.mktemp("run") / "suite"))


@pytest.fixture
def run(suite: Suite, pair: tuple[Any, Any], cache: Path) -> Run:
    return Run(suite, from_transformers(*pair, name="tiny"), cache_dir=cache)


def test_a_family_is_evaluated_whole_but_for_what_is_skipped(run: Run, suite: Suite) -> None:
    found = run.findings(suite.families[0])
    assert list(found) == [claim.id for claim in suite.families[0].tested]
    assert len(found) == 5
    for one in found.values():
        assert 0 < one.evidence.p <= 1
        assert one.verdict.p_adjusted >= one.evidence.p
        assert len(one.evidence.nulls) == len(one.evidence.keys)
    assert [key.name for key in found[suite.claims[0].id].evidence.keys] == ["permutation", "half-sample"]
    assert [key.name for key in found[suite.claims[3].id].evidence.keys] == ["half-sample"]


def test_what_was_measured_of_a_test_is_looked_up_when_it_is_told(
    run: Run, suite: Suite, pair: tuple[Any, Any], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = suite.claims[0]
    before = run.finding(claim).evidence
    told = Measured(design_of(claim, before), "noise", "null", "reference", data_sets=1000, holds=21)
    monkeypatch.setattr("neurontest.evidence.rates.table", lambda: {"noise": told})
    # The evidence is in the cache by now; what stands beside it is not.
    again = Run(suite, from_transformers(*pair, name="tiny"), cache_dir=cache).finding(claim).evidence
    assert all("together .021 ± .005 in 1,000 simulated data sets (n = 8" in key.error_rate for key in again.keys)
    assert [replace(key, error_rate="") for key in again.keys] == [replace(key, error_rate="") for key in before.keys]


def test_evidence_is_kept(
    run: Run, suite: Suite, pair: tuple[Any, Any], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run.findings(suite.families[0])

    def never(*_: object) -> None:
        raise AssertionError("tested again")

    monkeypatch.setattr(OverlapGreaterProcedure, "evidence", never)
    again = Run(suite, from_transformers(*pair, name="tiny"), cache_dir=cache)
    assert again.findings(suite.families[0]) == first
    assert again.cost.texts == 0


def test_what_changes_no_number_changes_no_key(run: Run, suite: Suite, pair: tuple[Any, Any], cache: Path) -> None:
    first = run.findings(suite.families[0])
    family = suite.families[0]
    claims = tuple(replace(claim, tags=("slow",), xfail="known") for claim in family.claims)
    moved = replace(suite, families=(replace(family, claims=claims),))
    again = Run(moved, from_transformers(*pair, name="tiny"), cache_dir=cache)
    assert again.findings(moved.families[0]) == first
    assert len(list((cache / "evidence").rglob("*.json"))) == 1


def test_the_record_is_whole_and_valid(run: Run, suite: Suite, tmp_path: Path) -> None:
    run.findings(suite.families[0])
    asked = suite.claims[0]
    record = run.record(outcomes={asked.node: Outcome("failed", duration=0.5)})
    assert [claim.selected for claim in record.claims] == [True, *[False] * 5]
    assert record.claims[-1].verdict == "skipped"
    assert all(claim.evidence is not None for claim in record.claims[:-1])
    assert [(one.kind, one.positions) for one in record.overlaps] == [
        ("raw", "generated"),
        ("normalized", "generated"),
        ("raw", "last"),
        ("normalized", "last"),
    ]
    assert {one.name for one in record.concepts} == {*CONCEPTS, "baseline"}
    for concept in record.concepts:
        assert len(concept.continuations) == 2 * len(concept.prompts)
        if concept.name != "baseline":
            assert len(concept.sets) == 4
            assert all(len(found.neurons) == 4 for found in concept.sets)
    dump_record(record, tmp_path / "record.json")
    assert load_record(tmp_path / "record.json") == record
    jsonschema.validate(json.loads((tmp_path / "record.json").read_text()), record_schema())


def test_overlaps_are_told_at_every_setting_that_a_claim_is_judged_at(pair: tuple[Any, Any], tmp_path: Path) -> None:
    claim = "{claim: tulip and hanoi have distinct neurons, neurons: {site: mlp, k: 3}}"
    suite = load_suite(suite_in(tmp_path / "suite", f"claims: [{claim}]\n"))
    run = Run(suite, from_transformers(*pair, name="tiny"), cache_dir=tmp_path / "cache")
    run.findings(suite.families[0])
    found = [one for one in run.record(outcomes={}).overlaps if one.setting["site"] == "mlp"]
    assert [(one.kind, one.positions) for one in found] == [
        ("raw", "generated"),
        ("normalized", "generated"),
        ("raw", "last"),
        ("normalized", "last"),
    ]
    for one in found:
        assert (one.setting["k"], one.concepts) == (3, CONCEPTS)
        assert all(one.counts[at][at] == 3 for at in range(4))


def test_workers_are_merged(run: Run, suite: Suite, cache: Path) -> None:
    first = run.findings(suite.families[0])
    facts = [json.loads(json.dumps(run.facts()))]
    merged = Run.merge(suite, [*facts, *facts], cache_dir=cache)
    assert merged.findings(suite.families[0]) == first
    assert merged.model == run.model
    other = {**facts[0], "model": {**facts[0]["model"], "fingerprint": "0"}}
    with pytest.raises(ModelError, match="2 models"):
        Run.merge(suite, [*facts, other], cache_dir=cache)
    with pytest.raises(ModelError, match="loads no model"):
        merged._handle.load()


def test_a_claim_from_python_is_a_family_of_its_own(run: Run) -> None:
    claim, found = run.check("tulip has consistent neurons")
    assert found.verdict.p_adjusted == found.evidence.p
    assert claim.sentence == "tulip has consistent neurons"
    with pytest.raises(SpecError, match="no kind of claim"):
        run.check("tulip have consistent neuron")
    with pytest.raises(SpecError, match="tulp"):
        run.check("tulp has consistent neurons")


def test_sets_at_the_suites_own_selection(run: Run) -> None:
    found = run.sets("hanoi")
    assert (found.concept, found.k, found.prompts, len(found.neurons)) == ("hanoi", 4, 8, 4)
    assert [neuron.rank for neuron in found.neurons] == [1, 2, 3, 4]


def test_a_claim_of_another_suite_is_refused(run: Run, suite: Suite) -> None:
    stranger = replace(suite.claims[0], where=replace(suite.claims[0].where, file="elsewhere.yaml"))
    with pytest.raises(EvidenceError, match=r"elsewhere\.yaml::"):
        run.finding(stranger)


def test_nothing_traced_makes_a_record_without_sets(suite: Suite, pair: tuple[Any, Any], tmp_path: Path) -> None:
    record = Run(suite, from_transformers(*pair, name="tiny"), cache_dir=tmp_path).record(outcomes={})
    assert {claim.verdict for claim in record.claims} == {"not evaluated", "skipped"}
    assert record.overlaps == ()
    assert all(not concept.continuations for concept in record.concepts)


def with_paper(folder: Path, identity: str) -> Suite:
    suite_in(folder, "claims: []\n")
    read = json.loads((folder / "suite.yaml").read_text())
    # The tiny model has neither layer 99 nor index 9999.
    said = ["L0.residual[0]", {"neuron": "L1.residual[0]", "occurrences": 3}, "L99.residual[9999]"]
    read["concepts"] = {
        "paper": {"published": said, "out_of": 4},
        "elsewhere": {"published": ["L0.mlp[0]"]},
        **read["concepts"],
    }
    read["neurons"]["identity"] = identity
    (folder / "suite.yaml").write_text(json.dumps(read))
    return load_suite(folder)


@pytest.mark.parametrize(("identity", "size"), [("neuron", 3), ("index", 2), ("dimension", None)])
def test_published_sets_are_described_and_never_traced(
    identity: str, size: int | None, pair: tuple[Any, Any], cache: Path, tmp_path: Path
) -> None:
    run = Run(with_paper(tmp_path / "suite", identity), from_transformers(*pair, name="tiny"), cache_dir=cache)
    hanoi = run.sets("hanoi")
    with pytest.raises(EvidenceError, match="'paper' is a published set: it is not selected from traces"):
        run.sets("paper")
    record = run.record(outcomes={})
    paper = next(one for one in record.concepts if one.name == "paper")
    assert (paper.published[1], paper.site, paper.out_of) == (PublishedNeuron(1, 0, 3), "residual", 4)
    assert (paper.prompts, paper.continuations, paper.sets) == ((), (), ())
    assert len(record.overlaps) == 4
    for one in record.overlaps:
        # The set of another site is none to lay beside these, and a dimension is no published neuron.
        assert one.concepts == (("paper",) if size else ()) + CONCEPTS
        assert one.counts[0][0] == (size or 4)
    if size:
        shared_with_hanoi = next(
            one for one in record.overlaps if (one.kind, one.positions) == ("normalized", "generated")
        )
        expected = shared(paper.published, hanoi.neurons, identity)
        assert shared_with_hanoi.counts[0][1 + CONCEPTS.index("hanoi")] == expected
    dump_record(record, tmp_path / "record.json")
    assert load_record(tmp_path / "record.json") == record


def test_evidence_depends_on_all_that_is_said_of_what_is_read(suite: Suite) -> None:
    family = suite.families[0]
    claim = family.claims[0]
    others = [
        claim,
        replace(claim, selection=replace(claim.selection, match="tulip")),
        replace(claim, selection=replace(claim.selection, exclude_first=1)),
        replace(claim, selection=replace(claim.selection, reduce="max")),
        replace(claim, generation=replace(claim.generation, replay="replay.json")),
    ]
    assert len({evidence_key(replace(family, claims=(one,)), ["model"], ["digest"]) for one in others}) == len(others)


def test_prompts_may_be_read_alone_and_a_first_position_that_drowns_them_is_told(tmp_path: Path) -> None:
    model, tokenizer = tiny.build()
    model.model.embed_tokens.weight.data[0] *= 1000.0
    handle = from_transformers(model, tokenizer, name="massive")
    said_so = {}
    for first in (0, 1):
        overrides = {"positions": "prompt", "exclude_first": first}
        folder = suite_in(tmp_path / "suite", "claims: [hanoi overlaps vietnam more than violent]")
        run = Run(load_suite(folder, overrides), handle, cache_dir=tmp_path / "cache")
        found = run.finding(run.suite.claims[0])
        assert found.evidence.prompts == {"hanoi": 8, "vietnam": 8, "violent": 8}
        assert len(run.sets("tulip").neurons) == 4
        record = run.record(outcomes={})
        said_so[first] = record.warnings
        assert {one.positions for one in record.overlaps} == {"prompt"}
        assert next((one.positions, one.exclude_first) for one in record.concepts[0].sets) == ("prompt", first)
        assert record.trace.texts == 42, "each prompt once, and nothing written to it"
        assert not any(one.continuations for one in record.concepts)
    (warning,) = (one for one in said_so[0] if "positions: prompt" in one)
    assert not any("positions: prompt" in one for one in said_so[1]), "figures leave it out as well"
    assert warning.startswith("positions: prompt, site residual, reduce: mean: in 42 of 42 prompts the first token's")
    assert warning.endswith("say 'neurons: {exclude_first: 1}'")


def test_claims_about_a_word_in_what_was_written(tmp_path: Path) -> None:
    folder = suite_in(tmp_path / "suite", "claims: [{claim: tulip has consistent neurons, neurons: {match: tulip}}]")
    texts = [
        {"prompt": f"{name} {at}", "text": f" grew: the tulip {at} of them, a tulip"}
        for name, count in (*((name, 8) for name in CONCEPTS), ("neutral", 10))
        for at in range(count)
    ]
    (folder / "replay.json").write_text(json.dumps(texts))
    run = Run(load_suite(folder, {"replay": "true"}), from_transformers(*tiny.build(), name="tiny"), cache_dir=tmp_path)
    assert run.finding(run.suite.claims[0]).evidence.prompts == {"tulip": 8}
    record = run.record(outcomes={})
    assert record.trace.texts == 42 + 8
    assert {text.text for one in record.concepts for text in one.continuations} == {one["text"] for one in texts}
    sets = {one.name: [(found.positions, found.match) for found in one.sets] for one in record.concepts}
    assert ("generated", "tulip") in sets["tulip"]
    assert ("generated", "tulip") not in sets["hanoi"], "nobody asked for it there"
    assert "texts of replay.json" in failure_text(record.claims[0], suite="s", model="m", declared=1)
    assert "residual, generated tokens of 'tulip', difference" in failure_text(
        record.claims[0], suite="s", model="m", declared=1
    )
    dump_record(record, tmp_path / "record.json")
    assert load_record(tmp_path / "record.json") == record


def test_the_claim_that_asks_for_what_is_not_there_is_named(tmp_path: Path) -> None:
    folder = suite_in(
        tmp_path / "suite",
        "claims:\n  - tulip has consistent neurons\n"
        "  - {id: word, claim: hanoi has consistent neurons, neurons: {match: zebra}}",
    )
    run = Run(load_suite(folder), from_transformers(*tiny.build(), name="tiny"), cache_dir=tmp_path)
    with pytest.raises(
        TraceError, match=r"^\w+\.yaml::word: What follows the prompt 'hanoi 0' has no tokens of the word"
    ):
        run.finding(run.suite.claims[0])


def test_evidence_depends_on_groups_and_published_neurons(suite: Suite) -> None:
    family = suite.families[0]
    asked = family.claims[0]
    hanoi = asked.concepts["hanoi"]

    def key(concept: Concept) -> str:
        claim = replace(asked, concepts={**asked.concepts, "hanoi": concept})
        return evidence_key(replace(family, claims=(claim,)), ["model"], ["digest"])

    published = replace(hanoi, prompts=(), published=(PublishedNeuron(1, 2),), site="residual")
    others = [
        hanoi,
        replace(hanoi, groups=tuple("aabbccdd")),
        replace(hanoi, groups=tuple("aabbccde")),
        published,
        replace(published, published=(PublishedNeuron(2, 1),)),
    ]
    assert len({key(one) for one in others}) == len(others)
    assert key(hanoi) == key(replace(hanoi, source="hanoi.txt"))


def test_seconds_are_those_of_each_claim(suite: Suite, pair: tuple[Any, Any], tmp_path: Path) -> None:
    family = suite.families[0]
    run = Run(suite, from_transformers(*pair, name="tiny"), cache_dir=tmp_path)
    assert [run.seconds(claim) for claim in family.tested] == [0.0] * 5
    run.findings(family)
    tested = [run.seconds(claim) for claim in family.tested]
    assert all(tested)
    run.vacuity(family)
    replayed = [run.seconds(claim) for claim in family.tested]
    assert all(after > before for after, before in zip(replayed, tested, strict=True))
    facts = json.loads(json.dumps(run.facts()))
    again = Run(suite, from_transformers(*pair, name="tiny"), cache_dir=tmp_path)
    again.findings(family)
    again.vacuity(family)
    assert [again.seconds(claim) for claim in family.tested] == [0.0] * 5, "nothing was tested"
    merged = Run.merge(suite, [facts], cache_dir=tmp_path)
    assert [merged.seconds(claim) for claim in family.tested] == replayed


def test_claims_about_near_copies_are_inconclusive(tmp_path: Path) -> None:
    folder = tmp_path / "suite"
    folder.mkdir()
    texts = [f"a river, the {word} of a town" for word in ("bridge", "market", "harbor", "school", "tower", "garden")]
    copied = [text.replace("a river, the", "the river: a") for text in texts[:2]]
    said = {
        "neurontest": 1,
        "trace": {"max_new_tokens": 3, "samples": 1},
        "neurons": {"k": 3, "normalize": "raw"},
        "statistics": {"m": 4},
        "concepts": {"a": {"prompts": [*texts, *copied]}, "b": {"prompts": [f"b {at}" for at in range(8)]}},
        "claims": ["a and b have distinct neurons", "b has consistent neurons"],
    }
    (folder / "suite.yaml").write_text(json.dumps(said))
    run = Run(load_suite(folder), from_transformers(*tiny.build(), name="tiny"), cache_dir=tmp_path)
    findings = run.findings(run.suite.families[0])
    first, second = findings.values()
    assert first.verdict.name == "inconclusive"
    assert (
        "4 prompts of 'a' are near copies of others of it: 'a river, the bridge of a town' = 'the river: a bridge"
        in (first.verdict.reason)
    )
    assert first.evidence.copies[0].paste.count("group: a-1}") == 2
    assert not any("by their words" in one.said for one in second.evidence.copies)
    # What is said of them is kept with the evidence, and stands in the record and among the suite's warnings.
    again = Run(load_suite(folder), from_transformers(*tiny.build(), name="tiny"), cache_dir=tmp_path)
    assert again.findings(again.suite.families[0]) == findings
    record = again.record(outcomes={})
    assert record.claims[0].evidence is not None
    assert record.claims[0].evidence.copies == first.evidence.copies
    assert any("near copies" in text and "group: a-1}" in text for text in record.warnings)
