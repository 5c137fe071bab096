"""Whether what a block gives is what the next one is given: only then is its output the residual after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from neurontest.errors import TraceError

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.utils.hooks import RemovableHandle

#: Norm of the difference, relative to that of the whole: more than any conversion between number formats makes.
_TOLERANCE = 0.02


@contextmanager
def check_chain(model: Any, blocks: Sequence[nn.Module], names: Sequence[str]) -> Iterator[None]:
    """Check the pass that runs inside, if the outputs of the blocks are read.

    Raises
    ------
    TraceError
        If a block is given anything but the output of the one before it, as where blocks give what is to be added, or
        run in another order.
    """
    if "residual" not in names:
        yield
        return
    handles: list[RemovableHandle] = []
    given: dict[int, torch.Tensor] = {}
    faults: list[int] = []

    def before(layer: int) -> Any:
        def look(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            value = args[0] if args else kwargs.get("hidden_states", next(iter(kwargs.values()), None))
            if layer and not _alike(given.pop(layer - 1, None), value):
                faults.append(layer)

        return look

    def after(layer: int) -> Any:
        def keep(_: Any, args: Any, output: Any) -> None:
            value = output[0] if isinstance(output, tuple | list) else output
            if hasattr(value, "clone"):
                # A copy: some models change the residual in place.
                given[layer] = value.clone()

        return keep

    try:
        for layer, block in enumerate(blocks):
            handles.append(block.register_forward_pre_hook(before(layer), with_kwargs=True))
            handles.append(block.register_forward_hook(after(layer)))
        yield
    finally:
        for handle in handles:
            handle.remove()
    if faults:
        raise TraceError(
            f"What block {faults[0] - 1} of {type(model).__name__} gives is not what block {faults[0]} is given, so "
            "that its output is not the residual after it. Use site: mlp or attention."
        )


def _alike(one: Any, other: Any) -> bool:
    if one is None or getattr(other, "shape", None) != one.shape:
        return False
    there, here = other.float(), one.to(other.device).float()
    # What is no number is reported with the prompt that makes it so, when the texts are written.
    return not bool((there - here).norm() > _TOLERANCE * here.norm())
