"""Lengths at which a model begins to compute otherwise, so that a text's activations hang on how long it gets.

Rotary embeddings of type ``dynamic`` and ``longrope`` take other frequencies once the longest text of a pass is longer
than some length: for all texts beside it, and for what comes after in a text whose keys are in the cache already. One
text alone, beside a longer one, and in one pass then has three different activations, none of which is the right one.
"""

from __future__ import annotations

from typing import Any

from neurontest.errors import TraceError
from neurontest.text import quoted
from neurontest.trace.architecture import text_config


def switch_of(model: Any) -> int | None:
    """The longest text, in tokens, that is computed as all shorter ones are; None if length changes nothing.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    """
    found = [
        int(length)
        for module in model.modules()
        if (kind := getattr(module, "rope_type", None)) is not None
        for layers, name in (kind.items() if isinstance(kind, dict) else [(None, kind)])
        if (length := _switch(model, module, layers, str(name))) is not None
    ]
    return min(found, default=None)


def check_length(model: Any, prompt: str, tokens: int) -> None:
    """Check that a text is computed as all shorter ones are.

    Parameters
    ----------
    prompt : str
        For the message.
    tokens : int
        Of the prompt and of what follows, as far as the model reads it.

    Raises
    ------
    TraceError
        If it is longer than that.
    """
    switch = switch_of(model)
    if switch is not None and tokens > switch:
        raise TraceError(
            f"The prompt {quoted(prompt)} and what follows have {tokens} tokens, and from {switch + 1} on"
            f" {type(model).__name__} computes all of a text otherwise (its rotary embeddings are dynamic or longrope):"
            " what is read would hang on the texts beside it. Shorten the prompt or write fewer tokens."
        )


def _switch(model: Any, module: Any, layers: str | None, kind: str) -> int | None:
    if "dynamic" in kind:
        length = getattr(module, "original_max_seq_len", None)
    elif kind == "longrope":
        said = getattr(getattr(module, "config", text_config(model)), "rope_parameters", None) or {}
        length = (said if layers is None else said.get(layers, {})).get("original_max_position_embeddings")
    else:
        return None
    return length if isinstance(length, int) and length > 0 else None
