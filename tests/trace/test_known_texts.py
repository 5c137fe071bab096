"""Prompts read without writing on, and texts scored with neurons set, in every architecture that allows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurontest.errors import TraceError
from neurontest.trace.engine import Tracer
from neurontest.trace.models.named import from_transformers
from neurontest.trace.passes.text import Text
from neurontest.trace.sites.find import find_sites
from neurontest.trace.texts.score import likelihoods
from neurontest.types import Generation, Reading, TraceGroup, TracePlan, TraceRequest, silent
from tests import tiny
from tests.architectures import ARCHITECTURES

PROMPTS = ("Hanoi", "Tulips are red.", "What is a lake like?")


@pytest.mark.parametrize("name", sorted({*ARCHITECTURES} - {"t5", "bart"}))
def test_prompts_are_read_the_same_alone_and_together(name: str, tmp_path: Path) -> None:
    assert_prompts_alike(*ARCHITECTURES[name].pair(), tmp_path)


def test_an_encoder_that_counts_from_its_padding_token_on(tmp_path: Path) -> None:
    import torch
    import transformers

    tokens = tiny.tokenizer()
    config = transformers.RobertaConfig(
        vocab_size=len(tokens), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48
    )
    # Without the head that predicts tokens, such as a checkpoint for classifying has it.
    model = transformers.RobertaModel(config, add_pooling_layer=False).eval()
    read = assert_prompts_alike(model, tokens, tmp_path)
    with torch.inference_mode():
        states = model(torch.tensor([tokens("Hanoi")["input_ids"]]), output_hidden_states=True).hidden_states[1:]
    by_hand = torch.stack([one[0].mean(dim=0) for one in states]).flatten().numpy()
    assert read["Hanoi"] == pytest.approx(by_hand, rel=1e-4, abs=1e-6)


def assert_prompts_alike(model: Any, tokens: Any, folder: Path) -> dict[str, Any]:
    """Activations of some prompts' own tokens, which are the same in whatever batches they are read."""
    read = []
    generation = Generation(max_new_tokens=4, samples=1)
    for size in (1, 8):
        handle = from_transformers(model, tokens)
        tracer = Tracer(handle, cache_dir=folder / str(size), batch_size=size, progress=silent)
        tracer.ensure(TracePlan((TraceGroup(generation, PROMPTS, ("residual",), ("prompt",)),)))
        read.append(tracer.activations(TraceRequest(PROMPTS, generation, "residual", "prompt")).values)
    assert read[0] == pytest.approx(read[1], rel=1e-4, abs=1e-5)
    return dict(zip(PROMPTS, read[0], strict=True))


@pytest.mark.parametrize("name", ["t5", "bart"])
def test_what_cannot_be_read_of_an_encoder_decoder(name: str, tmp_path: Path) -> None:
    model, tokens = ARCHITECTURES[name].pair()
    tracer = Tracer(from_transformers(model, tokens), cache_dir=tmp_path, batch_size=8, progress=silent)
    generation = Generation(max_new_tokens=4, samples=1)
    for positions in (("prompt",), ("generated", Reading("generated", "Hanoi"))):
        with pytest.raises(TraceError, match="is an encoder-decoder: its prompts go to an encoder of their own"):
            tracer.ensure(TracePlan((TraceGroup(generation, PROMPTS, ("residual",), positions),)))


@pytest.mark.parametrize("name", ["t5", "bart", "bert"])
def test_neurons_cannot_be_set_in_what_does_not_write_by_the_blocks_that_read(name: str) -> None:
    model = ARCHITECTURES[name].build()
    (site,) = find_sites(model, ("residual",))
    with pytest.raises(TraceError, match="necessary and sufficient"):
        likelihoods(model, site, [Text((0, 5), (7,))], [])


@pytest.mark.parametrize("name", sorted({*ARCHITECTURES} - {"t5", "bart", "bert"}))
def test_neurons_are_set_in_every_architecture(name: str) -> None:
    model = ARCHITECTURES[name].build()
    (site,) = find_sites(model, ("residual",))
    texts = [Text((0, 5, 9, 30), (7, 8, 21)), Text((0, 44), (100, 3))]
    forced = [[((2 * site.width - 1,), (3.0,))] * 2]
    found = likelihoods(model, site, texts, forced).likelihood
    assert found == pytest.approx(likelihoods(model, site, texts, forced, resume=False).likelihood, abs=1e-4)
    assert (abs(found[1] - found[0]) > 1e-3).all()
