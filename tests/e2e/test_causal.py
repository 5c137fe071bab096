"""Causal claims on models whose truth is known: neurons that matter are told from those that only light up."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.run import Run
from neurontest.spec.load import load_suite
from neurontest.trace.models.named import from_transformers
from neurontest.trace.texts import score
from neurontest.types import Finding
from tests.planted import ARCHITECTURES, CONCEPTS, Planted, build, prompts

PROMPTS_EACH, BASELINE_PROMPTS = 48, 24
SUITE = """\
neurontest: 1
trace: {max_new_tokens: 8, samples: 4}
baseline: {prompts: baseline.txt}
concepts:
"""
MATTER = {
    "tulip's neurons are needed for tulip more than for violent": "holds",
    "tulip's neurons are needed for violent more than for tulip": "refuted",
    "violent's neurons are needed for tulip more than for vietnam": "inconclusive",
    "forcing tulip's neurons makes tulip more likely": "holds",
}
#: Less likely it is, but so is every word that is not tulip's: how far that goes beyond them hangs on the architecture.
LESS_LIKELY = "forcing tulip's neurons makes violent more likely"


def suite_in(folder: Path, claims: str, planted: Planted) -> Path:
    folder.mkdir()
    lists = {name: prompts(name, PROMPTS_EACH, seed) for seed, name in enumerate(CONCEPTS, 1)}
    lists["baseline"] = prompts(None, BASELINE_PROMPTS, seed=0)
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines))
    concepts = "".join(
        f"  {name}: {{prompts: {name}.txt, words: [{', '.join(CONCEPTS[name][:3])}]}}\n" for name in CONCEPTS
    )
    for name in ("decoys", "massive"):
        own = sorted(getattr(planted, name)["residual"])
        listed = "".join(f"      - L{layer}.residual[{index}]\n" for layer, index in own)
        concepts += f"  {name}:\n    published:\n{listed}"
    (folder / "suite.yaml").write_text(f"{SUITE}{concepts}{claims}")
    return folder


def verdicts(planted: Planted, suite: Path, cache: Path) -> dict[str, Finding]:
    loaded = load_suite(suite)
    run = Run(loaded, from_transformers(planted.model, planted.tokenizer, name="planted"), cache_dir=cache)
    found = run.findings(loaded.families[0])
    return {claim.sentence: found[claim.id] for claim in loaded.claims}


def claims(*sentences: str, settings: str) -> str:
    return f"neurons: {settings}\nclaims:\n" + "".join(f"  - {one}\n" for one in sentences)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_planted_neurons_matter_to_their_own_concept(architecture: str, tmp_path: Path) -> None:
    planted = build(architecture)
    # Each by itself: against a smaller threshold more random sets are looked at.
    said = "statistics: {correction: none}\n" + claims(*MATTER, LESS_LIKELY, settings="{k: 6}")
    found = verdicts(planted, suite_in(tmp_path / "suite", said, planted), tmp_path / "cache")
    assert {sentence: found[sentence].verdict.name for sentence in MATTER} == MATTER
    assert found[LESS_LIKELY].verdict.name in ("inconclusive", "refuted")
    assert found[LESS_LIKELY].evidence.effect.value < 0


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_neurons_that_only_light_up_do_not_matter(architecture: str, tmp_path: Path) -> None:
    # Without feedback nothing reads them: as active on the concept as with it, and not causal.
    planted = build(architecture, feedback=0.0)
    needed = "tulip's neurons are needed for tulip more than for violent"
    forced = "forcing tulip's neurons makes tulip more likely"
    said = claims(needed, forced, "tulip has specific neurons", settings="{site: mlp, k: 6}")
    found = verdicts(planted, suite_in(tmp_path / "suite", said, planted), tmp_path / "cache")
    assert found["tulip has specific neurons"].verdict.name == "holds"
    assert found[needed].verdict.name == "inconclusive"
    assert found[forced].verdict.name == "inconclusive"
    assert abs(found[needed].evidence.effect.value) < 1e-5
    assert abs(found[forced].evidence.effect.value) < 1e-5


def test_decoys_do_not_matter_though_they_are_as_active(tmp_path: Path) -> None:
    planted = build("gpt2")
    needed = "decoys's neurons are needed for tulip more than for violent"
    said = claims(needed, "forcing decoys's neurons makes tulip more likely", settings="{k: 6}")
    found = verdicts(planted, suite_in(tmp_path / "suite", said, planted), tmp_path / "cache")
    assert not any(one.verdict.name == "holds" for one in found.values())


@pytest.mark.parametrize("how", ["zero", "resample"])
def test_other_ablations_find_them_too(how: str, tmp_path: Path) -> None:
    planted = build("gpt2")
    needed = "tulip's neurons are needed for tulip more than for violent"
    suite = suite_in(tmp_path / "suite", claims(needed, settings=f"{{k: 6, ablate: {how}}}"), planted)
    assert verdicts(planted, suite, tmp_path / "cache")[needed].verdict.name == "holds"


def test_scores_are_found_again_when_a_setting_of_the_test_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = build("gpt2")
    needed = "tulip's neurons are needed for tulip more than for violent"
    suite = suite_in(tmp_path / "suite", claims(needed, settings="{k: 6}"), planted)
    first = verdicts(planted, suite, tmp_path / "cache")[needed]
    monkeypatch.setattr(score, "read_texts", None)
    assert verdicts(planted, suite, tmp_path / "cache")[needed] == first
    (suite / "suite.yaml").write_text((suite / "suite.yaml").read_text() + "statistics: {confidence: 0.9}\n")
    again = verdicts(planted, suite, tmp_path / "cache")[needed]
    assert again.evidence.p == first.evidence.p
    assert again.evidence.effect != first.evidence.effect


def test_a_set_that_moves_everything_is_not_needed_for_a_concept(tmp_path: Path) -> None:
    # Without the massive dimensions all texts are lost, tulip's more than violent's: by more than any random set.
    planted = build("gpt2")
    needed = "massive's neurons are needed for tulip more than for violent"
    suite = suite_in(tmp_path / "suite", claims(needed, settings="{k: 6, ablate: zero}"), planted)
    found = verdicts(planted, suite, tmp_path / "cache")[needed]
    assert found.verdict.name == "inconclusive"
    assert found.evidence.effect.value > 1
    lost = {one.name: one.value for one in found.evidence.details if one.name.startswith("extra loss")}
    assert lost["extra loss of tulip"] > 3 * lost["extra loss of tulip by random sets"]
    assert lost["extra loss of the others"] > 3 * lost["extra loss of the others by random sets"]
