"""Sites found by structure, and hooks that let go."""

from __future__ import annotations

from typing import Any

import pytest

from neurontest.errors import TraceError
from neurontest.trace.sites import find
from neurontest.trace.sites.find import find_sites
from neurontest.trace.sites.read import SiteReader
from tests import tiny
from tests.trace.replay import blocks, down


def test_sites_of_each_architecture(pair: tuple[Any, Any]) -> None:
    model, _ = pair
    mlp, residual = find_sites(model, ("mlp", "residual"))
    assert residual.modules == tuple(blocks(model))
    assert mlp.modules == tuple(down(block) for block in blocks(model))
    assert (residual.width, residual.layers, residual.read) == (tiny.HIDDEN, tiny.LAYERS, "output")
    assert (mlp.width, mlp.layers, mlp.read) == (tiny.WIDTH, tiny.LAYERS, "input")


def test_a_site_that_a_spec_may_say_and_no_rule_finds_is_an_error(
    llama: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "SITES", (*find.SITES, "router"))
    with pytest.raises(TraceError, match="No rule says where in a block site 'router' is read"):
        find_sites(llama[0], ("router",))


def test_experts_in_a_block_are_not_taken_for_blocks(llama: tuple[Any, Any]) -> None:
    from torch import nn

    model, _ = tiny.build("llama")
    attention = model.model.layers[0].self_attn
    model.model.layers[0].experts = nn.ModuleList(nn.ModuleDict({"attn": attention}) for _ in range(tiny.LAYERS))
    (site,) = find_sites(model, ("residual",))
    assert site.modules == tuple(model.model.layers)


def test_blocks_that_are_not_found() -> None:
    model, _ = tiny.build("llama")
    model.config.num_hidden_layers = 7
    with pytest.raises(TraceError, match=r"blocks of LlamaForCausalLM were not found: looked for one list of 7"):
        find_sites(model, ("residual",))


def test_an_mlp_that_is_not_found() -> None:
    from torch import nn

    model, _ = tiny.build("llama")
    model.model.layers[1].mlp = nn.Identity()
    with pytest.raises(TraceError, match=r"The MLP of block 1 of LlamaForCausalLM was not found.*hidden size 32"):
        find_sites(model, ("mlp",))


def test_mlps_of_different_widths_cannot_be_counted() -> None:
    from torch import nn

    model, _ = tiny.build("llama")
    model.model.layers[1].mlp.down_proj = nn.Linear(20, tiny.HIDDEN)
    with pytest.raises(TraceError, match=r"different widths \(20, 48\)"):
        find_sites(model, ("mlp",))


def test_an_adapter_is_read_as_what_it_adapts(llama: tuple[Any, Any]) -> None:
    from torch import nn

    class Adapted(nn.Module):  # type: ignore[misc]
        """As adapters wrap a linear layer: its input is the layer's own."""

        def __init__(self, layer: nn.Linear) -> None:
            super().__init__()
            self.in_features, self.out_features = layer.in_features, layer.out_features
            self.base_layer = layer
            self.lora_B = nn.Linear(2, layer.out_features)

    model, _ = tiny.build("llama")
    for block in model.model.layers:
        block.mlp.down_proj = Adapted(block.mlp.down_proj)
        block.self_attn.o_proj = Adapted(block.self_attn.o_proj)
    mlp, attention = find_sites(model, ("mlp", "attention"))
    assert mlp.modules == tuple(block.mlp.down_proj for block in model.model.layers)
    assert attention.modules == tuple(block.self_attn.o_proj for block in model.model.layers)


def test_attention_that_is_not_found() -> None:
    from torch import nn

    model, _ = tiny.build("llama")
    model.model.layers[1].self_attn.o_proj = nn.Identity()
    with pytest.raises(TraceError, match=r"The attention of block 1 of LlamaForCausalLM was not found.*hidden size 32"):
        find_sites(model, ("attention",))


def test_heads_that_do_not_divide_the_neurons_are_not_told() -> None:
    model, _ = tiny.build("llama")
    model.config.num_attention_heads = 5
    assert find_sites(model, ("attention",))[0].heads is None


def test_an_unknown_site(llama: tuple[Any, Any]) -> None:
    with pytest.raises(TraceError, match="no site 'atention'; valid: attention, mlp, mlp_gate, residual"):
        find_sites(llama[0], ("atention",))


def test_a_half_failed_start_leaves_no_hooks(llama: tuple[Any, Any]) -> None:
    import torch

    model, _ = llama
    sites = find_sites(model, ("mlp", "residual"))

    class Broken:
        def register_forward_hook(self, *_: object) -> None:
            raise RuntimeError("no more hooks")

    broken = type(sites[1])("residual", "output", tiny.HIDDEN, (*sites[1].modules[:2], Broken()))
    with pytest.raises(RuntimeError, match="no more hooks"), SiteReader((sites[0], broken), 1, torch.device("cpu")):
        pass
    assert not any(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


def test_a_module_that_runs_twice_or_never_is_refused(llama: tuple[Any, Any]) -> None:
    import torch

    model, _ = llama
    sites = find_sites(model, ("residual",))
    ids, active = torch.tensor([[0, 5, 9]]), torch.tensor([True])
    with SiteReader(sites, 1, torch.device("cpu")) as reader, torch.inference_mode():
        with pytest.raises(TraceError, match="Block 0 was read 0 times at site residual"):
            reader.end_step(active)
        model(ids)
        reader.end_step(active)
        model(ids)
        model(ids)
        with pytest.raises(TraceError, match="Block 0 was read 2 times"):
            reader.end_step(active)


def test_blocks_may_return_tuples(llama: tuple[Any, Any]) -> None:
    import numpy as np
    import torch

    model, _ = llama
    ids, active = torch.tensor([[0, 5, 9]]), torch.tensor([True])
    with SiteReader(find_sites(model, ("residual",)), 1, torch.device("cpu")) as reader, torch.inference_mode():
        model(ids)
        reader.end_step(active)
        plain = reader.result("last")[0]
    (site,) = find_sites(model, ("residual",))
    wrapped = [
        module.register_forward_hook(lambda _, args, output: (output, "attention weights"), prepend=True)
        for module in site.modules
    ]
    try:
        with SiteReader((site,), 1, torch.device("cpu")) as reader, torch.inference_mode():
            hidden = model.model.embed_tokens(ids)
            positions = torch.arange(3)[None]
            rotary = model.model.rotary_emb(hidden, position_ids=positions)
            for block in site.modules:
                hidden = block(hidden, position_ids=positions, position_embeddings=rotary)[0]
            reader.end_step(active)
            np.testing.assert_allclose(reader.result("last")[0], plain, rtol=1e-4, atol=1e-5)
    finally:
        for handle in wrapped:
            handle.remove()
