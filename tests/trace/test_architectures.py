"""Every supported architecture: where its neurons are, that they are read right, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from neurontest.errors import TraceError
from neurontest.trace.architecture import check_writes, is_encoder_decoder, writes
from neurontest.trace.models.named import model_named
from neurontest.trace.passes.encoder_decoder import start_token
from neurontest.trace.quiet import quiet
from neurontest.trace.selftest import add_up
from neurontest.trace.selftest.sites import checked_sites
from neurontest.trace.sites.find import SITES, find_sites
from neurontest.trace.sites.read import SiteReader
from neurontest.trace.texts.write import Row, Written, batches, check_lengths, write
from neurontest.types import Generation, silent
from tests import tiny
from tests.architectures import ARCHITECTURES, HEADS, HIDDEN, LAYERS, WRITERS, Architecture

PROMPTS = ("a", "In the spring the fields of Holland", "Hà Nội", "One two three four five")
GENERATION = Generation(max_new_tokens=10, samples=1, temperature=0.9, top_k=40, seed=7)
BOTH = ("generated", "last")


def sites_of(architecture: Architecture) -> tuple[str, ...]:
    return tuple(site for site in SITES if architecture.paths[site] is not None)


def written(model: Any, sites: tuple[str, ...], batch_size: int) -> dict[str, Written]:
    tokenizer = tiny.tokenizer()
    rows = [Row(prompt, 0, tiny.encode(tokenizer, prompt, GENERATION)) for prompt in PROMPTS]
    found = find_sites(model, sites)
    with quiet():
        texts = [
            text
            for batch in batches(rows, batch_size)
            for text in write(model, tokenizer, batch, GENERATION, found, BOTH)
        ]
    return {text.row.prompt: text for text in texts}


def alone(
    architecture: Architecture, model: Any, sites: tuple[str, ...], text: Written
) -> dict[tuple[str, str], npt.NDArray[np.float64]]:
    """The text in one pass without padding, mask, positions or cache; residual as the model itself gives it out."""
    import torch

    seen: dict[tuple[str, int], Any] = {}

    def keep(at: tuple[str, int], value: Any) -> None:
        seen[at] = value.reshape(1, -1, value.shape[-1])  # OPT puts rows and positions on one axis in its MLP

    handles = []
    for at in [(site, layer) for site in sites if site != "residual" for layer in range(LAYERS)]:
        module = architecture.module(model, *at)
        if at[0] == "mlp_gate":
            handles.append(module.register_forward_hook(lambda _, args, output, at=at: keep(at, output)))
        else:
            handles.append(module.register_forward_pre_hook(lambda _, args, at=at: keep(at, args[0])))
    prompt, new = list(text.row.ids), list(text.ids)
    try:
        with torch.inference_mode(), quiet():
            if is_encoder_decoder(model):
                given = {"decoder_input_ids": torch.tensor([[start_token(model), *new[:-1]]])}
                output = model(input_ids=torch.tensor([prompt]), output_hidden_states=True, **given)
                states, steps = output.decoder_hidden_states, slice(None)
            else:
                output = model(input_ids=torch.tensor([[*prompt, *new[:-1]]]), output_hidden_states=True)
                states, steps = output.hidden_states, slice(len(prompt) - 1, None)
    finally:
        for handle in handles:
            handle.remove()
    # The last of them is after the final norm; before the first block stand the embeddings, but in Mamba.
    before = 0 if model.config.model_type == "mamba" else 1
    seen |= {("residual", layer): states[before + layer] for layer in range(LAYERS - 1)}
    found = {}
    for site in sites:
        layers = range(LAYERS - (site == "residual"))
        read = np.stack([seen[site, layer][0, steps].double().numpy() for layer in layers])  # [layer, step, index]
        found[site, "generated"] = read.mean(axis=1).ravel()
        found[site, "last"] = read[:, -1].ravel()
    return found


def assert_close(one: npt.NDArray[Any], other: npt.NDArray[Any], what: object) -> None:
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-5 * np.abs(other).max(), err_msg=str(what))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_sites_are_found(name: str) -> None:
    architecture = ARCHITECTURES[name]
    model = architecture.build()
    for site in find_sites(model, sites_of(architecture)):
        assert site.modules == tuple(architecture.module(model, site.name, layer) for layer in range(LAYERS))
        widths = {"attention": architecture.attention_width, "residual": HIDDEN}
        assert site.width == widths.get(site.name, architecture.mlp_width)
        assert site.heads == (HEADS if site.name == "attention" else None)
    assert writes(model) == (name in WRITERS)


@pytest.mark.parametrize("name", WRITERS)
def test_written_side_by_side_alone_and_in_one_pass(name: str) -> None:
    architecture = ARCHITECTURES[name]
    model, sites = architecture.build(), sites_of(architecture)
    together, single = written(model, sites, 8), written(model, sites, 1)
    assert len({text.ids for text in together.values()}) == len(PROMPTS), "the texts depend on the prompts"
    for prompt, text in together.items():
        assert text.ids == single[prompt].ids
        for at, values in text.activations.items():
            assert_close(values, single[prompt].activations[at], (prompt, at))
        for at, expected in alone(architecture, model, sites, text).items():
            assert_close(text.activations[at][: len(expected)], expected, (prompt, at))


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_self_test_passes(name: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    architecture = ARCHITECTURES[name]
    model = architecture.build().to(getattr(torch, dtype))
    fits: list[add_up.Fit | None] = []
    look = add_up.unexplained

    def looked(seen: add_up.Seen, count: int) -> add_up.Fit | None:
        fits.append(look(seen, count))
        return fits[-1]

    monkeypatch.setattr(add_up, "unexplained", looked)
    with quiet():
        checked_sites(model, sites_of(architecture), padded=True)
    if name == "mamba":
        assert fits == [], "there are no parts"
    elif name in ("bert", "bart"):
        assert fits == [None] * LAYERS, "a norm of the sum cannot be told from it"
    else:
        told = [fit for fit in fits if fit is not None]
        assert len(told) == LAYERS
        assert all(fit.left <= (1e-5 if dtype == "float32" else 0.02) < min(fit.without) for fit in told)


#: The norm after the last block, by name.
FINAL = {"gpt2": "transformer.ln_f", "opt": "model.decoder.final_layer_norm", "bloom": "transformer.ln_f"}
FINAL |= dict.fromkeys(("llama", "gemma2", "olmo2", "phi3", "mixtral"), "model.norm")


@pytest.mark.parametrize("name", [*FINAL, "bert"])
def test_which_of_the_hidden_states_a_residual_is(name: str) -> None:
    """L0 is ``hidden_states[1]``; the last of them is after the final norm, and the last block's output before it."""
    import torch

    architecture = ARCHITECTURES[name]
    model = architecture.build()
    (site,) = find_sites(model, ("residual",))
    ids = torch.tensor([[40, 50, 60, 70]])
    everyone = torch.ones(1, dtype=torch.bool)
    with torch.inference_mode(), quiet(), SiteReader((site,), 1, model.device) as reader:
        states = model(input_ids=ids, output_hidden_states=True).hidden_states
        reader.end_step(everyone)
        read = reader.result("last")[0].reshape(LAYERS, HIDDEN)
        last = torch.from_numpy(read[-1])
        normed = model.get_submodule(FINAL[name])(last) if name in FINAL else last
    assert len(states) == LAYERS + 1
    for layer in range(LAYERS - 1):
        assert_close(read[layer], states[layer + 1][0, -1].numpy(), layer)
    assert_close(normed.numpy(), states[-1][0, -1].numpy(), "last")
    assert (name == "bert") == np.allclose(read[-1], states[-1][0, -1].numpy(), rtol=1e-3)


