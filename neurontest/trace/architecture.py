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
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kinds = [config["model_type"], (config.get("text_config") or {}).get("model_type", "")]
        return "eager" if _EAGER.intersection(kinds) else SDPA
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return SDPA  # loading will say what is wrong


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


#: By which of transformers' classes a head is loaded: the first that knows a checkpoint's own class has it.
_HEADS = (
    "CausalLM",
    "ImageTextToText",
    "MultimodalLM",
    "Seq2SeqLM",
    "MaskedLM",
    "SequenceClassification",
    "TokenClassification",
    "QuestionAnswering",
    "MultipleChoice",
)


def auto_class(config: Any) -> Any:
    """The class of transformers that loads a model of this configuration with the head that its files hold."""
    import transformers

    kind = type(config)
    named = (getattr(config, "architectures", None) or [""])[0]
    classes = [getattr(transformers, f"AutoModelFor{head}") for head in _HEADS]
    for auto in classes:
        if named and named in _known(auto, kind):
            return auto
    if getattr(config, "is_encoder_decoder", False):
        return transformers.AutoModelForSeq2SeqLM
    if is_encoder(config):
        return transformers.AutoModel
    # What looks at pictures too is read as the text model that it is beside.
    return next((auto for auto in classes[:3] if _known(auto, kind)), transformers.AutoModelForCausalLM)


def _known(auto: Any, kind: type) -> tuple[str, ...]:
    """The classes that one of transformers' makes of a configuration, by name."""
    found = auto._model_mapping.get(kind, ())
    return tuple(each.__name__ for each in (found if isinstance(found, tuple | list) else (found,)))
