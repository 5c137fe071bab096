"""What neurons add to the residual stream: the direction of each, and how much a change of some of them writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError
from neurontest.trace.sites.find import Site

if TYPE_CHECKING:
    import torch

#: Neurons whose directions are looked at together.
_AT_ONCE = 1024


class Writes:
    """The directions in which the neurons of a site write.

    At ``mlp`` and ``attention`` a neuron's direction is its column of the projection that reads it, before any norm
    that may follow; at ``residual`` it is a unit vector.

    Parameters
    ----------
    site : Site

    Raises
    ------
    TraceError
        If what a neuron writes hangs on other neurons too, as a gate's does.
    """

    def __init__(self, site: Site) -> None:
        if site.name == "mlp_gate":
            raise TraceError(
                "What a neuron of site mlp_gate writes hangs on what it gates, so that no random set can be held to the"
                " same write (claims of kind necessary and sufficient); use site: mlp."
            )
        self._site = site

    def norms(self) -> npt.NDArray[np.float32]:
        """Lengths [neuron] of all directions, layer by layer."""
        import torch

        site = self._site
        if site.name == "residual":
            return np.ones(site.layers * site.width, dtype=np.float32)
        found = []
        with torch.inference_mode():
            for layer, module in enumerate(site.modules):
                for start in range(0, site.width, _AT_ONCE):
                    indices = torch.arange(start, min(start + _AT_ONCE, site.width), device=_device(module))
                    found.append(torch.linalg.vector_norm(self._directions(layer, indices), dim=1).cpu().numpy())
        return np.concatenate(found).astype(np.float32)

    def size(
        self, layer: int, change: torch.Tensor, rows: torch.Tensor, indices: torch.Tensor, count: int
    ) -> torch.Tensor:
        """Norms [row, position] of what a change of some neurons of a layer writes.

        Parameters
        ----------
        change : float32 tensor [place, position]
            By how much a neuron of a row is changed.
        rows, indices : int tensor [place]
            Which row, and which neuron of the layer, that is.
        count : int
            Rows.
        """
        import torch

        kept, where = torch.unique(indices, return_inverse=True)
        changed = change.new_zeros(count, change.shape[1], len(kept))
        changed[rows, :, where] = change
        if self._site.name != "residual":
            changed = changed @ self._directions(layer, kept)
        return torch.linalg.vector_norm(changed, dim=2)

    def _directions(self, layer: int, indices: torch.Tensor) -> torch.Tensor:
        """Directions [neuron, hidden] in float32."""
        import torch
        from transformers.pytorch_utils import Conv1D

        module = self._site.modules[layer]
        if type(module) is torch.nn.Linear:
            return module.weight[:, indices].float().T
        if type(module) is Conv1D:
            return module.weight[indices].float()
        # Quantized weights and adapters tell their columns by what they make of one neuron at a time.
        alone = torch.zeros(1 + len(indices), self._site.width, device=indices.device, dtype=_dtype(module))
        alone[torch.arange(1, 1 + len(indices)), indices] = 1.0
        # Its own method: hooks that set neurons would set these too.
        found: torch.Tensor = module.forward(alone[None])[0].float()
        return found[1:] - found[:1]


def _device(module: Any) -> Any:
    return next(module.parameters()).device


def _dtype(module: Any) -> Any:
    """The type that activations have there: weights may be stored in another, integer one."""
    import torch

    floating = [one.dtype for one in module.parameters() if one.is_floating_point()]
    return floating[0] if floating else torch.float32