@pytest.mark.parametrize("name", ["mixtral", "qwen2-moe"])
def test_routed_experts_are_refused(name: str) -> None:
    model = ARCHITECTURES[name].build()
    with pytest.raises(TraceError, match=r"MLP of block 0 of \w+ is a mixture of experts.*Use site: residual or att"):
        find_sites(model, ("mlp",))


def test_a_state_space_model_has_a_residual_alone() -> None:
    model = ARCHITECTURES["mamba"].build()
    with pytest.raises(TraceError, match=r"no attention in block 0 of MambaForCausalLM.*Use site: residual"):
        find_sites(model, ("attention",))
    with pytest.raises(TraceError, match=r"no MLP in block 0 of MambaForCausalLM.*Use site: residual"):
        find_sites(model, ("mlp",))


def test_an_encoder_writes_nothing() -> None:
    import transformers

    model = ARCHITECTURES["bert"].build()
    with pytest.raises(TraceError, match=r"BertForMaskedLM writes no text.*positions: prompt"):
        check_writes(model)
    assert not writes(transformers.BertLMHeadModel(model.config)), "with a head it sees all of its text still"
    model.config.is_decoder = True
    assert writes(transformers.BertLMHeadModel(model.config))
    assert not writes(transformers.LlamaModel(ARCHITECTURES["llama"].build().config)), "no head"


