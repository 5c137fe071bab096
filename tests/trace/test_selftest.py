"""The self-test against models that are found wrong, or cannot be traced."""

from __future__ import annotations

from typing import Any

import pytest

from neurontest.errors import TraceError
from neurontest.trace import sites as sites_module
from neurontest.trace.quiet import quiet
from neurontest.trace.selftest import checked_sites
from neurontest.trace.sites import SITES
from tests import tiny
from tests.architectures import ARCHITECTURES


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
