"""Texts read once more, token by token: the values are those of a pass of one text alone, in pieces of the text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.errors import TraceError
from neurontest.trace.engine import Tracer
from neurontest.trace.models.named import from_transformers
from neurontest.trace.prompts.tokens import text_pieces
from neurontest.trace.sites.find import find_sites
from neurontest.trace.texts.read_texts import Known
from neurontest.trace.texts.read_tokens import TokenReader, TokenValues, read_tokens
from neurontest.trace.texts.write import Row
from neurontest.types import (
    Generation,
    GivenText,
    Positions,
    Reading,
    TraceGroup,
    TracePlan,
    silent,
)
from tests import tiny
from tests.architectures import ARCHITECTURES
from tests.trace.prompts.test_tokens import TOKENIZERS, merging
from tests.trace.replay import blocks
from tests.trace.sites.test_tally import everything

GENERATION = Generation(max_new_tokens=7, samples=2, top_k=40, seed=3)
PROMPTS = ("A tulip", "Hanoi lies on the river", "Việt Nam")
#: Neurons of every layer, in no order.
NEURONS = ((2, 5), (0, 31), (1, 0), (2, 4), (0, 7))
TEXTS = [(prompt, sample) for sample in (0, 1) for prompt in PROMPTS]


class Reader:
    """A tiny model whose texts are traced, and a reader of them."""

    def __init__(self, pair: tuple[Any, Any], folder: Path, given: Any = None):
        self.model, self.tokenizer = pair
        handle = from_transformers(*pair, name="tiny")
        texts: Any = {"texts.json": given} if given else None
        self.tracer = Tracer(handle, cache_dir=folder, batch_size=4, progress=silent, given=texts)
        self._reader = TokenReader(handle, cache_dir=folder, batch_size=4, given=texts)

    def trace(self, site: str, positions: Positions, generation: Generation = GENERATION) -> None:
        self.tracer.ensure(TracePlan((TraceGroup(generation, tuple(sorted(PROMPTS)), (site,), (positions,)),)))

    def read(
        self, site: str, positions: Positions, texts: list[tuple[str, int]], generation: Generation = GENERATION
    ) -> list[TokenValues]:
        return self._reader.read(texts, generation, site, positions, NEURONS)

    def columns(self, site: str) -> list[int]:
        width = {"residual": tiny.HIDDEN, "mlp": tiny.WIDTH}[site]
        return [layer * width + index for layer, index in NEURONS]


@pytest.mark.parametrize("site", ["residual", "mlp"])
def test_values_are_those_of_each_text_read_alone(pair: tuple[Any, Any], tmp_path: Path, site: str) -> None:
    reader = Reader(pair, tmp_path)
    reader.trace(site, "generated")
    written = {(one.prompt, one.sample): one for one in reader.tracer.continuations(PROMPTS, GENERATION)}
    found = reader.read(site, "generated", TEXTS)
    assert [(one.prompt, one.sample) for one in found] == TEXTS
    for one in found:
        text = written[one.prompt, one.sample]
        assert "".join(one.pieces[: one.own]) == one.prompt
        assert "".join(one.pieces[one.own :]) == text.text
        ids = tiny.encode(reader.tokenizer, one.prompt, GENERATION)
        want = everything(reader.model, (*ids, *text.ids[:-1]))[site][:, reader.columns(site)]
        own, new = text_pieces(reader.tokenizer, tiny.encoded(reader.tokenizer, one.prompt, GENERATION), text.ids)
        for row, (_, places) in zip(one.values, (*own, *new), strict=True):
            inside = [at for at in places if 0 < at < len(want)]
            if inside:
                np.testing.assert_allclose(row, want[inside].mean(axis=0), rtol=1e-4, atol=1e-4 * np.abs(want).max())
            else:
                assert np.isnan(row).all()
    # Of a text that did not end the last token was never any pass's input.
    assert any(np.isnan(one.values[-1]).all() for one in found)
    assert all(not blocks(reader.model)[at]._forward_hooks for at in range(tiny.LAYERS))


def test_the_order_of_what_is_asked_for_and_the_hooks_of_others_change_nothing(
    llama: tuple[Any, Any], tmp_path: Path
) -> None:
    reader = Reader(llama, tmp_path)
    reader.trace("residual", "generated")
    one, other = (reader.read("residual", "generated", texts) for texts in (TEXTS, TEXTS[::-1]))
    for a, b in zip(one, other[::-1], strict=True):
        assert (a.prompt, a.sample, a.pieces) == (b.prompt, b.sample, b.pieces)
        assert a.values.tobytes() == b.values.tobytes()


@pytest.mark.parametrize("format", ["plain", "chat"])
def test_given_texts_and_chats_are_read_and_the_template_is_no_part_of_the_prompt(
    llama: tuple[Any, Any], tmp_path: Path, format: Any
) -> None:
    texts = {prompt: (GivenText(" có thể ở đây."), GivenText(" ended", ended=True)) for prompt in PROMPTS}
    reader = Reader(llama, tmp_path, texts)
    replay = replace(GENERATION, format=format, replay="texts.json")
    reader.trace("residual", "generated", replay)
    for one in reader.read("residual", "generated", TEXTS, replay):
        assert "".join(one.pieces[: one.own]) == one.prompt
        assert "".join(one.pieces[one.own :]) == texts[one.prompt][one.sample].text
        assert "ệ" in one.pieces or one.prompt != "Việt Nam"
        assert np.isnan(one.values[-1]).all() == (not texts[one.prompt][one.sample].ended)
        # With a template before it, a prompt's first token is not the first of all.
        assert not np.isnan(one.values[:-1]).any()


def test_prompts_are_read_alone_where_they_were_traced_alone(llama: tuple[Any, Any], tmp_path: Path) -> None:
    reader = Reader(llama, tmp_path)
    reader.trace("mlp", "prompt")
    for one in reader.read("mlp", "prompt", TEXTS[:3]):
        assert "".join(one.pieces) == one.prompt
        assert one.own == len(one.pieces)
        assert not np.isnan(one.values).any()


def test_a_rate_counts_what_is_above_zero(llama: tuple[Any, Any], tmp_path: Path) -> None:
    reader = Reader(llama, tmp_path)
    reader.trace("residual", "prompt")
    plain, rate = (
        reader.read("residual", how, [("A tulip", 0)])[0] for how in ("prompt", Reading("prompt", reduce="rate"))
    )
    assert (rate.values == (plain.values > 0)).all()
    assert 0 < rate.values.mean() < 1


def test_an_encoder_is_read_and_an_encoder_decoder_says_why_not(tmp_path: Path) -> None:
    reader = Reader(ARCHITECTURES["bert"].pair(), tmp_path / "bert")
    reader.trace("residual", "prompt")
    (one,) = reader.read("residual", "prompt", [("A tulip", 0)])
    assert "".join(one.pieces) == "A tulip"
    assert np.isfinite(one.values[1:]).all()
    reader = Reader(ARCHITECTURES["t5"].pair(), tmp_path / "t5")
    reader.trace("residual", "generated")
    with pytest.raises(TraceError, match="is an encoder-decoder: its decoder cannot be given a text") as error:
        reader.read("residual", "generated", [("A tulip", 0)])
    assert "\n" not in str(error.value)


def test_what_is_not_finite_is_told_and_no_hook_stays() -> None:
    import torch

    model, tokenizer = tiny.build("llama")
    with torch.no_grad():
        blocks(model)[2].mlp.down_proj.weight[5, 0] = torch.nan
    ids = tiny.encode(tokenizer, "Hanoi", GENERATION)
    (site,) = find_sites(model, ("residual",))
    with pytest.raises(TraceError, match="prompt 'Hanoi' or its text is NaN or infinite"):
        read_tokens(model, [Known(Row("Hanoi", 0, ids), (), {})], site, NEURONS)
    assert all(not block._forward_hooks for block in blocks(model))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(sorted(TOKENIZERS)),
    st.text(st.sampled_from("Vietnam \n.ệ🌷ש"), min_size=1, max_size=12).filter(str.strip),
    st.text(st.sampled_from("Vietnam \n.ệ🌷ש"), max_size=12),
    st.sampled_from(["plain", "chat"]),
)
def test_pieces_are_the_text_and_no_token_is_in_two(name: str, prompt: str, text: str, format: Any) -> None:
    tokenizer = TOKENIZERS[name]
    encoded = tiny.encoded(merging(), prompt, Generation(format=format))
    new = tuple(tokenizer(text, add_special_tokens=False)["input_ids"])
    own, more = text_pieces(tokenizer, encoded, new)
    shown = encoded.text[encoded.begin : encoded.end]
    assert "".join(piece for piece, _ in own) == shown
    assert "".join(piece for piece, _ in more) == text
    places = [at for _, of in (*own, *more) for at in of]
    assert len(places) == len(set(places))
    assert places == sorted(places)
    assert all(of for _, of in (*own, *more))
    assert all(at >= len(encoded.ids) for _, of in more for at in of)
