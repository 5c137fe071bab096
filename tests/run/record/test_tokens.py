"""Texts of concepts read token by token, on a model of which it is known at which word a neuron fires."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.claims.suite import Suite
from neurontest.errors import ModelError
from neurontest.report.html.tokens import tokens_views
from neurontest.run import Run
from neurontest.spec.load import load_suite
from neurontest.trace.models.named import from_transformers
from neurontest.types import ConceptTokens
from tests import planted
from tests.architectures import ARCHITECTURES

#: The word of each concept, and how much it adds to a dimension of its own, in which no other word has anything.
WORDS = {"lake": "lake", "fist": "fist"}
HEIGHT = 300.0
PROMPTS = 8


def fired(words: dict[str, str], architecture: str = "gpt2") -> tuple[Any, Any, dict[str, int]]:
    """A planted model, its tokenizer, and the dimension of the residual that fires at each word and at no other."""
    import torch

    built = planted.build(architecture)
    body = built.model.get_input_embeddings()
    # Those that words have at random: nothing is planted in them, and no block writes to them.
    spread = body.weight.detach().std(dim=0)
    free = [int(at) for at in spread.argsort(descending=True) if spread[at] > 1 and spread[at] < 3][: len(words)]
    with torch.no_grad():
        for dimension, word in zip(free, words.values(), strict=True):
            body.weight[:, dimension] = 0.0
            body.weight[built.tokenizer.get_vocab()[word], dimension] = HEIGHT
    return built.model, built.tokenizer, dict(zip(words, free, strict=True))


@pytest.fixture(scope="module")
def model() -> tuple[Any, Any, dict[str, int]]:
    return fired(WORDS)


def suite_in(folder: Path, neurons: dict[str, object], replay: bool = True) -> Suite:
    """Two concepts and a baseline; a text after each prompt has the concept's word in one place, if it is given."""
    rng = np.random.default_rng(0)

    def neutral(count: int) -> list[str]:
        return [str(word) for word in rng.choice(planted.NEUTRAL, count)]

    def with_word(name: str) -> str:
        words = neutral(6)
        if name in WORDS:
            words[int(rng.integers(1, 5))] = WORDS[name]
        return " ".join(words)

    prompts = {name: [with_word(name) for _ in range(PROMPTS)] for name in (*WORDS, "neutral")}
    folder.mkdir(exist_ok=True)
    texts = [{"prompt": one, "text": f" {with_word(name)}"} for name, own in prompts.items() for one in own]
    (folder / "replay.json").write_text(json.dumps(texts))
    settings = {
        "neurontest": 1,
        "trace": {"replay": True} if replay else {"max_new_tokens": 3, "samples": 1},
        "neurons": {"k": 2, **neurons},
        "statistics": {"m": 4},
        "baseline": {"prompts": prompts["neutral"]},
        "concepts": {name: {"prompts": prompts[name]} for name in WORDS},
    }
    (folder / "suite.yaml").write_text(json.dumps(settings))
    (folder / "claims.yaml").write_text("claims: [lake has consistent neurons, fist has consistent neurons]\n")
    return load_suite(folder)


def begin(suite: Suite, model: tuple[Any, ...], cache: Path) -> Run:
    return Run(suite, from_transformers(model[0], model[1], name="planted"), cache_dir=cache, batch_size=16)


def read(run: Run, count: int) -> dict[str, ConceptTokens]:
    for family in run.suite.families:
        run.findings(family)
    run.read_tokens(count)
    found = run.record(outcomes={}).tokens
    assert found is not None
    return {one.concept: one for one in found.concepts}


