"""Models in wrappers: what adapters (peft), compilers and nnsight put around a transformers model is looked through."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from neurontest.errors import ModelError


def looked_through(model: Any) -> Any:
    """The transformers model within, with its adapters in it, not compiled; a model without wrappers as it is.

    Raises
    ------
    ModelError
        If the adapter is no part of the model, but adds to what goes into it.
    """
    while True:
        if _is_compiled(model):
            model = model._orig_mod
        elif _library(model) == "nnsight" and hasattr(model, "_module"):
            model = model._module
        elif _library(model) == "peft" and hasattr(model, "get_base_model"):
            if getattr(getattr(model, "active_peft_config", None), "is_prompt_learning", False):
                raise ModelError(
                    f"{type(model).__name__} puts learnt vectors before every prompt (prompt or prefix tuning), which "
                    "are no tokens and cannot be traced. Test the model within it (get_base_model), or one with "
                    "another kind of adapter."
                )
            model = model.get_base_model()
        else:
            return model


@contextmanager
def uncompiled() -> Iterator[None]:
    """Let compiled models, and compiled parts of models, run as they were written: hooks are heard in these alone."""
    if "torch._dynamo" not in sys.modules:  # nothing was compiled, and it takes seconds to import
        yield
        return
    import torch

    with torch.compiler.set_stance("force_eager"):
        yield


def _library(model: Any) -> str:
    return type(model).__module__.partition(".")[0]


def _is_compiled(model: Any) -> bool:
    return type(model).__name__ == "OptimizedModule" and type(model).__module__.startswith("torch._dynamo")
