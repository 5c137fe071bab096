"""Where the neurons are: the blocks of an architecture and, in each, the module to read a site at.

Found by structure rather than by a table of architectures: blocks are a list of as many modules of one class as the
configuration has layers, and an MLP ends in the projection back to the hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from neurontest.errors import TraceError

if TYPE_CHECKING:
    from torch import nn

SITES = ("mlp", "residual")


@dataclass(frozen=True)
class Site:
    """One site of a model.

    Attributes
    ----------
    name : str
        ``residual`` or ``mlp``.
    read : {"output", "input"}
        Which side of the modules is the neurons.
    width : int
        Neurons of a block.
    modules : tuple of nn.Module
        One per block, in order.
    """

    name: str
    read: Literal["output", "input"]
    width: int
    modules: tuple[nn.Module, ...]

    @property
    def layers(self) -> int:
        """Blocks of the model."""
        return len(self.modules)


def find_sites(model: Any, names: Sequence[str]) -> tuple[Site, ...]:
    """The sites called `names` of a transformers model.

    Raises
    ------
    TraceError
        If a site is not known, or the model has no such structure; the message names the architecture.
    """
    return tuple(_find_site(model, name) for name in names)


def _find_site(model: Any, name: str) -> Site:
    hidden = int(_config(model).hidden_size)
    blocks = _blocks(model)
    if name == "residual":
        return Site(name, "output", hidden, blocks)
    if name != "mlp":
        raise TraceError(f"There is no site {name!r}; valid: {', '.join(SITES)}.")
    modules = tuple(_down_projection(model, block, layer, hidden) for layer, block in enumerate(blocks))
    widths = {_shape(module)[0] for module in modules}
    if len(widths) > 1:
        raise TraceError(
            f"The MLPs of {type(model).__name__} have different widths ({', '.join(map(str, sorted(widths)))}); "
            "neurons of site mlp can only be counted if all blocks have as many. Use site: residual."
        )
    return Site(name, "input", widths.pop(), modules)


def _config(model: Any) -> Any:
    return model.config.get_text_config(decoder=True)


def _blocks(model: Any) -> tuple[nn.Module, ...]:
    from torch import nn

    layers = int(_config(model).num_hidden_layers)
    found = {
        path: module
        for path, module in model.named_modules()
        if isinstance(module, nn.ModuleList)
        and len(module) == layers
        and len({type(block) for block in module}) == 1
        and any(_is_attention(name) for name, _ in module[0].named_modules())
    }
    # A list inside another one (as many experts as layers, say) belongs to a block.
    outer = [module for path, module in found.items() if not any(path.startswith(other + ".") for other in found)]
    if len(outer) != 1:
        raise TraceError(
            f"The blocks of {type(model).__name__} were not found: looked for one list of {layers} modules "
            f"(num_hidden_layers) of the same class with attention in them, and found {len(outer)}."
        )
    return tuple(outer[0])


def _down_projection(model: Any, block: nn.Module, layer: int, hidden: int) -> nn.Module:
    candidates = [
        module for path, module in block.named_modules() if not _is_attention(path) and _shape(module)[1] == hidden
    ]
    if not candidates:
        raise TraceError(
            f"The MLP of block {layer} of {type(model).__name__} was not found: looked for the last linear layer "
            f"outside attention that maps to the hidden size {hidden}. Use site: residual."
        )
    return candidates[-1]


def _is_attention(path: str) -> bool:
    return any("attn" in part or "attention" in part for part in path.lower().split("."))


def _shape(module: Any) -> tuple[int, int]:
    """Inputs and outputs of a linear layer; (0, 0) for any other module."""
    from torch import nn
    from transformers.pytorch_utils import Conv1D

    if isinstance(module, nn.Linear):
        return module.in_features, module.out_features
    if isinstance(module, Conv1D):
        return int(module.weight.shape[0]), int(module.weight.shape[1])
    return 0, 0
