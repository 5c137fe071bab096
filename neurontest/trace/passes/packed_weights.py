"""Linear layers on the CPU with their weights laid out as its matrix kernels read them.

A step multiplies few rows by every weight of the model, so that most of its time goes into bringing weights into that
layout, over and over. Done once, a step of 45 texts takes half the time. It costs a second copy of the weights.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

#: Rows that the layout is chosen for. Measured from 1 to 600 rows, no other hint is better at any of them.
ROWS = 128

#: Share of the machine's memory, at most, for the second copy.
SHARE = 0.25


@contextmanager
def packed(model: Any) -> Iterator[int]:
    """Let the linear layers of `model` use packed weights; on leaving, they are as before, also on an error.

    Where the kernels are not there, weights are not on the CPU or the copy would take more than a quarter of the
    machine's memory, layers are left alone. Results are the same to within rounding.

    Yields
    ------
    int
        Layers that are packed.
    """
    import torch

    layers = _layers(model)
    try:
        with torch.inference_mode():
            for layer in layers:
                layer.forward = partial(_forward, torch.ops.mkldnn._linear_pointwise, _pack(layer.weight), layer.bias)
        yield len(layers)
    finally:
        for layer in layers:
            layer.__dict__.pop("forward", None)


def _layers(model: Any) -> list[Any]:
    """The layers that can be packed; a subclass of Linear may mean something else by its weight."""
    import torch

    if not torch.backends.mkldnn.is_available():
        return []
    found = [
        module
        for module in model.modules()
        if type(module) is torch.nn.Linear
        and "forward" not in module.__dict__
        and module.weight.device.type == "cpu"
        and module.weight.dtype in _formats()
    ]
    size = sum(layer.weight.nbytes for layer in found)
    return found if size <= SHARE * _memory() and _works() else []


def _formats() -> set[Any]:
    """Number formats that the processor multiplies itself."""
    import torch

    formats = {torch.float32}
    if torch.ops.mkldnn._is_mkldnn_bf16_supported():
        formats.add(torch.bfloat16)
    return formats


def _works() -> bool:
    """Whether this release of torch has the kernels as they are called here, and they multiply right."""
    import torch

    try:
        with torch.inference_mode():
            weight = torch.arange(6.0).reshape(2, 3)
            x, bias = torch.ones(1, 3), torch.ones(2)
            got = _forward(torch.ops.mkldnn._linear_pointwise, _pack(weight), bias, x)
            return bool(torch.allclose(got, torch.tensor([[4.0, 13.0]])))
    except (AttributeError, RuntimeError, TypeError):
        return False


def _pack(weight: Any) -> Any:
    import torch

    return torch.ops.mkldnn._reorder_linear_weight(weight.detach(), ROWS)


def _forward(multiply: Any, weight: Any, bias: Any, x: Any) -> Any:
    return multiply(x, weight, bias, "none", [], "")


def _memory() -> int:
    """Bytes of the machine; 0 if it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0
