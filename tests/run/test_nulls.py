"""Suites whose concepts share groups of prompts, from specs to the record; and what vacuity hangs on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neurontest.claims.suite import Suite
from neurontest.run import Run
from neurontest.run.cache import evidence_key, vacuity_key
from neurontest.spec.load import load_suite
from neurontest.trace.models.named import from_transformers
from neurontest.types import Concept, ModelHandle, PublishedNeuron
from tests import planted, tiny

WORDS = {"tulip": "petal bulb bloom", "vietnam": "mekong saigon hue", "violent": "fist blade blood"}


def planted_suite(folder: Path, claims: list[Any], count: int = 10, group: bool = True, **more: Any) -> Path:
    """Parallel sentences: one neutral sentence a template, in which each concept puts its own words."""
    frames = planted.prompts(None, count, 3, template=False)
    concepts: dict[str, Any] = {
        name: {
            "prompts": [
                {"text": f"{words} {name} {frame}", **({"group": f"t{at}"} if group else {})}
                for at, frame in enumerate(frames)
            ]
        }
        for name, words in WORDS.items()
    }
    settings = {
        "neurontest": 1,
        "trace": {"max_new_tokens": 4, "samples": 2},
        "neurons": {"site": "mlp", "k": 6},
        "statistics": {"m": count // 2},
        "baseline": {"prompts": planted.prompts(None, 20, 7)},
        "concepts": {**concepts, **more},
        "claims": claims,
    }
    folder.mkdir(exist_ok=True)
    (folder / "suite.yaml").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="module")
def handle() -> ModelHandle:
    built = planted.build("gpt2")
    return from_transformers(built.model, built.tokenizer, name="planted")


def test_parallel_sentences_are_tested_and_replayed(handle: ModelHandle, tmp_path: Path) -> None:
    claims = [
        "tulip, vietnam and violent have distinct neurons",
        "vietnam overlaps violent more than tulip",
        "normalization separates tulip and vietnam better than raw",
        "all generated tokens separate tulip and vietnam better than the last token",
        "raw neurons of tulip and vietnam are nearly identical",
        "baseline-normalized sets differ from raw",
        "tulip has consistent neurons",
        "tulip overlaps vietnam by at most 3 neurons",
        {"id": "permuted", "claim": "tulip and violent have distinct neurons", "statistics": {"test": "permutation"}},
    ]
    run = Run(load_suite(planted_suite(tmp_path / "suite", claims)), handle, cache_dir=tmp_path)
    (family,) = run.suite.families
    found = run.findings(family)
    first, *_ = found.values()
    assert first.verdict.name == "holds"
    assert first.evidence.keys[0].name == "permutation"
    assert "within each template" in first.evidence.keys[0].null
    assert found["permuted"].verdict.name == "holds"
    looked_at = run.vacuity(family)
    assert list(looked_at) == [claim.id for claim in family.tested], "all have a half-sample test"
    assert all(one.worlds and not one.reason for one in looked_at.values())
    # Templates and all, labels that mean nothing make no concepts distinct.
    assert not looked_at[next(iter(found))].vacuous
    assert not looked_at["permuted"].vacuous
    assert run.record(outcomes={}).claims[0].vacuity == looked_at[next(iter(found))]


def test_a_claim_alone_in_its_suite_cannot_be_replayed(handle: ModelHandle, tmp_path: Path) -> None:
    folder = planted_suite(tmp_path / "suite", ["tulip has consistent neurons"])
    said = json.loads((folder / "suite.yaml").read_text())
    said["concepts"] = {"tulip": said["concepts"]["tulip"]}
    (folder / "suite.yaml").write_text(json.dumps(said))
    run = Run(load_suite(folder), handle, cache_dir=tmp_path)
    (one,) = run.vacuity(run.suite.families[0]).values()
    assert (one.worlds, one.vacuous) == (0, False)
    assert "too few to deal instead of the 10 of 'tulip'" in one.reason


def test_who_is_dealt_is_a_matter_of_the_plan_and_not_of_the_cache(handle: ModelHandle, tmp_path: Path) -> None:
    claims = [{"id": "own", "claim": "tulip and vietnam have distinct neurons", "trace": {"max_new_tokens": 3}}]
    more = {"id": "more", "claim": "violent has consistent neurons", "trace": {"max_new_tokens": 3}}
    alone = Run(load_suite(planted_suite(tmp_path / "a", claims, group=False)), handle, cache_dir=tmp_path / "x")
    wanted = alone.vacuity(alone.suite.families[0])["own"]
    # An earlier state of the suite left violent's traces there.
    before = Run(load_suite(planted_suite(tmp_path / "b", [*claims, more], group=False)), handle, cache_dir=tmp_path)
    before.findings(before.suite.families[0])
    again = Run(load_suite(tmp_path / "a"), handle, cache_dir=tmp_path)
    assert again.vacuity(again.suite.families[0])["own"] == wanted


def test_a_pool_of_which_a_trace_is_damaged_is_mended_and_told(handle: ModelHandle, tmp_path: Path) -> None:
    folder = planted_suite(tmp_path / "suite", ["tulip and vietnam have distinct neurons"], group=False)
    first = Run(load_suite(folder), handle, cache_dir=tmp_path)
    family = first.suite.families[0]
    wanted = first.vacuity(family)
    record = first.record(outcomes={})
    assert not record.warnings
    for path in (tmp_path / "traces").rglob("*.safetensors"):
        content = bytearray(path.read_bytes())
        content[-1] ^= 255
        path.write_bytes(content)
    again = Run(first.suite, handle, cache_dir=tmp_path)
    assert again.vacuity(family) == wanted
    mended = again.record(outcomes={})
    assert any("made anew" in text or "damaged" in text for text in mended.warnings), mended.warnings
    assert mended.concepts == record.concepts
    assert mended.overlaps == record.overlaps


def test_traces_that_go_while_they_are_needed_are_made_anew(handle: ModelHandle, tmp_path: Path) -> None:
    folder = planted_suite(tmp_path / "suite", ["tulip and vietnam have distinct neurons"], group=False)
    first = Run(load_suite(folder), handle, cache_dir=tmp_path)
    family = first.suite.families[0]
    wanted = first.vacuity(family), first.record(outcomes={}).concepts
    again = Run(first.suite, handle, cache_dir=tmp_path)
    again.findings(family)
    for path in [*(tmp_path / "traces").rglob("*.safetensors"), *(tmp_path / "evidence").rglob("*.json")]:
        path.unlink()
    assert again.vacuity(family) == wanted[0]
    record = again.record(outcomes={})
    assert record.concepts == wanted[1]
    assert any("were gone and were made anew" in text for text in record.warnings)


def test_what_cannot_be_mended_is_told(handle: ModelHandle, tmp_path: Path) -> None:
    folder = planted_suite(tmp_path / "suite", ["tulip and vietnam have distinct neurons"], group=False)
    first = Run(load_suite(folder), handle, cache_dir=tmp_path)
    family = first.suite.families[0]
    first.vacuity(family)
    facts = json.loads(json.dumps({**first.facts(), "vacuity": []}))
    before = first.suite.concepts["violent"].prompts[0]
    store: Any = first._traces.tracer._store
    for where in ("generated", "last"):
        key = store.key(before, 0, first.suite.generation, "mlp", where)
        (path,) = (tmp_path / "traces").rglob(f"{key}.safetensors")
        path.unlink()
    merged = Run.merge(first.suite, [facts], cache_dir=tmp_path)
    (one,) = merged.vacuity(family).values()
    assert "are not in" in one.reason
    assert not one.vacuous
    record = merged.record(outcomes={})
    assert [text for text in record.warnings if "was not tried where concepts mean nothing" in text]
    assert [text for text in record.warnings if "the report is not whole" in text]


def test_a_twin_that_cannot_be_tested_is_told(tmp_path: Path) -> None:
    from neurontest.trace.models.twin import RandomTwin

    folder = tmp_path / "suite"
    folder.mkdir()
    settings = {
        "neurontest": 1,
        "trace": {"max_new_tokens": 3, "samples": 1},
        "neurons": {"k": 3, "normalize": "raw"},
        "statistics": {"m": 4},
        "concepts": {"a": {"prompts": [f"a {at}" for at in range(8)]}},
        "claims": ["a has consistent neurons"],
    }
    (folder / "suite.yaml").write_text(json.dumps(settings))
    suite = load_suite(folder)
    handle = from_transformers(*tiny.build(), name="tiny")
    twin = Run(suite, RandomTwin(handle, 0), cache_dir=tmp_path)
    run = Run(suite, handle, cache_dir=tmp_path, twin=twin)
    assert run.salmon(suite.claims[0]) is not None
    (claim,) = suite.claims
    asked = replace(claim, selection=replace(claim.selection, match="zebra"))
    changed = replace(suite, families=(replace(suite.families[0], claims=(asked,)),))
    other = Run(changed, handle, cache_dir=tmp_path, twin=Run(changed, RandomTwin(handle, 0), cache_dir=tmp_path))
    assert other.salmon(asked) is None
    assert any("was not tested on a twin" in text for text in other.record(outcomes={}).warnings)


def test_all_that_decides_is_in_the_keys(tmp_path: Path) -> None:
    suite: Suite = load_suite(planted_suite(tmp_path / "suite", ["tulip and vietnam have distinct neurons"]))
    (family,) = suite.families
    (claim,) = family.claims
    tulip, violent = suite.concepts["tulip"], suite.concepts["violent"]
    pool = dict(suite.concepts)
    assert claim.baseline is not None

    def of(**changes: Any) -> str:
        return evidence_key(replace(family, claims=(replace(claim, **changes),)), ["f", "float32"], ["1", "2"])

    def dealt(everyone: dict[str, Concept], digests: tuple[str, ...] = ("1", "2"), model: str = "f") -> str:
        return vacuity_key(family, [model], {claim.id: (everyone, digests)})

    def about(concept: Concept) -> dict[str, Any]:
        return {"concepts": {**claim.concepts, concept.name: concept}}

    evidence = [
        of(),
        evidence_key(family, ["g", "float32"], ["1", "2"]),
        evidence_key(family, ["f", "bfloat16"], ["1", "2"]),
        evidence_key(family, ["f", "float32"], ["2", "1"]),
        evidence_key(family, ["f", "float32"], ["1", "3"]),
        evidence_key(replace(family, file="other.yaml"), ["f", "float32"], ["1", "2"]),
        evidence_key(replace(family, statistics=replace(family.statistics, alpha=0.1)), ["f", "float32"], ["1", "2"]),
        of(id="other"),
        of(statistics=replace(claim.statistics, m=3)),
        of(selection=replace(claim.selection, k=7)),
        of(generation=replace(claim.generation, seed=1)),
        of(baseline=replace(claim.baseline, prompts=claim.baseline.prompts[1:])),
        of(concepts=dict(reversed(list(claim.concepts.items())))),
        of(**about(replace(tulip, groups=()))),
        of(**about(replace(tulip, words=("tulip",)))),
        of(**about(replace(tulip, prompts=tulip.prompts[::-1]))),
        of(**about(replace(tulip, prompts=(), groups=(), published=(PublishedNeuron(0, 0),), site="mlp"))),
    ]
    assert len(set(evidence)) == len(evidence)
    # The groups of a concept that no claim names decide what is dealt; so does the order of the pool's rows.
    nulls = [
        dealt(pool),
        dealt({**pool, "violent": replace(violent, groups=())}),
        dealt({**pool, "violent": replace(violent, prompts=violent.prompts[1:], groups=violent.groups[1:])}),
        dealt({name: one for name, one in pool.items() if name != "violent"}),
        dealt(dict(reversed(list(pool.items())))),
        dealt(pool, ("2", "1")),
        dealt(pool, model="g"),
    ]
    assert len(set(nulls)) == len(nulls)
    assert not set(nulls) & set(evidence)


def test_groups_that_no_claim_names_are_dealt_anew(handle: ModelHandle, tmp_path: Path) -> None:
    folder = planted_suite(tmp_path / "suite", ["tulip has consistent neurons"])
    first = Run(load_suite(folder), handle, cache_dir=tmp_path)
    first.vacuity(first.suite.families[0])
    said = json.loads((folder / "suite.yaml").read_text())
    for name in ("vietnam", "violent"):
        said["concepts"][name] = {"prompts": [one["text"] for one in said["concepts"][name]["prompts"]]}
    (folder / "suite.yaml").write_text(json.dumps(said))
    second, fresh = (Run(load_suite(folder), handle, cache_dir=cache) for cache in (tmp_path, tmp_path / "fresh"))
    (family,) = second.suite.families
    assert second.vacuity(family) == fresh.vacuity(family)
    assert second.cost.texts == 0