def test_a_text_of_an_encoder_decoder_is_as_long_as_its_longer_part() -> None:
    model = ARCHITECTURES["bart"].build()
    generation = Generation(max_new_tokens=90, samples=1, temperature=0.9, top_k=40, seed=7)
    check_lengths(model, [Row("x", 0, (5,) * 90)], generation)
    with pytest.raises(TraceError, match="has 97 tokens"):
        check_lengths(model, [Row("x", 0, (5,) * 97)], generation)


def test_a_decoder_without_a_start_token_is_refused() -> None:
    model = ARCHITECTURES["t5"].build()
    for source in (model.config, model.generation_config):
        source.decoder_start_token_id = source.bos_token_id = None
    with pytest.raises(TraceError, match="T5ForConditionalGeneration does not say from which token"):
        start_token(model)


@pytest.mark.parametrize("name", ["gemma2", "mamba", "t5", "bart", "bert"])
def test_from_a_folder(name: str, tmp_path: Path) -> None:
    """By the class and attention implementation that it needs."""
    architecture = ARCHITECTURES[name]
    model, tokenizer = architecture.pair()
    with quiet():
        model.save_pretrained(tmp_path / "model")
        tokenizer.save_pretrained(tmp_path / "model")
    handle = model_named(
        str(tmp_path / "model"),
        cache_dir=tmp_path / "cache",
        dtype="float32",
        device="cpu",
        suite_folder=None,
        progress=silent,
    )
    assert handle.attention == architecture.implementation
    loaded, _ = handle.load()
    assert type(loaded) is type(model)
    assert loaded.config._attn_implementation == architecture.implementation
    assert all((one == other).all() for one, other in zip(loaded.parameters(), model.parameters(), strict=True))


def test_a_checkpoint_of_an_encoder_without_its_head(tmp_path: Path) -> None:
    """What it lacks besides, a pooler, is in no block."""
    import transformers

    config = ARCHITECTURES["bert"].build().config
    with quiet():
        transformers.RobertaModel(
            transformers.RobertaConfig(
                **{key: getattr(config, key) for key in ("hidden_size", "vocab_size")}
                | {
                    "num_hidden_layers": 2,
                    "num_attention_heads": 4,
                    "intermediate_size": 48,
                    "max_position_embeddings": 99,
                }
            ),
            add_pooling_layer=False,
        ).save_pretrained(tmp_path)
        tiny.tokenizer().save_pretrained(tmp_path)
    handle = model_named(
        str(tmp_path), cache_dir=tmp_path, dtype="float32", device="cpu", suite_folder=None, progress=silent
    )
    model, _ = handle.load()
    assert type(model).__name__ == "RobertaModel"
    assert not writes(model)
