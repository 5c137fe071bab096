"""Site ``mlp_gate``: the activation of a gated MLP's gate, apart from what it is multiplied with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurontest.errors import TraceError
from neurontest.trace.passes.text import Text
from neurontest.trace.quiet import quiet
from neurontest.trace.selftest.sites import checked_sites
from neurontest.trace.sites.find import find_sites
from neurontest.trace.sites.tally import counted
from neurontest.trace.texts.read_texts import Known, read
from neurontest.trace.texts.score import likelihoods
from neurontest.trace.texts.write import Row
from neurontest.types import Reading
from tests import tiny
from tests.architectures import ARCHITECTURES, LAYERS, Architecture

GATED = tuple(name for name, one in ARCHITECTURES.items() if one.gate is not None)
RATE = Reading("prompt", reduce="rate")
T5_GATED = Architecture(
    "T5Config",
    {**ARCHITECTURES["t5"].said, "feed_forward_proj": "gated-gelu"},
    "decoder.block",
    None,
    "layer.2.DenseReluDense.wo",
    auto="AutoModelForSeq2SeqLM",
    gate="layer.2.DenseReluDense.act",
)
MODERNBERT = Architecture(
    "ModernBertConfig",
    {key: value for key, value in ARCHITECTURES["bert"].said.items() if key != "initializer_range"}
    | {"local_attention": 8, "initializer_range": 0.3, "cls_token_id": 0, "sep_token_id": 1},
    "model.layers",
    None,
    "mlp.Wo",
    auto="AutoModelForMaskedLM",
    gate="mlp.act",
)


def gates_by_hand(model: Any, ids: tuple[int, ...]) -> list[Any]:
    """Pre-activations of the gates [position, neuron], from the layers that compute them, by name."""
    import torch

    found: list[Any] = []
    handles = []
    for block in model.get_submodule("model.layers"):
        fused = hasattr(block.mlp, "gate_up_proj")
        layer = block.mlp.gate_up_proj if fused else block.mlp.gate_proj
        # In Phi-3 the gate is the first half of what one layer gives.
        first = slice(0, layer.out_features // 2 if fused else None)
        handles.append(layer.register_forward_hook(lambda _, args, out, at=first: found.append(out[0, :, at])))
    try:
        with torch.inference_mode(), quiet():
            model(input_ids=torch.tensor([list(ids)]))
    finally:
        for handle in handles:
            handle.remove()
    return found


@pytest.mark.parametrize("name", GATED)
def test_its_rate_is_the_share_of_positions_with_an_open_gate(name: str) -> None:
    """What language activation probability entropy (LAPE) counts, which is not where gate times up is above zero."""
    model = ARCHITECTURES[name].build()
    ids = tuple(range(60, 90))
    known = Known(Row("x", 0, ids), (), {RATE: counted(RATE, len(ids), 0)})
    with quiet():
        gates, products = checked_sites(model, ("mlp_gate", "mlp"), padded=True)
        (text,) = read(model, [known], (gates, products), [RATE])
    wanted = np.concatenate([(one > 0).double().mean(dim=0).numpy() for one in gates_by_hand(model, ids)])
    np.testing.assert_allclose(text.activations["mlp_gate", RATE], wanted, atol=1e-6)
    assert np.abs(text.activations["mlp", RATE] - wanted).mean() > 0.05
    assert gates.width == products.width
    assert gates.layers == LAYERS


@pytest.mark.parametrize("architecture", [T5_GATED, MODERNBERT], ids=["t5-gated", "modernbert"])
def test_gates_of_other_forms(architecture: Architecture) -> None:
    model = architecture.build()
    with quiet():
        (site,) = checked_sites(model, ("mlp_gate",), padded=True)
    assert site.modules == tuple(architecture.module(model, "mlp_gate", layer) for layer in range(LAYERS))


@pytest.mark.parametrize("name", ["gpt2", "gpt-neox", "opt", "bloom", "starcoder2", "bert", "t5"])
def test_an_mlp_without_a_gate_is_refused(name: str) -> None:
    model = ARCHITECTURES[name].build()
    with pytest.raises(TraceError, match=rf"MLP of block 0 of {type(model).__name__} has no gate.*Use site: mlp\."):
        find_sites(model, ("mlp_gate",))


def test_an_adapter_makes_no_gate() -> None:
    from torch import nn

    class Adapted(nn.Module):  # type: ignore[misc]
        """As adapters wrap a linear layer: several within have as many outputs."""

        def __init__(self, layer: Any) -> None:
            super().__init__()
            self.in_features, self.out_features = layer.weight.shape
            self.base_layer, self.lora_B = layer, nn.Linear(2, self.out_features)

    model, _ = tiny.build("gpt2")
    for block in model.transformer.h:
        block.mlp.c_fc = Adapted(block.mlp.c_fc)
    with pytest.raises(TraceError, match="has no gate"):
        find_sites(model, ("mlp_gate",))


@pytest.mark.parametrize("name", ["mixtral", "mamba"])
def test_where_there_is_no_mlp_to_read_there_is_no_gate(name: str) -> None:
    with pytest.raises(TraceError, match=r"mixture of experts|no MLP"):
        find_sites(ARCHITECTURES[name].build(), ("mlp_gate",))


def test_an_activation_that_is_no_module_is_refused() -> None:
    import torch

    model, _ = tiny.build("llama")
    for block in model.model.layers:
        del block.mlp.act_fn
        block.mlp.act_fn = torch.nn.functional.silu
    with pytest.raises(TraceError, match=r"one module that computes it, and found 0\. Use site: mlp"):
        find_sites(model, ("mlp_gate",))


@pytest.mark.parametrize("wrong", ["a norm of the product", "a gate that adds"])
def test_what_is_no_product_of_a_gate_is_refused(wrong: str) -> None:
    import torch

    model, _ = tiny.build("llama")
    for block in model.model.layers:
        mlp = block.mlp

        def forward(x: Any, mlp: Any = mlp) -> Any:
            gate, up = mlp.act_fn(mlp.gate_proj(x)), mlp.up_proj(x)
            product = gate + up if wrong == "a gate that adds" else torch.nn.functional.normalize(gate * up, dim=-1)
            return mlp.down_proj(product)

        mlp.forward = forward
    with quiet():
        with pytest.raises(TraceError, match="is not its gate's activation times the output of a linear layer"):
            checked_sites(model, ("mlp_gate",), padded=True)
        checked_sites(model, ("mlp",), padded=True)


def test_gates_are_set_as_other_neurons_are() -> None:
    """Twice the activation of a gate is twice what enters the down-projection there."""
    import torch

    model, _ = tiny.build("llama")
    (site,) = find_sites(model, ("mlp_gate",))
    text, at = Text((0, 40, 50), (60, 70)), 2 * tiny.WIDTH + 5
    found = likelihoods(model, site, [text], [[((at,), (3.0,))]]).likelihood

    def by_hand(_: Any, args: tuple[Any, ...], output: Any) -> Any:
        output = output.clone()
        output[:, 2:, 5] = 3.0
        return output

    handle = model.model.layers[2].mlp.act_fn.register_forward_hook(by_hand)
    try:
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([[*text.prompt, *text.after]])).logits[0].double().log_softmax(-1)
    finally:
        handle.remove()
    wanted = float(sum(logits[2 + step, token] for step, token in enumerate(text.after)))
    assert found[1, 0] == pytest.approx(wanted, rel=1e-4)
    assert abs(found[1, 0] - found[0, 0]) > 1e-3