@pytest.mark.parametrize(
    "neurons",
    [
        {"positions": "prompt"},
        {"positions": "generated"},
        {"positions": "generated", "normalize": "zscore"},
        {"positions": "generated", "reduce": "max", "select": "consistency"},
        {"positions": "generated", "identity": "dimension", "k": 1},
    ],
    ids=lambda one: "-".join(map(str, one.values())),
)
def test_the_word_that_fires_the_neuron_is_the_darkest(
    model: tuple[Any, Any, dict[str, int]], tmp_path: Path, neurons: dict[str, object]
) -> None:
    run = begin(suite_in(tmp_path / "suite", neurons), model, tmp_path)
    found = read(run, 3)
    assert list(found) == list(WORDS)
    record = run.record(outcomes={})
    views = tokens_views(record)
    for name, tokens in found.items():
        assert {one.index for one in run.sets(name).neurons} == {model[2][name]}
        assert (len(tokens.texts), tokens.reason) == (3, "")
        for text in tokens.texts:
            shaded = views[name].text(text.prompt, text.sample)
            assert shaded is not None
            # Once in the prompt, and once in a text that was given after it.
            times = 1 if neurons["positions"] == "prompt" else 2
            assert [word for word, _ in shaded.most[:times]] == [WORDS[name]] * times
            dark = [one.text.strip() for one in (*shaded.prompt, *shaded.text) if one.css]
            assert dark == [WORDS[name]] * times
            assert all(one.strong for one in (*shaded.prompt, *shaded.text) if one.css)


def test_over_all_texts_what_counts_has_the_mean_of_the_scores(
    model: tuple[Any, Any, dict[str, int]], tmp_path: Path
) -> None:
    run = begin(suite_in(tmp_path / "suite", {"positions": "generated"}), model, tmp_path)
    for name, tokens in read(run, 100).items():
        assert len(tokens.texts) == PROMPTS
        # From the last token of the prompt on; the last of the text was never read.
        means = [np.mean([one for one in text.activity[text.own - 1 :] if one is not None]) for text in tokens.texts]
        assert np.mean(means) == pytest.approx(np.mean([one.score for one in run.sets(name).neurons]), rel=0.01)


def test_what_was_read_is_found_again_by_others_and_changes_no_verdict(
    model: tuple[Any, Any, dict[str, int]], tmp_path: Path
) -> None:
    suite = suite_in(tmp_path / "suite", {"positions": "generated"}, replay=False)
    run = begin(suite, model, tmp_path)
    before = run.findings(suite.families[0])
    found = read(run, 2)
    assert all(len(one.texts) == 2 for one in found.values())
    # What the model wrote stands beside, and together the pieces are what it is.
    for concept in run.record(outcomes={}).concepts[: len(WORDS)]:
        for text, written in zip(found[concept.name].texts, concept.continuations, strict=False):
            assert text.prompt == written.prompt == "".join(text.pieces[: text.own])
            assert "".join(text.pieces[text.own :]).split() == written.text.split()

    class Gone:
        def __getattr__(self, name: str) -> Any:
            return getattr(run._handle, name)

        def load(self) -> Any:
            raise ModelError("the model is loaded again")

    again = Run(suite, Gone(), cache_dir=tmp_path)
    assert read(again, 2) == found
    assert again.findings(suite.families[0]) == before
    facts = json.loads(json.dumps(run.facts()))
    merged = Run.merge(suite, [facts, facts], cache_dir=tmp_path).record(outcomes={})
    assert merged.tokens == run.record(outcomes={}).tokens
    with pytest.raises(ModelError, match="loaded again"):
        again.read_tokens(3)
    run.read_tokens(3)
    longer = run.record(outcomes={}).tokens
    assert longer is not None
    assert [one.texts[:2] for one in longer.concepts] == [one.texts for one in found.values()]


def test_what_nobody_asked_about_is_not_read_and_nothing_is_said_of_it(
    model: tuple[Any, Any, dict[str, int]], tmp_path: Path
) -> None:
    run = begin(suite_in(tmp_path / "suite", {"positions": "generated"}), model, tmp_path)
    run.read_tokens(2)
    assert run.record(outcomes={}).tokens is None
    assert run.noticed() == []


def test_where_texts_cannot_be_read_one_line_says_why_and_is_kept(tmp_path: Path) -> None:
    suite = suite_in(tmp_path / "suite", {"positions": "generated"}, replay=False)
    run = begin(suite, ARCHITECTURES["t5"].pair(), tmp_path)
    found = read(run, 2)
    for one in found.values():
        assert one.texts == ()
        assert "is an encoder-decoder" in one.reason
        assert "\n" not in one.reason
    again = replace(run.record(outcomes={}), created="")
    assert tokens_views(again)["lake"].shown == 0
