"""What keeps a run from being held against a reference claim by claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neurontest.gate.accepted import Acceptance
from neurontest.gate.compare import Then
from neurontest.gate.margin import Margin
from neurontest.run.against import Against, failing
from neurontest.run.assemble import claim_record
from neurontest.run.bare import bare_record
from neurontest.run.evidence import evidence_key
from neurontest.spec.load import load_suite
from neurontest.types import Comparison, Continuation, Family
from tests.plugin.gated import write_suite

TEXTS = [Continuation("Hanoi is", 0, " a city", 2, ended=False, near_boundary=0, ids=(5, 6))]


@pytest.fixture
def family(tmp_path: Path) -> Family:
    return load_suite(write_suite(tmp_path / "specs")).families[0]


def reference(checksum: str) -> Any:
    floor = SimpleNamespace(repeats=())
    return SimpleNamespace(checksum=checksum, manifest=SimpleNamespace(created=""), floor=floor)


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


def read(ids: tuple[int, ...]) -> dict[tuple[str, int], Continuation]:
    return {(one.prompt, one.sample): replace(one, ids=ids) for one in TEXTS}


def test_another_tokenizer_is_noticed_by_the_same_texts(tmp_path: Path, family: Family) -> None:
    here = about(family, "Hanoi is")
    found = against(tmp_path, family).unlike(here, read((5, 7)))
    assert found == dict.fromkeys([claim.id for claim in here.tested], found["near"])
    assert "tokenizer is another" in found["near"]
    assert against(tmp_path, family).unlike(here, read((5, 6))) == {}
    assert against(tmp_path, family).unlike(here, read(())) == {}
    assert against(tmp_path, family).unlike(about(family, "Hue is"), read((5, 7))) == {}
    assert against(tmp_path, family, "own").unlike(here, read((5, 7))) == {}


def test_texts_of_a_claims_own_settings_are_not_in_a_reference(tmp_path: Path, family: Family) -> None:
    own = replace(family.claims[0], generation=replace(family.claims[0].generation, max_new_tokens=3))
    held = against(tmp_path, replace(family, claims=(own, *family.claims[1:])))
    found = held.unlike(about(family, "Hanoi is"), {})
    assert list(found) == ["near"]
    assert "--concept-against-texts own" in found["near"]
    # Both references of two have what they wrote.
    texts = [replace(TEXTS[0], prompt=one) for concept in family.claims[1].concepts.values() for one in concept.prompts]
    assert family.claims[1].baseline is not None
    texts += [replace(TEXTS[0], prompt=prompt) for prompt in family.claims[1].baseline.prompts]
    concepts = (replace(held.record.concepts[0], continuations=tuple(texts)), *held.record.concepts[1:])
    assert replace(held, record=replace(held.record, concepts=concepts)).unlike(family, {}) == {}
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
    about_change = replace(family.claims[0], kind="preserved", terms={"of": "hanoi"})
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
