"""Causal claims from specs to evidence on a tiny model: whose texts are scored, and what makes them be scored anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.run import Run
from neurontest.spec.load import load_suite
from neurontest.trace.models.named import from_transformers
from neurontest.types import Evidence
from tests import tiny

NEEDED = "hanoi's neurons are needed for hanoi more than for violent"
PROMPTS = [f"{name} {at}" for name in ("hanoi", "violent", "neutral") for at in range(20)]


@pytest.fixture(scope="module")
def pair() -> tuple[Any, Any]:
    return tiny.build("llama", layers=2)


def suite_in(
    folder: Path, texts: Sequence[Mapping[str, Any]] = (), neurons: Mapping[str, Any] | None = None, **trace: Any
) -> Path:
    """One claim that neurons are needed; with `texts`, over these."""
    concepts = {name: {"prompts": [one for one in PROMPTS if name in one]} for name in ("hanoi", "violent")}
    settings = {
        "neurontest": 1,
        "trace": {"max_new_tokens": 3, **trace, "replay": bool(texts)},
        "neurons": {"k": 4, "ablate": "zero", **(neurons or {})},
        "baseline": {"prompts": PROMPTS[-20:]},
        "concepts": concepts,
        "claims": [NEEDED],
    }
    folder.mkdir(exist_ok=True)
    (folder / "suite.yaml").write_text(json.dumps(settings))
    if texts:
        (folder / "replay.json").write_text(json.dumps(list(texts)))
    return folder


def evidence(suite: Path, pair: tuple[Any, Any], cache: Path) -> Evidence:
    loaded = load_suite(suite)
    run = Run(loaded, from_transformers(*pair), cache_dir=cache)
    return run.finding(loaded.claims[0]).evidence


def given(write: Any = lambda prompt: " is old") -> list[dict[str, Any]]:
    return [{"prompt": prompt, "text": write(prompt)} for prompt in PROMPTS]


def test_a_replay_may_give_prompts_more_texts_or_fewer(pair: tuple[Any, Any], tmp_path: Path) -> None:
    once = given()
    wanted = evidence(suite_in(tmp_path / "once", once, samples=1), pair, tmp_path / "cache")
    # The number of samples says nothing of texts that are given; a text that is given twice weighs no more.
    for name, texts, samples in (("unsaid", once, 4), ("twice", [*once, *once[:7]], 1)):
        found = evidence(suite_in(tmp_path / name, texts, samples=samples), pair, tmp_path / name / "cache")
        assert found.effect.value == pytest.approx(wanted.effect.value, abs=1e-4), name


@pytest.mark.parametrize("concept", ["hanoi", "violent"])
def test_texts_that_change_are_scored_anew(concept: str, pair: tuple[Any, Any], tmp_path: Path) -> None:
    first = evidence(suite_in(tmp_path / "suite", given()), pair, tmp_path / "cache")
    # The last token is no step's input: activations are the same.
    changed = given(lambda prompt: " is olx" if concept in prompt else " is old")
    suite = suite_in(tmp_path / "suite", changed)
    wanted = evidence(suite, pair, tmp_path / "fresh")
    assert wanted.effect.value != pytest.approx(first.effect.value, abs=1e-3)
    assert evidence(suite, pair, tmp_path / "cache").effect.value == pytest.approx(wanted.effect.value, abs=1e-4)


@pytest.mark.parametrize("texts", [(), given()], ids=["written", "given"])
def test_neurons_selected_by_prompts_alone_are_needed_for_texts(
    texts: Sequence[Mapping[str, Any]], pair: tuple[Any, Any], tmp_path: Path
) -> None:
    found = evidence(suite_in(tmp_path / "suite", texts, {"positions": "prompt"}), pair, tmp_path / "cache")
    assert np.isfinite(found.effect.value)
    assert found.effect.value != 0
