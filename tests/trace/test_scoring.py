"""Scores of one model: the words and texts that they are of, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.errors import TraceError
from neurontest.trace.likelihood import Text
from neurontest.trace.models import from_transformers
from neurontest.trace.scoring import Scorer
from neurontest.types import Continuation, Forcing, Generation, ScoreRequest, silent
from tests import tiny
from tests.trace.test_likelihood import by_hand

GENERATION = Generation(max_new_tokens=4, samples=2)
PROMPTS = ("Hanoi has a", "A tulip")


def scorer(pair: tuple[Any, Any], folder: Path, written: list[Continuation] | None = None) -> Scorer:
    return Scorer(from_transformers(*pair), cache_dir=folder, continuations=lambda *_: written or [], progress=silent)


def request(*words: str, prompts: tuple[str, ...] = PROMPTS) -> ScoreRequest:
    forcing = Forcing((tiny.HIDDEN + 1,), ((2.0,),))
    return ScoreRequest(prompts, GENERATION, "residual", "generated", words, (forcing,))


def test_one_of_some_words_comes_first(llama: tuple[Any, Any], tmp_path: Path) -> None:
    model, tokens = llama
    found = scorer(llama, tmp_path).scores(request("lake", "opera")).values
    assert found.shape == (2, 2)
    for prompt, row in zip(PROMPTS, found, strict=True):
        ids = tuple(tokens(prompt)["input_ids"])
        words = [tuple(tokens(f" {word}", add_special_tokens=False)["input_ids"]) for word in ("lake", "opera")]
        lake, opera = (by_hand(model, Text(ids, word)) for word in words)
        wanted = np.logaddexp(lake, opera)
        assert row[0] == pytest.approx(wanted, rel=1e-4)


def test_a_word_that_begins_with_another_is_counted_once(llama: tuple[Any, Any], tmp_path: Path) -> None:
    score = scorer(llama, tmp_path).scores
    short = score(request("l")).values
    # The way in which "l" goes on most often: counted as well, it would be seen.
    longer = max((f"l{chr(at)}" for at in range(33, 127)), key=lambda word: score(request(word)).values.max())
    assert (np.logaddexp(short, score(request(longer)).values) - short).max() > 0.01
    assert (score(request(longer, "l", f"{longer}x")).values == short).all()


def test_texts_are_their_own_prompts(llama: tuple[Any, Any], tmp_path: Path) -> None:
    model, tokens = llama
    texts: dict[str, list[tuple[int, ...]]] = {
        PROMPTS[0]: [(70, 71, 72)],
        PROMPTS[1]: [(80,), (81, 82), (83, 84, 85, 86)],
    }
    written = [
        Continuation(prompt, at, "", len(ids), False, 0, ids)
        for prompt, own in texts.items()
        for at, ids in enumerate(own)
    ]
    found = scorer(llama, tmp_path, written).scores(request()).values
    for prompt, row in zip(PROMPTS, found, strict=True):
        ids = tuple(tokens(prompt)["input_ids"])
        each = [by_hand(model, Text(ids, own)) / len(own) for own in texts[prompt]]
        assert row[0] == pytest.approx(np.mean(each), rel=1e-4)


def test_words_that_do_not_fit_are_told(tmp_path: Path) -> None:
    prompt = "x" * (tiny.CONTEXT - 3)
    with pytest.raises(TraceError, match=rf"The prompt 'x+\.\.\.' and what is scored .* context has {tiny.CONTEXT}"):
        scorer(tiny.build("gpt2"), tmp_path).scores(request("opera", prompts=(prompt,)))
