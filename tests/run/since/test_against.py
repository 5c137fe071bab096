"""What keeps a run from being held against a reference claim by claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neurontest.claims.suite import Family
from neurontest.gate.accepted import Acceptance
from neurontest.gate.margin import Margin
from neurontest.gate.reference.texts import Ways
from neurontest.gate.reference.then import Then
from neurontest.kinds import kind_named
from neurontest.run.cache import evidence_key
from neurontest.run.record.assemble import claim_record
from neurontest.run.record.bare import bare_record
from neurontest.run.since.against import Against, failing
from neurontest.spec.load import load_suite
from neurontest.types import Comparison, Continuation, Generation, NoiseFloor, TextsRecord
from tests.plugin.gated import write_suite

TEXTS = [Continuation("Hanoi is", 0, " a city", 2, ended=False, near_boundary=0, ids=(5, 6))]


@pytest.fixture
def family(tmp_path: Path) -> Family:
    return load_suite(write_suite(tmp_path / "specs")).families[0]


def reference(checksum: str) -> Any:
    return SimpleNamespace(checksum=checksum, manifest=SimpleNamespace(created="", margin=""), floor=NoiseFloor())


def against(tmp_path: Path, family: Family, texts: str = "same", **said: Any) -> Against:
    suite = load_suite(tmp_path / "specs")
    record = bare_record(tmp_path / "specs", suite, "base", {})
    concepts = tuple(replace(one, continuations=tuple(TEXTS)) for one in record.concepts)
    claims = {(family.file, claim.id): claim_record(claim, None) for claim in family.claims}
    then = Then(reference("a"), claims, {})
    accepted = (
        Acceptance("claims.yaml::near", "cheaper", date(2027, 3, 31)),
        Acceptance("claims.yaml::far", "for good"),
    )
    own: dict[str, Any] = {
        "margin": Margin(),
        "texts": texts,
        "fails": ("lost",),
        "accepted": accepted,
        "today": date(2027, 3, 31),
    }
    return Against("ref", then, replace(record, concepts=concepts), **(own | said))


def about(family: Family, prompt: str) -> Family:
    claims = []
    for claim in family.claims:
        concepts = {name: replace(one, prompts=(prompt, *one.prompts[1:])) for name, one in claim.concepts.items()}
        replayed = replace(claim.generation, replay="ref")
        claims.append(replace(claim, concepts=concepts, generation=replayed))
    return replace(family, claims=tuple(claims))


def whole(held: Against, family: Family) -> Against:
    """With a text of every prompt of these claims."""
    prompts = {
        prompt: None
        for claim in family.claims
        for one in (*claim.concepts.values(), *([claim.baseline] if claim.baseline else []))
        for prompt in one.prompts
    }
    texts = tuple(replace(TEXTS[0], prompt=prompt) for prompt in prompts)
    concepts = (replace(held.record.concepts[0], continuations=texts), *held.record.concepts[1:])
    return replace(held, record=replace(held.record, concepts=concepts))


def read(ids: tuple[int, ...], text: str = TEXTS[0].text) -> Ways:
    return {Generation(replay="ref"): {(one.prompt, one.sample): replace(one, ids=ids, text=text) for one in TEXTS}}


def test_another_tokenizer_is_noticed_by_the_same_texts(tmp_path: Path, family: Family) -> None:
    here = about(family, "Hanoi is")
    held = whole(against(tmp_path, family), here)
    found = held.unlike(here, read((5, 7)))
    assert found == dict.fromkeys([claim.id for claim in here.tested], found["near"])
    assert "tokenizer is another" in found["near"]
    assert held.unlike(here, read((5, 6))) == {}
    assert held.unlike(here, read(())) == {}
    other = about(family, "Hue is")
    assert whole(held, other).unlike(other, read((5, 7))) == {}
    assert replace(held, texts="own").unlike(here, read((5, 7))) == {}


def test_claims_with_settings_of_their_own_are_held_against_what_they_read(tmp_path: Path, family: Family) -> None:
    own = replace(family.claims[0], generation=replace(family.claims[0].generation, max_new_tokens=3))
    here = about(family, "Hanoi is")
    held = whole(against(tmp_path, replace(family, claims=(own, *family.claims[1:]))), here)
    # A reference that holds none of these texts, as older ones do.
    found = held.unlike(here, read((5, 6)))
    assert list(found) == ["near"]
    assert "record it anew, or compare on each model's own (--concept-against-texts own)" in found["near"]
    assert replace(held, texts="own").unlike(here, read((5, 6))) == {}
    # One that does.
    (near,) = (claim for claim in here.claims if claim.id == "near")
    assert near.baseline is not None
    prompts = [prompt for one in (*near.concepts.values(), near.baseline) for prompt in one.prompts]
    short = [replace(TEXTS[0], prompt=prompt, text=" a", ids=(5,)) for prompt in prompts]
    held = replace(held, record=replace(held.record, texts=(TextsRecord(own.generation, tuple(short)),)))
    near = replace(near, generation=replace(near.generation, replay="ref (texts 2)"))
    alone = replace(here, claims=(near,))
    for text, ids, said in ((" a", (5,), None), (" a", (6,), "tokenizer is another"), (" a city", (5,), "other texts")):
        way = {("Hanoi is", 0): replace(TEXTS[0], text=text, ids=ids)}
        why = held.unlike(alone, {**read((5, 6)), near.generation.way: way}).get("near")
        assert (why is None) if said is None else (said in (why or ""))
    # Texts of the suite's, where the claim could not have its own.
    assert "other texts" in held.unlike(here, read((5, 6)))["near"]
    missing = replace(held.record, texts=(TextsRecord(own.generation, tuple(short[:-1])),))
    found = replace(held, record=missing).unlike(alone, {})
    assert f"holds no text of 1 of its {len(set(prompts))} prompts" in found["near"]


def test_of_two_references_both_have_what_they_wrote(tmp_path: Path, family: Family) -> None:
    held = against(tmp_path, family)
    assert whole(held, family).unlike(family, {}) == {}
    # What neither holds was never compared.
    assert "holds no text of" in held.unlike(family, {})["near"]


def test_an_acceptance_counts_on_its_last_day_and_for_its_claim(tmp_path: Path, family: Family) -> None:
    lost, kept = Comparison("lost"), Comparison("preserved")
    held = against(tmp_path, family)
    assert not held.fails_with("claims.yaml::near", lost)
    assert held.fails_with("claims.yaml::violent", lost)
    assert not held.fails_with("claims.yaml::violent", kept)
    late = against(tmp_path, family, today=date(2027, 4, 1))
    assert late.fails_with("claims.yaml::near", lost)
    assert not late.fails_with("claims.yaml::far", lost)
    told = late.described(load_suite(tmp_path / "specs"))
    assert [(one.until, one.expired) for one in told.accepted] == [("2027-03-31", True), ("", False)]


def test_what_is_kept_hangs_on_all_that_a_comparison_hangs_on(tmp_path: Path, family: Family) -> None:
    first = against(tmp_path, family)
    other = replace(first, then=replace(first.then, reference=reference("b")))
    keys = {
        first.key("e", {}),
        first.key("f", {}),
        first.key("e", {"near": "why"}),
        replace(first, margin=Margin(0.4)).key("e", {}),
        other.key("e", {}),
    }
    assert len(keys) == 5
    assert first.key("e", {}) in keys


def test_evidence_hangs_on_the_reference_where_a_claim_looks_at_it(tmp_path: Path, family: Family) -> None:
    held = against(tmp_path, family)
    assert held.looked_at(family) == ""
    about_change = replace(family.claims[0], kind=kind_named("preserved"), terms={"of": "hanoi"})
    changed = replace(family, claims=(about_change, *family.claims[1:]))
    assert held.looked_at(changed).startswith("a, ")
    assert against(tmp_path, family, "own").looked_at(changed) != held.looked_at(changed)
    keys = {evidence_key(changed, ["model"], ["trace"], one) for one in ("", "a", "b")}
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("said", "found"),
    [("weakened,lost", ("weakened", "lost")), ("lost undecided, lost", ("lost", "undecided")), ("none", ())],
)
def test_what_fails_is_a_list(said: str, found: tuple[str, ...]) -> None:
    assert failing(said) == found


@pytest.mark.parametrize("said", ["", "preserved", "none,lost", "loss"])
def test_what_cannot_fail_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="must name some of"):
        failing(said)


def test_a_margin_that_is_wider_than_the_references_moves_the_bar(tmp_path: Path, family: Family) -> None:
    suite = load_suite(tmp_path / "specs")
    held = against(tmp_path, family, margin=Margin(0.8))
    assert "margin was 50%, and is 80%" not in held.described(suite).bar
    own: Any = SimpleNamespace(**vars(held.then.reference))
    own.manifest = SimpleNamespace(created="", margin="50%")
    assert "margin was 50%, and is 80%" in replace(held, then=replace(held.then, reference=own)).described(suite).bar
