"""How many neurons a model has, by its ``config.json`` alone: read where nothing may be loaded.

What a configuration does not say for sure is None: whoever loads the model finds it out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurontest.errors import ModelError
from neurontest.files import UnreadableError, read_regular
from neurontest.trace.models import builtin, hub

#: Bytes of a configuration at most.
_LARGEST = 10_000_000

_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_DECODER_LAYERS = ("num_decoder_layers", "decoder_layers", "num_layers")
_HIDDEN = ("hidden_size", "n_embd", "d_model")
_INNER = ("intermediate_size", "n_inner", "decoder_ffn_dim", "ffn_dim", "ffn_hidden_size", "d_ff")
_HEADS = ("decoder_attention_heads", "num_attention_heads", "n_head", "num_heads")
_HEAD_SIZE = ("head_dim", "d_kv")
#: Architectures whose MLPs are four times as wide as the model where the configuration says nothing else.
_FOURFOLD = frozenset({"gpt2", "gptj", "codegen", "gpt_neo", "gpt_bigcode", "bloom", "falcon"})
#: Words of keys of architectures whose blocks have no single MLP, or heads of more than one size.
_SEVERAL = ("expert", "state_size", "ssm", "kv_lora", "conv_kernel")
#: Where a model of texts and something else keeps the configuration of its texts.
_PARTS = ("text_config", "language_config", "llm_config")


@dataclass(frozen=True)
class Dimensions:
    """Sizes of a model; None for what is not known.

    Attributes
    ----------
    layers : int or None
    widths : mapping from site to int
        Neurons of a block at a site; a site that is not known is left out.
    head_size : int or None
    """

    layers: int | None
    widths: Mapping[str, int]
    head_size: int | None = None


BUILTIN = Dimensions(30, {"residual": 576, "mlp": 1536, "mlp_gate": 1536, "attention": 576}, 64)


def dimensions_of(name: str) -> Dimensions | None:
    """The sizes of a model that a spec names; None if they cannot be known without fetching, converting or loading."""
    if name == builtin.NAME:
        return BUILTIN
    folder: Path | None = Path(name)
    if name.startswith(hub.PREFIX):
        try:
            folder = hub.parse(name).cached()
        except ModelError:
            folder = None
    return None if folder is None else _in_folder(folder)


def _in_folder(folder: Path) -> Dimensions | None:
    try:
        said: Any = json.loads(read_regular(folder / "config.json", _LARGEST))
    except (UnreadableError, ValueError, RecursionError):
        return None  # whoever loads it says what is wrong
    for part in _PARTS:
        if isinstance(said, dict) and isinstance(said.get(part), dict):
            said = said[part]
    return _dimensions(said) if isinstance(said, dict) else None


def _dimensions(said: Mapping[str, Any]) -> Dimensions:
    layers = _first(said, _DECODER_LAYERS if said.get("is_encoder_decoder") else _LAYERS)
    hidden, heads = _first(said, _HIDDEN), _first(said, _HEADS)
    inner = _first(said, _INNER)
    if inner is None and hidden is not None and said.get("model_type") in _FOURFOLD:
        inner = 4 * hidden
    head = _first(said, _HEAD_SIZE)
    if head is None and hidden is not None and heads is not None and hidden % heads == 0:
        head = hidden // heads
    several = any(word in key for key in said for word in _SEVERAL)
    widths = {
        "residual": hidden,
        "mlp": None if several else inner,
        "mlp_gate": None if several else inner,
        "attention": None if several or head is None or heads is None else head * heads,
    }
    known = {site: width for site, width in widths.items() if width is not None}
    return Dimensions(layers, known, None if several else head)


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """The first of some keys that holds a whole number; a list of them, one a layer, is none."""
    found = next((said[name] for name in names if said.get(name) is not None), None)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None
