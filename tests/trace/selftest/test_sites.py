"""The self-test against models that are found wrong, or cannot be traced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurontest.errors import TraceError
from neurontest.trace import possible
from neurontest.trace.engine import Tracer
from neurontest.trace.models.named import from_transformers
from neurontest.trace.quiet import quiet
from neurontest.trace.selftest import sites
from neurontest.trace.selftest.sites import Lengths, checked_sites
from neurontest.trace.sites import find as sites_module
from neurontest.trace.texts.write import Row, check_lengths
from neurontest.types import Generation, Reading, TraceGroup, TracePlan, silent
from tests import tiny
from tests.architectures import ARCHITECTURES, GEMMA3N

#: Those of every architecture with attention and an MLP.
SITES = ("attention", "mlp", "residual")


def check(model: Any, *names: str, padded: bool = True) -> None:
    with quiet():
        checked_sites(model, names or SITES, padded=padded)


def hooks(model: Any) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


@pytest.mark.parametrize("wrong", ["self_attn.q_proj", "self_attn.k_proj", "mlp.up_proj"])
@pytest.mark.parametrize("site", ["attention", "mlp"])
def test_a_module_that_writes_no_part_of_the_residual(site: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found is not what ends attention, or the MLP, whatever it is called."""
    architecture = ARCHITECTURES["llama"]
    model = architecture.build(num_key_value_heads=4, intermediate_size=32)
    check(model, site)
    monkeypatch.setitem(sites_module._EXCEPTIONS, ("llama", site), wrong)
    where = r"What \S+ writes in block 0 of LlamaForCausalLM is no part of what the block adds to the residual"
    with pytest.raises(TraceError, match=f"{where}|parts of block 0 of LlamaForCausalLM do not add up"):
        check(model, site)
    assert not hooks(model)
    check(model, "residual")


def test_parts_that_do_not_add_up() -> None:
    import torch
    from torch import nn

    class More(nn.Module):  # type: ignore[misc]
        """Writes to the residual by no linear layer at all."""

        def __init__(self, block: nn.Module) -> None:
            super().__init__()
            self.self_attn, self.mlp, self.block = block.self_attn, block.mlp, block
            self.table = nn.Parameter(torch.linspace(-1, 1, 32))

        def forward(self, hidden: Any, **more: Any) -> Any:
            return self.block(hidden, **more) + torch.sin(3 * hidden) * self.table

    model, _ = tiny.build("llama")
    model.model.layers[1] = More(model.model.layers[1])
    with pytest.raises(TraceError, match=r"block 1 of LlamaForCausalLM do not add up.*self_attn.o_proj and mlp.down"):
        check(model, "mlp")
    check(model, "residual")


def test_padding_that_changes_a_text() -> None:
    """A decoder that counts positions from the first column, padding or not."""
    import torch
    import transformers

    config = ARCHITECTURES["bart"].build(encoder_layers=3).config
    config.is_decoder, config.is_encoder_decoder = True, False
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(0)
        model = transformers.BartForCausalLM(config).eval()
    with pytest.raises(
        TraceError, match=r"BartForCausalLM gives other activations to a text beside a longer one.*size 1"
    ):
        check(model, "residual")
    check(model, "residual", padded=False)


def test_steps_that_differ_from_one_pass() -> None:
    model, _ = tiny.build("gpt2")
    plain = model.forward

    def forward(input_ids: Any, position_ids: Any = None, past_key_values: Any = None, **more: Any) -> Any:
        return plain(input_ids=input_ids, past_key_values=past_key_values, **more | {"attention_mask": None})

    model.forward = forward
    check(model, "residual", padded=False)

    def forgetful(input_ids: Any, position_ids: Any = None, past_key_values: Any = None, **more: Any) -> Any:
        return plain(input_ids=input_ids, **more | {"attention_mask": None})

    model.forward = forgetful
    with pytest.raises(
        TraceError, match=r"GPT2LMHeadModel gives other activations when a text is written step by step"
    ):
        check(model, "residual", padded=False)


def test_a_model_that_fails() -> None:
    model, _ = tiny.build("llama")
    model.model.norm.register_forward_hook(lambda *_: 1 / 0)
    with pytest.raises(
        TraceError, match=r"LlamaForCausalLM cannot be traced: .* ends in ZeroDivisionError: division by"
    ):
        check(model)


