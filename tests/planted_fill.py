"""The weights of :mod:`tests.planted` put into transformers models.

The massive dimensions make up nearly all of a norm's scale, so that it is nearly a constant: weights that hold that
constant, and 0 for the massive dimensions themselves, let everything else through as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurontest.arrays import Floats
from tests.planted import BLOCKS, HIDDEN, WIDTH, Weights

HEADS, CONTEXT = 4, 64


def filled(architecture: str, weights: Weights) -> Any:
    """A model in evaluation mode."""
    import torch

    with torch.random.fork_rng(devices=[]):
        model = _empty(architecture, len(weights.embedding))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        (_fill_gpt2 if architecture == "gpt2" else _fill_llama)(model, weights)
    return model.eval()


def _empty(architecture: str, vocabulary: int) -> Any:
    import transformers

    common: dict[str, Any] = {
        "vocab_size": vocabulary,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "tie_word_embeddings": False,
    }
    config: Any
    if architecture == "gpt2":
        config = transformers.GPT2Config(
            n_embd=HIDDEN, n_inner=WIDTH, n_layer=BLOCKS, n_head=HEADS, n_positions=CONTEXT, **common
        )
    else:
        config = transformers.LlamaConfig(
            hidden_size=HIDDEN,
            intermediate_size=WIDTH,
            num_hidden_layers=BLOCKS,
            num_attention_heads=HEADS,
            num_key_value_heads=HEADS // 2,
            max_position_embeddings=CONTEXT,
            mlp_bias=True,
            **common,
        )
    return transformers.AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")


def _fill_gpt2(model: Any, weights: Weights) -> None:
    body = model.transformer
    _set(body.wte.weight, weights.embedding)
    slots = weights.value.shape[1]
    for number, block in enumerate(body.h):
        for norm in (block.ln_1, block.ln_2):
            _undo_layer_norm(norm, weights.mean[number])
        values = slice(2 * HIDDEN, 2 * HIDDEN + slots)
        _set(block.attn.c_attn.weight[:, values], weights.value[number].T)
        _set(block.attn.c_proj.weight[:slots], weights.output[number].T)
        _set(block.mlp.c_fc.weight, weights.inward[number].T)
        _set(block.mlp.c_fc.bias, weights.bias[number])
        _set(block.mlp.c_proj.weight, weights.outward[number].T)
    _undo_layer_norm(body.ln_f, weights.mean[-1], one=weights.massive[0])
    _set(model.lm_head.weight, weights.unembedding)


def _fill_llama(model: Any, weights: Weights) -> None:
    body = model.model
    _set(body.embed_tokens.weight, weights.embedding)
    slots, head = weights.value.shape[1], HIDDEN // HEADS
    # Two query heads share the values of a head; the first of the two hands them on.
    columns = [2 * head * (slot // head) + slot % head for slot in range(slots)]
    for number, block in enumerate(body.layers):
        for norm in (block.input_layernorm, block.post_attention_layernorm):
            _undo_rms_norm(norm, weights.mean[number])
        _set(block.self_attn.v_proj.weight[:slots], weights.value[number])
        output = np.zeros((HIDDEN, HIDDEN))
        output[:, columns] = weights.output[number]
        _set(block.self_attn.o_proj.weight, output)
        _set(block.mlp.gate_proj.weight, weights.inward[number])
        _set(block.mlp.gate_proj.bias, weights.bias[number])
        _set(block.mlp.up_proj.bias, np.ones(WIDTH))
        _set(block.mlp.down_proj.weight, weights.outward[number])
    _undo_rms_norm(body.norm, weights.mean[-1], one=weights.massive[0])
    _set(model.lm_head.weight, weights.unembedding)


def _undo_layer_norm(norm: Any, mean: Floats, one: int | None = None) -> None:
    """Let through what is not massive, as it is; and one massive dimension as the constant 1."""
    through = mean == 0
    _set(norm.weight, np.where(through, mean.std(), 0.0))
    _set(norm.bias, np.where(through, mean.mean(), 0.0))
    if one is not None:
        norm.weight[one] = float(mean.std() / (mean[one] - mean.mean()))


def _undo_rms_norm(norm: Any, mean: Floats, one: int | None = None) -> None:
    """As for a layer norm."""
    size = np.sqrt((mean**2).mean())
    _set(norm.weight, np.where(mean == 0, size, 0.0))
    if one is not None:
        norm.weight[one] = float(size / mean[one])


def _set(parameter: Any, values: Floats) -> None:
    import torch

    parameter.copy_(torch.from_numpy(np.ascontiguousarray(values)))
