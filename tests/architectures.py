"""A tiny model of each architecture that is supported, with random weights, and where its neurons are, by name.

The names are said here on purpose: the code under test finds the modules by structure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests import tiny

LAYERS, HIDDEN, WIDTH, HEADS = 3, 32, 48, 4
_COMMON = {"vocab_size": 258, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1, "initializer_range": 0.3}
_PLAIN = _COMMON | {
    "hidden_size": HIDDEN,
    "intermediate_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "max_position_embeddings": 96,
}
_GROUPED = _PLAIN | {"num_key_value_heads": 2}
_WIDE = _GROUPED | {"head_dim": 16}
_OLD = _COMMON | {"n_embd": HIDDEN, "n_inner": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_positions": 96}


@dataclass(frozen=True)
class Architecture:
    """Where the neurons of a tiny model are.

    `attention`, `mlp` and `gate` (the activation of an MLP's gate) are paths within a block; None where there is none
    to read. `attention_width` and `mlp_width` are neurons of a block.
    """

    config: str
    said: Mapping[str, Any]
    blocks: str
    attention: str | None
    mlp: str | None
    attention_width: int = HIDDEN
    mlp_width: int = WIDTH
    auto: str = "AutoModelForCausalLM"
    implementation: str = "sdpa"
    gate: str | None = None

    def build(self, **more: Any) -> Any:
        """The model, in evaluation mode; the caller's random state is left alone."""
        import torch
        import transformers

        config = getattr(transformers, self.config)(**{**self.said, **more})
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = getattr(transformers, self.auto).from_config(config, attn_implementation=self.implementation)
        return model.eval()

    @property
    def paths(self) -> dict[str, str | None]:
        """Where each site is read within a block."""
        return {"attention": self.attention, "mlp": self.mlp, "mlp_gate": self.gate, "residual": ""}

    def pair(self) -> tuple[Any, Any]:
        """The same and a tokenizer."""
        return self.build(), tiny.tokenizer()

    def module(self, model: Any, site: str, layer: int) -> Any:
        """The module that `site` is read at in a block."""
        block = model.get_submodule(self.blocks)[layer]
        path = self.paths[site]
        assert path is not None
        return block.get_submodule(path)


ARCHITECTURES = {
    "gpt2": Architecture("GPT2Config", _OLD, "transformer.h", "attn.c_proj", "mlp.c_proj"),
    "gpt-neox": Architecture("GPTNeoXConfig", _PLAIN, "gpt_neox.layers", "attention.dense", "mlp.dense_4h_to_h"),
    "gptj": Architecture(
        "GPTJConfig", _OLD | {"rotary_dim": 4}, "transformer.h", "attn.out_proj", "mlp.fc_out", implementation="eager"
    ),
    "opt": Architecture(
        "OPTConfig",
        _COMMON
        | {
            "hidden_size": HIDDEN,
            "ffn_dim": WIDTH,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "max_position_embeddings": 96,
            "word_embed_proj_dim": HIDDEN,
            "init_std": 0.3,
        },
        "model.decoder.layers",
        "self_attn.out_proj",
        "fc2",
    ),
    "bloom": Architecture(
        "BloomConfig",
        _COMMON | {"hidden_size": HIDDEN, "n_layer": LAYERS, "n_head": HEADS},
        "transformer.h",
        "self_attention.dense",
        "mlp.dense_4h_to_h",
        mlp_width=4 * HIDDEN,
        implementation="eager",
    ),
    "llama": Architecture(
        "LlamaConfig", _GROUPED, "model.layers", "self_attn.o_proj", "mlp.down_proj", gate="mlp.act_fn"
    ),
    "mistral": Architecture(
        "MistralConfig",
        _GROUPED | {"sliding_window": 8},
        "model.layers",
        "self_attn.o_proj",
        "mlp.down_proj",
        gate="mlp.act_fn",
    ),
    "qwen2": Architecture(
        "Qwen2Config", _GROUPED, "model.layers", "self_attn.o_proj", "mlp.down_proj", gate="mlp.act_fn"
    ),
    "qwen3": Architecture(
        "Qwen3Config", _WIDE, "model.layers", "self_attn.o_proj", "mlp.down_proj", 64, gate="mlp.act_fn"
    ),
    "gemma2": Architecture(
        "Gemma2Config",
        _WIDE | {"query_pre_attn_scalar": 16, "sliding_window": 8},
        "model.layers",
        "self_attn.o_proj",
        "mlp.down_proj",
        64,
        implementation="eager",
        gate="mlp.act_fn",
    ),
    "gemma3": Architecture(
        "Gemma3TextConfig",
        _WIDE | {"query_pre_attn_scalar": 16, "sliding_window": 8},
        "model.layers",
        "self_attn.o_proj",
        "mlp.down_proj",
        64,
        gate="mlp.act_fn",
    ),
    "phi3": Architecture(
        "Phi3Config", _GROUPED, "model.layers", "self_attn.o_proj", "mlp.down_proj", gate="mlp.activation_fn"
    ),
    "falcon": Architecture(
        "FalconConfig",
        _COMMON
        | {"hidden_size": HIDDEN, "ffn_hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS},
        "transformer.h",
        "self_attention.dense",
        "mlp.dense_4h_to_h",
    ),
    "falcon-alibi": Architecture(
        "FalconConfig",
        _COMMON
        | {"hidden_size": HIDDEN, "ffn_hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS}
        | {"alibi": True, "parallel_attn": False},
        "transformer.h",
        "self_attention.dense",
        "mlp.dense_4h_to_h",
    ),
    "starcoder2": Architecture("Starcoder2Config", _GROUPED, "model.layers", "self_attn.o_proj", "mlp.c_proj"),
    "olmo2": Architecture(
        "Olmo2Config", _GROUPED, "model.layers", "self_attn.o_proj", "mlp.down_proj", gate="mlp.act_fn"
    ),
    "smollm3": Architecture(
        "SmolLM3Config", _GROUPED, "model.layers", "self_attn.o_proj", "mlp.down_proj", gate="mlp.act_fn"
    ),
    "mixtral": Architecture(
        "MixtralConfig",
        _GROUPED | {"num_local_experts": 4, "num_experts_per_tok": 2},
        "model.layers",
        "self_attn.o_proj",
        None,
    ),
    "qwen2-moe": Architecture(
        "Qwen2MoeConfig",
        _GROUPED
        | {
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 24,
            "shared_expert_intermediate_size": 40,
        },
        "model.layers",
        "self_attn.o_proj",
        None,
    ),
    "mamba": Architecture(
        "MambaConfig",
        _COMMON | {"hidden_size": HIDDEN, "state_size": 8, "num_hidden_layers": LAYERS},
        "backbone.layers",
        None,
        None,
        implementation="eager",
    ),
    "t5": Architecture(
        "T5Config",
        _COMMON
        | {
            "d_model": HIDDEN,
            "d_kv": 16,
            "d_ff": WIDTH,
            "num_layers": 2,
            "num_decoder_layers": LAYERS,
            "num_heads": HEADS,
            "decoder_start_token_id": 1,
            "initializer_factor": 4.0,
        },
        "decoder.block",
        "layer.0.SelfAttention.o",
        "layer.2.DenseReluDense.wo",
        64,
        auto="AutoModelForSeq2SeqLM",
    ),
    "bart": Architecture(
        "BartConfig",
        _COMMON
        | {
            "d_model": HIDDEN,
            "encoder_layers": 2,
            "decoder_layers": LAYERS,
            "encoder_attention_heads": HEADS,
            "decoder_attention_heads": HEADS,
            "encoder_ffn_dim": 40,
            "decoder_ffn_dim": WIDTH,
            "max_position_embeddings": 96,
            "decoder_start_token_id": 1,
            "init_std": 0.3,
        },
        "model.decoder.layers",
        "self_attn.out_proj",
        "fc2",
        auto="AutoModelForSeq2SeqLM",
    ),
    "bert": Architecture(
        "BertConfig",
        _PLAIN,
        "bert.encoder.layer",
        "attention.output.dense",
        "output.dense",
        auto="AutoModelForMaskedLM",
    ),
}
#: Of several streams side by side, so that it has no residual to be read.
GEMMA3N = Architecture(
    "Gemma3nTextConfig",
    _WIDE
    | {
        "hidden_size_per_layer_input": 8,
        "vocab_size_per_layer_input": 258,
        "laurel_rank": 4,
        "num_kv_shared_layers": 0,
        "sliding_window": 8,
        "layer_types": ["sliding_attention", "sliding_attention", "full_attention"],
        "activation_sparsity_pattern": [0.0] * LAYERS,
    },
    "model.layers",
    "self_attn.o_proj",
    "mlp.down_proj",
    64,
    gate="mlp.act_fn",
)
#: Those that write text.
WRITERS = tuple(name for name in ARCHITECTURES if name != "bert")