def test_a_block_that_runs_twice() -> None:
    model, _ = tiny.build("llama")
    model.model.layers[2] = model.model.layers[1]
    with pytest.raises(TraceError, match="Block 1 was read 2 times"):
        check(model, "residual")


def test_weights_that_write_nothing_are_no_fault() -> None:
    """Of a part that writes nothing it cannot be told whether it is one."""
    import torch

    model, _ = tiny.build("llama")
    with torch.no_grad():
        for block in model.model.layers:
            block.mlp.down_proj.weight.zero_()
    check(model)


def rotary(**said: Any) -> dict[str, Any]:
    return {"rope_parameters": {"rope_theta": 10000.0, **said}}


DYNAMIC = rotary(rope_type="dynamic", factor=4.0) | {"max_position_embeddings": 24}
LONGROPE = rotary(
    rope_type="longrope", short_factor=[1.0] * 4, long_factor=[8.0] * 4, original_max_position_embeddings=24
) | {"original_max_position_embeddings": 24}


@pytest.mark.parametrize(("name", "said"), [("llama", DYNAMIC), ("phi3", LONGROPE)], ids=["dynamic", "longrope"])
def test_texts_below_a_switch_are_alike_and_beyond_it_they_are_not(
    name: str, said: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test is as long as the texts, but for those that are refused by their length."""
    with quiet():
        model = ARCHITECTURES[name].build(**said)
    checked(model, Lengths(prompt=20, new=12))
    generation = Generation(max_new_tokens=12, samples=1, temperature=0.9, top_k=40, seed=7)
    check_lengths(model, [Row("short", 0, (5,) * 12)], generation)
    with pytest.raises(TraceError, match=r"The prompt 'long' .*(otherwise|context of 24)"):
        check_lengths(model, [Row("long", 0, (5,) * 14)], generation)
    monkeypatch.setattr(sites, "switch_of", lambda model: None)
    monkeypatch.setattr(sites, "context_of", lambda model: None)
    with pytest.raises(TraceError, match="gives other activations"):
        checked(model, Lengths(prompt=20, new=12))
    checked(model, Lengths(prompt=10, new=12))


def checked(model: Any, lengths: Lengths, *names: str) -> None:
    with quiet():
        checked_sites(model, names or ("residual",), padded=True, lengths=lengths)


@pytest.mark.parametrize("name", ["mistral", "gemma2", "gemma3"])
def test_windows_are_left_in_the_test(name: str) -> None:
    """Texts that begin below a window of 8 tokens and end beyond it, and far longer ones."""
    model = ARCHITECTURES[name].build()
    assert {len(text.all) for text in sites._texts(model, Lengths(30, 12))} >= {42, 9, 5}
    checked(model, Lengths(30, 12), "residual", "attention")


def test_a_window_that_counts_padding_is_refused() -> None:
    """What looks at the last columns alone, padding or not, is right in short texts and wrong in long ones."""
    model = ARCHITECTURES["llama"].build()
    plain = model.forward

    def forward(input_ids: Any, attention_mask: Any = None, past_key_values: Any = None, **more: Any) -> Any:
        if attention_mask is not None and attention_mask.shape[1] > 12:
            attention_mask = attention_mask.clone()
            attention_mask[:, :-12] = 0
        return plain(input_ids=input_ids, attention_mask=attention_mask, past_key_values=past_key_values, **more)

    model.forward = forward
    checked(model, Lengths(5, 2))
    with pytest.raises(TraceError, match=r"gives other activations .*texts of 32 tokens"):
        checked(model, Lengths(20, 12))


def test_one_row_that_is_wrong() -> None:
    """Every row is compared: here the longest of several alone is changed by what stands beside it."""
    model = ARCHITECTURES["llama"].build()

    def mix(_: Any, args: tuple[Any, ...], output: Any) -> Any:
        output = output.clone()
        if len(output) > 1:
            output[0] += 0.5 * output[1:].mean(dim=0)
        return output

    model.model.layers[1].register_forward_hook(mix)
    with pytest.raises(TraceError, match="beside a longer one than alone"):
        check(model, "residual")
    check(model, "residual", padded=False)


def test_one_position_that_is_wrong() -> None:
    """Every position of texts that are read in one pass is compared, not the last of them alone."""
    model = ARCHITECTURES["llama"].build()

    def shift(_: Any, args: tuple[Any, ...], output: Any) -> Any:
        output = output.clone()
        if len(output) > 1 and output.shape[1] > 3:
            output[:, -3] *= 1.5
        return output

    model.model.norm.register_forward_pre_hook(lambda *_: None)
    model.model.layers[2].register_forward_hook(shift)
    with pytest.raises(TraceError, match="beside a longer one than alone"):
        check(model, "residual")


def test_blocks_with_several_streams_are_refused() -> None:
    model = GEMMA3N.build()
    with pytest.raises(TraceError, match=r"shape \[4, 1, 5, 32\] at site residual.*several streams.*site: mlp or att"):
        check(model, "residual")
    check(model, "mlp", "mlp_gate", "attention")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda value: value.transpose(0, 1), r"shape \[5, 1, 32\]"),
        (lambda value: value[..., None, :].expand(-1, -1, 4, -1), r"shape \[1, 5, 4, 32\]"),
        (lambda value: value.flatten(0, 1), r"shape \[5, 32\]"),
        (lambda value: {"hidden_states": value}, "dict, which is no tensor"),
        (lambda value: value.repeat(1, 1, 2), r"shape \[1, 5, 64\]"),
    ],
    ids=["positions first", "streams", "packed", "a mapping", "side by side"],
)
def test_outputs_of_another_form_are_refused(change: Any, error: str) -> None:
    """What a block gives is turned back before the next one reads it, so that the model itself goes on as it was."""
    model, _ = tiny.build("llama")
    kept: list[Any] = []

    def turn(_: Any, args: Any, output: Any) -> Any:
        kept[:] = [output]
        return change(output)

    def back(_: Any, args: Any, kwargs: Any) -> Any:
        return ((kept[0], *args[1:]), kwargs) if args else (args, kwargs | {"hidden_states": kept[0]})

    blocks = model.model.layers
    for block, following in zip(blocks, [*blocks[1:], model.model.norm], strict=True):
        block.register_forward_hook(turn)
        following.register_forward_pre_hook(back, with_kwargs=True)
    with pytest.raises(TraceError, match=error):
        check(model, "residual")
    check(model, "mlp", "attention") if "dict" not in error else None


def test_blocks_that_give_what_is_to_be_added_are_refused() -> None:
    """Their output is no residual, though it has its shape."""
    model, _ = tiny.build("llama")
    given: list[Any] = []

    def less(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        given[:] = [args[0] if args else kwargs["hidden_states"]]
        return output - given[0]

    def more(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if args:
            return (args[0] + given[0], *args[1:]), kwargs
        return args, kwargs | {"hidden_states": kwargs["hidden_states"] + given[0]}

    blocks = model.model.layers
    for block, following in zip(blocks, [*blocks[1:], model.model.norm], strict=True):
        block.register_forward_hook(less, with_kwargs=True)
        following.register_forward_pre_hook(more, with_kwargs=True)
    with pytest.raises(TraceError, match=r"What block 0 of LlamaForCausalLM gives is not what block 1 is given"):
        check(model, "residual")


def test_shared_blocks_are_refused() -> None:
    """ALBERT runs one block as many times as it has layers."""
    import transformers

    config = transformers.AlbertConfig(
        vocab_size=258, hidden_size=32, embedding_size=32, intermediate_size=48, num_hidden_layers=3,
        num_attention_heads=4,
    )  # fmt: skip
    with quiet(), pytest.raises(TraceError):
        checked_sites(transformers.AutoModelForMaskedLM.from_config(config).eval(), ("residual",), padded=True)


def test_a_run_tests_texts_as_long_as_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Lengths] = []

    def look(model: Any, names: Any, *, padded: bool, lengths: Lengths) -> Any:
        seen.append(lengths)
        return checked_sites(model, names, padded=padded, lengths=lengths)

    monkeypatch.setattr(possible, "checked_sites", look)
    generation = Generation(max_new_tokens=9, samples=1, temperature=0.9, top_k=40, seed=7)
    long = "In the spring the fields"
    groups = (
        TraceGroup(generation, (long, "a"), ("residual",), ("generated",)),
        TraceGroup(generation, (long + " of Holland",), ("mlp",), (Reading("prompt"),)),
    )
    handle = from_transformers(*tiny.build("llama"), name="tiny")
    Tracer(handle, cache_dir=tmp_path, batch_size=2, progress=silent).ensure(TracePlan(groups))
    # A byte is a token, and the first one is the tokenizer's own.
    assert seen == [Lengths(len(long) + len(" of Holland") + 1, 9)] * 2
