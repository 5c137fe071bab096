"""Scores of one model: the words and texts that they are of, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from neurontest.errors import TraceError
from neurontest.trace.models.named import from_transformers
from neurontest.trace.passes.text import Text
from neurontest.trace.scoring import Scorer
from neurontest.types import Activations, Continuation, Forcing, Generation, ScoreRequest, silent
from tests import tiny
from tests.trace.texts.test_score import by_hand

Floats = npt.NDArray[np.floating]

GENERATION = Generation(max_new_tokens=4, samples=2)
PROMPTS = ("Hanoi has a", "A tulip")


def scorer(pair: tuple[Any, Any], folder: Path, written: list[Continuation] | None = None) -> Scorer:
    return Scorer(from_transformers(*pair), cache_dir=folder, continuations=lambda *_: written or [], progress=silent)


def request(*words: str, prompts: tuple[str, ...] = PROMPTS) -> ScoreRequest:
    forcing = Forcing((tiny.HIDDEN + 1,), ((2.0,),))
    return ScoreRequest(prompts, GENERATION, "residual", "generated", words, (forcing,))


def likelihood_of(found: Activations) -> Floats:
    """Log-probabilities [prompt, 1 + forcing]: the first of what is measured."""
    return np.asarray(found.values.reshape(len(found.values), found.layers, found.width)[:, 0])


def test_one_of_some_words_comes_first(llama: tuple[Any, Any], tmp_path: Path) -> None:
    model, tokens = llama
    asked = request("lake", "opera")
    found = likelihood_of(scorer(llama, tmp_path).scores(asked))
    assert found.shape == (2, 2)
    for prompt, row in zip(PROMPTS, found, strict=True):
        ids = tuple(tokens(prompt)["input_ids"])
        words = [tuple(tokens(f" {word}", add_special_tokens=False)["input_ids"]) for word in ("lake", "opera")]
        lake, opera = (by_hand(model, Text(ids, word)) for word in words)
        wanted = np.logaddexp(lake, opera)
        assert row[0] == pytest.approx(wanted, rel=1e-4)


def test_a_word_that_begins_with_another_is_counted_once(llama: tuple[Any, Any], tmp_path: Path) -> None:
    def score(asked: ScoreRequest) -> Floats:
        return likelihood_of(scorer(llama, tmp_path).scores(asked))

    short = score(request("l"))
    # The way in which "l" goes on most often: counted as well, it would be seen.
    longer = max((f"l{chr(at)}" for at in range(33, 127)), key=lambda word: score(request(word)).max())
    assert (np.logaddexp(short, score(request(longer))) - short).max() > 0.01
    assert (score(request(longer, "l", f"{longer}x")) == short).all()


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
    found = likelihood_of(scorer(llama, tmp_path, written).scores(request()))
    for prompt, row in zip(PROMPTS, found, strict=True):
        ids = tuple(tokens(prompt)["input_ids"])
        each = [by_hand(model, Text(ids, own)) / len(own) for own in texts[prompt]]
        assert row[0] == pytest.approx(np.mean(each), rel=1e-4)


def test_words_that_do_not_fit_are_told(tmp_path: Path) -> None:
    prompt = "x" * (tiny.CONTEXT - 3)
    with pytest.raises(TraceError, match=rf"The prompt 'x+\.\.\.' and what is scored .* context has {tiny.CONTEXT}"):
        scorer(tiny.build("gpt2"), tmp_path).scores(request("opera", prompts=(prompt,)))


def test_words_beside_control_tokens(llama: tuple[Any, Any], tmp_path: Path) -> None:
    """First tokens alone stand beside control tokens, of words of several tokens too."""
    import torch

    from neurontest.trace.sites.find import find_sites
    from neurontest.trace.sites.intervene import SiteForcer

    model, tokens = llama
    asked = request("lake", "opera", prompts=PROMPTS[:1])
    found = scorer(llama, tmp_path).scores(asked)
    assert asked.scores == ("likelihood", "change", "write", "first", "controls", "spread")
    assert (found.layers, found.width) == (6, 2)
    scores = dict(zip(asked.scores, found.values.reshape(6, 2), strict=True))
    ids = torch.tensor([tokens(PROMPTS[0])["input_ids"]])
    firsts = [tokens(f" {word}", add_special_tokens=False)["input_ids"][0] for word in ("lake", "opera")]
    firsts = list(dict.fromkeys(firsts))
    steps = torch.zeros(ids.shape, dtype=torch.bool)
    steps[:, -1] = True
    (site,) = find_sites(model, ("residual",))
    with torch.inference_mode():
        before = model(input_ids=ids).logits[0, -1].log_softmax(0)
        with SiteForcer(site, [((tiny.HIDDEN + 1,), (2.0,))], steps):
            after = model(input_ids=ids).logits[0, -1].log_softmax(0)
    assert scores["first"] == pytest.approx([float(one[firsts].mean()) for one in (before, after)], rel=1e-4)
    nearest = {first: (before - before[first]).abs().argsort(stable=True) for first in firsts}
    taken: list[int] = []
    for first in firsts:
        own = [at for at in nearest[first].tolist() if at not in firsts and at not in taken]
        taken.extend(own[: 100 // len(firsts)])
    rises = (after - before)[taken].double()
    assert scores["controls"] == pytest.approx([0.0, float(rises.mean())], rel=1e-3, abs=1e-6)
    assert scores["spread"] == pytest.approx([0.0, float(rises.var(correction=0))], rel=1e-3, abs=1e-9)


def test_scores_of_an_earlier_way_to_measure_are_not_read(
    llama: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurontest.trace import scoring

    ours = scorer(llama, tmp_path)
    ours.scores(request("lake"))
    monkeypatch.setattr(scoring, "likelihoods", None)
    ours.scores(request("lake"))
    monkeypatch.setattr(scoring, "SCORES_VERSION", scoring.SCORES_VERSION - 1)
    with pytest.raises(TypeError):
        ours.scores(request("lake"))
