"""Whether what was found as a gate's activation is one: what enters the down-projection is it times what it gates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from neurontest.errors import TraceError
from neurontest.trace.sites.find import IN_MLP, find_sites, inward_of

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.utils.hooks import RemovableHandle

#: Of the product, relative to its own size: more than rounding in 16 bits makes, far less than anything else would.
_TOLERANCE = 0.03


@contextmanager
def check_gates(model: Any, blocks: Sequence[nn.Module], names: Sequence[str]) -> Iterator[None]:
    """Check the pass that runs inside, if the activations of gates are read.

    Raises
    ------
    TraceError
        If what enters a down-projection is not the activation times what a linear layer beside it gives, or a half of
        that where gate and gated come of one layer.
    """
    if "mlp_gate" not in names:
        yield
        return
    gates, ends = find_sites(model, IN_MLP[::-1])
    handles: list[RemovableHandle] = []
    seen: dict[tuple[int, str], list[torch.Tensor]] = {}

    def keep(layer: int, what: str) -> Any:
        return lambda _, args, output: seen.setdefault((layer, what), []).append(output.clone())

    def keep_input(layer: int) -> Any:
        return lambda _, args: seen.setdefault((layer, "end"), []).append(args[0].clone())

    try:
        for layer, (gate, end) in enumerate(zip(gates.modules, ends.modules, strict=True)):
            handles.append(gate.register_forward_hook(keep(layer, "gate")))
            handles.append(end.register_forward_pre_hook(keep_input(layer)))
            handles.extend(
                module.register_forward_hook(keep(layer, "linear")) for module in inward_of(model, layer, blocks[layer])
            )
        yield
    finally:
        for handle in handles:
            handle.remove()
    for layer in range(gates.layers):
        gate, end = seen.get((layer, "gate"), []), seen.get((layer, "end"), [])
        gated = [part for value in seen.get((layer, "linear"), []) for part in _parts(value, gates.width)]
        if not (len(gate) == len(end) == 1 and any(_is_product(end[0], gate[0], part) for part in gated)):
            raise TraceError(
                f"What enters the down-projection in block {layer} of {type(model).__name__} is not its gate's "
                "activation times the output of a linear layer, so that the gate cannot be told. Use site: mlp."
            )


def _parts(value: torch.Tensor, width: int) -> list[torch.Tensor]:
    """The output of a linear layer, or its halves, side by side or by turns."""
    if value.shape[-1] == width:
        return [value]
    return [value[..., :width], value[..., width:], value[..., ::2], value[..., 1::2]]


def _is_product(product: torch.Tensor, gate: torch.Tensor, gated: torch.Tensor) -> bool:
    if not product.numel() == gate.numel() == gated.numel():
        return False
    wanted = product.float().ravel()
    # What is no number is reported with the prompt that makes it so, when the texts are written.
    return not bool((gate.float().ravel() * gated.float().ravel() - wanted).norm() > _TOLERANCE * wanted.norm())
