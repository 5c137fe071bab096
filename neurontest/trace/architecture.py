"""What kind of model it is: whether it writes text, by which of its parts, and how transformers loads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from neurontest.errors import TraceError
from neurontest.types import TraceGroup, reading_of

#: The attention implementation of every architecture that has it.
SDPA = "sdpa"
#: Architectures without it, by ``model_type``: known before torch is. One that gains it in a later release of
#: transformers stays here, so that what was traced stays valid.
# fmt: off
_EAGER = frozenset({
    "big_bird", "bigbird_pegasus", "bloom", "codegen", "convbert", "cpmant", "deberta", "deberta-v2",
    "deepseek_v4", "falcon_mamba", "flaubert", "flint", "fnet", "fsmt", "funnel", "gemma2", "git", "got_ocr2",
    "gpt_neo", "gpt_neox_japanese", "gpt_oss", "gptj", "granite_swa", "granitemoe_swa", "hy_v4", "ibert",
    "inkling2_text", "led", "longformer", "longt5", "luke", "mamba", "mamba2", "megatron-bert", "mimo_v2_flash",
    "mpnet", "mpt", "mra", "mvp", "nllb-moe", "nystromformer", "openai-gpt", "pegasus_x", "perceiver",
    "prophetnet", "reformer", "rembert", "roformer", "rwkv", "squeezebert", "switch_transformers", "t5gemma",
    "tapas", "trocr", "vaultgemma", "xglm", "xlm", "xlnet", "xlstm", "yoso",
})
# fmt: on


def attention_of(folder: Path) -> str:
    """The attention implementation that a model folder is loaded with, by its ``config.json``."""
    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, KeyError, TypeError):
        return SDPA  # loading will say what is wrong
    return "eager" if kind in _EAGER else SDPA


def text_config(model: Any) -> Any:
    """The configuration of the part that writes, or reads, text."""
    return model.config.get_text_config(decoder=True)


def layers_of(model: Any) -> int:
    """Blocks of that part, as the configuration says."""
    for name in ("num_decoder_layers", "decoder_layers"):  # of an encoder-decoder, or the decoder of one
        said = getattr(model.config, name, None)
        if said is not None:
            return int(said)
    return int(text_config(model).num_hidden_layers)


def most_tokens(model: Any) -> tuple[int, str] | None:
    """Tokens of the longest text that can be read, and what sets the limit, as the end of a sentence; None if nothing.

    Where the rotary embeddings of all positions change with the length of the longest text in the pass (of kind
    ``dynamic`` and ``longrope``), a text's activations depend on what stands beside it, and on whether it was written
    step by step: it may only be as long as they stay what they are.
    """
    config = text_config(model)
    found = []
    context = getattr(config, "max_position_embeddings", None)
    if _is_size(context):
        found.append((context, f"the model's context of {context}"))
    rotary = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    # Some models have one kind for each type of layer.
    for one in [rotary, *rotary.values()] if isinstance(rotary, dict) else []:
        kind = str(one.get("rope_type", one.get("type", ""))) if isinstance(one, dict) else ""
        said = one.get("original_max_position_embeddings") if kind == "longrope" else context
        before = said or getattr(config, "original_max_position_embeddings", None)
        if (kind == "longrope" or "dynamic" in kind) and _is_size(before):
            found.append(
                (before, f"{before}, beyond which the model's rotary embeddings ({kind}) change with what is beside it")
            )
    return min(found, default=None)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and value > 0


def is_encoder_decoder(model: Any) -> bool:
    """Whether the prompt goes to an encoder of its own."""
    return bool(getattr(model.config, "is_encoder_decoder", False))


def writes(model: Any) -> bool:
    """Whether the model can write text; False for an encoder, of which only the prompt's own positions can be read."""
    if not model.can_generate():
        return False
    return is_encoder_decoder(model) or not is_encoder(model.config)


def check_writes(model: Any) -> None:
    """Check that new tokens can be asked of the model.

    Raises
    ------
    TraceError
        If it is an encoder, or lacks the head that predicts tokens.
    """
    if not writes(model):
        raise TraceError(
            f"{type(model).__name__} writes no text: it is an encoder, or lacks the head that predicts tokens. "
            "Only the prompt's own tokens can be read of it (positions: prompt)."
        )


def check_reads(model: Any, group: TraceGroup) -> None:
    """Check that what a group asks for is to be had of the model's architecture.

    Raises
    ------
    TraceError
        If prompts, words or given texts are to be read of an encoder-decoder, whose decoder reads no prompts, or texts
        of an encoder.
    """
    where = {reading_of(one) for one in group.positions}
    looked_at = any(one.positions == "prompt" or one.match for one in where) or group.generation.replay is not None
    if is_encoder_decoder(model) and looked_at:
        raise TraceError(
            f"{type(model).__name__} is an encoder-decoder: its prompts go to an encoder of their own, and only new "
            "tokens that it writes itself can be read of its decoder (positions: generated or last, without match or "
            "replay)."
        )
    if group.needs_text and group.generation.replay is not None:
        check_writes(model)


def is_encoder(config: Any) -> bool:
    """Whether a configuration is of a model that sees its whole text at once, such as BERT."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

    return (
        config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES
        and not getattr(config, "is_encoder_decoder", False)
        and not getattr(config, "is_decoder", False)
    )


def auto_class(config: Any) -> Any:
    """The class of transformers that loads a model of this configuration with the head that its files hold."""
    import transformers

    if getattr(config, "is_encoder_decoder", False):
        return transformers.AutoModelForSeq2SeqLM
    if is_encoder(config):
        named = (getattr(config, "architectures", None) or [""])[0]
        return transformers.AutoModelForMaskedLM if named.endswith("MaskedLM") else transformers.AutoModel
    return transformers.AutoModelForCausalLM
