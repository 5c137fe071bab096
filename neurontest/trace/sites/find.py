"""Where the neurons are: the blocks of an architecture and, in each, the module to read a site at.

Found by structure rather than by a table of architectures: blocks are a list of as many modules as the configuration
has layers; attention and the MLP end in the projection back to the hidden size. :mod:`neurontest.trace.selftest.sites`
checks that what was found is what it says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from neurontest.errors import TraceError
from neurontest.settings import BY_NAME
from neurontest.trace.architecture import is_encoder_decoder, layers_of, text_config

if TYPE_CHECKING:
    from torch import nn

#: All that a spec may say.
SITES = tuple(sorted(BY_NAME["site"].choices))
#: Those within the MLP, of as many neurons.
IN_MLP = ("mlp", "mlp_gate")

#: Projections into attention, and gates of it, that may map to the hidden size as its output projection does.
_INTO = re.compile(
    r"(q|k|v|g|r|qkv|query|key|value|gate|in)(_?proj|_linear|_lin)?(_[a-z0-9])?|.*gate.*|.*_[qkv](_proj)?"
)
_FEED_FORWARD = re.compile(r"(^|[._])(mlp|ffn?|feed_?forward|densereludense)([._]|$)", re.IGNORECASE)
_CROSS = ("cross", "encdec", "encoder_attn")
#: By ``model_type`` and site, the path within a block of what the rules below do not find. Empty: none of the 133
#: causal architectures of transformers 5.23 that could be built small has a projection that they miss and a path names.
_EXCEPTIONS: dict[tuple[str, str], str] = {}


@dataclass(frozen=True)
class Site:
    """One site of a model.

    Attributes
    ----------
    name : str
        ``residual``, ``mlp``, ``mlp_gate`` or ``attention``.
    read : {"output", "input"}
        Which side of the modules is the neurons.
    width : int
        Neurons of a block.
    modules : tuple of nn.Module
        One per block, in order.
    heads : int or None
        At site attention, the heads that the neurons of a block belong to, as many neurons each, in order; None if they
        cannot be told apart.
    """

    name: str
    read: Literal["output", "input"]
    width: int
    modules: tuple[nn.Module, ...]
    heads: int | None = None

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


def find_blocks(model: Any) -> tuple[nn.Module, ...]:
    """The blocks of the part that writes, in order.

    Raises
    ------
    TraceError
        If they are not found.
    """
    layers = layers_of(model)
    roots = [model.get_decoder()] if is_encoder_decoder(model) else [model, model.get_decoder()]
    found: list[nn.Module] = []
    for root in filter(None, roots):
        found = _lists_of_blocks(root, layers)
        if len(found) == 1:
            return tuple(found[0])
    raise TraceError(
        f"The blocks of {type(model).__name__} were not found: looked for one list of {layers} modules "
        f"(as many as the configuration has layers) with attention in them, and found {len(found)}."
    )


def find_projection(model: Any, name: str, layer: int, block: nn.Module) -> nn.Module:
    """The module of a block whose input is the site `name`: the output projection of attention, or of the MLP.

    Raises
    ------
    TraceError
        If there is none, or the neurons are those of routed experts.
    """
    hidden = int(text_config(model).hidden_size)
    exception = _EXCEPTIONS.get((text_config(model).model_type, name))
    if exception is not None:
        return block.get_submodule(exception)
    linear = _linear_to(block, hidden)
    attention = {path: module for path, module in linear.items() if _is_attention(path)}
    where = f"block {layer} of {type(model).__name__}"
    attends = any(_is_attention(path) for path, _ in block.named_modules())
    if name == "attention":
        if not attends:
            raise TraceError(f"There is no attention in {where}, as in a state-space model. {_USE_RESIDUAL}")
        ends = [module for path, module in _out_of(attention).items() if not _is_cross(path)]
        if not ends:
            raise TraceError(
                f"The attention of {where} was not found: looked for the last linear layer in it that maps to the "
                f"hidden size {hidden}. {_USE_RESIDUAL}"
            )
        return ends[-1]
    if experts(block) is not None:
        raise TraceError(
            f"The MLP of {where} is a mixture of experts, and a token passes only those that it is routed to; its "
            "neurons have no activation for the other tokens. Use site: residual or attention."
        )
    rest = {path: module for path, module in linear.items() if path not in attention}
    ends = [module for path, module in rest.items() if _FEED_FORWARD.search(path)]
    if not ends and not attends:
        raise TraceError(
            f"There is no MLP in {where} beside what mixes the tokens, as in a state-space model. {_USE_RESIDUAL}"
        )
    ends = ends or list(rest.values())
    if not ends:
        raise TraceError(
            f"The MLP of {where} was not found: looked for the last linear layer outside attention that maps to the "
            f"hidden size {hidden}. {_USE_RESIDUAL}"
        )
    return ends[-1]


_USE_RESIDUAL = "Use site: residual."


def find_gate(model: Any, layer: int, block: nn.Module) -> nn.Module:
    """The module whose output is the activation of the gate of a block's MLP, before it is multiplied by what it gates.

    Raises
    ------
    TraceError
        If the MLP has no gate, or its activation is no module, or there is no MLP to read at all.
    """
    where, inward = f"block {layer} of {type(model).__name__}", inward_of(model, layer, block)
    width = linear_shape(find_projection(model, "mlp", layer, block))[0]
    outputs = [linear_shape(module)[1] for module in inward]
    if outputs.count(width) < 2 and 2 * width not in outputs:
        raise TraceError(
            f"The MLP of {where} has no gate: what enters its down-projection is an activation as it is. Use site: mlp."
        )
    found = [module for module in _beside(model, layer, block).values() if _is_activation(module)]
    if len(found) != 1:
        raise TraceError(
            f"The activation of the gate in the MLP of {where} cannot be read: looked for one module that computes it, "
            f"and found {len(found)}. Use site: mlp."
        )
    return found[0]


def inward_of(model: Any, layer: int, block: nn.Module) -> tuple[nn.Module, ...]:
    """The linear layers of a block's MLP that give as many values as it has neurons, or twice as many."""
    down = find_projection(model, "mlp", layer, block)
    width = linear_shape(down)[0]
    within = _outermost(_beside(model, layer, block), (width, 2 * width))
    return tuple(module for module in within.values() if module is not down)


def _beside(model: Any, layer: int, block: nn.Module) -> dict[str, nn.Module]:
    """The modules that stand beside the end of a block's MLP, and what they hold; those of attention are left out."""
    down = find_projection(model, "mlp", layer, block)
    path = next(path for path, module in block.named_modules() if module is down)
    holder = block.get_submodule(path.rpartition(".")[0])
    return {path: module for path, module in holder.named_modules() if not _is_attention(path)}


def _is_activation(module: nn.Module) -> bool:
    return type(module).__module__ in ("torch.nn.modules.activation", "transformers.activations")


def projections(model: Any, block: nn.Module) -> tuple[nn.Module, ...]:
    """All linear layers of a block that map to the hidden size, but for those that lead into attention."""
    return tuple(_out_of(_linear_to(block, int(text_config(model).hidden_size))).values())


def experts(block: nn.Module) -> nn.Module | None:
    """The module of a block that routes tokens to experts, if there is one."""
    for path, module in block.named_modules():
        if "expert" in path.lower() or type(module).__name__.endswith("Experts"):
            return block.get_submodule(path.rpartition(".")[0])
    return None


def linear_shape(module: Any) -> tuple[int, int]:
    """Inputs and outputs of a linear layer, quantized or with adapters too; (0, 0) for any other module."""
    from transformers.pytorch_utils import Conv1D

    if isinstance(module, Conv1D):
        return int(module.weight.shape[0]), int(module.weight.shape[1])
    inputs, outputs = getattr(module, "in_features", 0), getattr(module, "out_features", 0)
    return (inputs, outputs) if isinstance(inputs, int) and isinstance(outputs, int) else (0, 0)


def _find_site(model: Any, name: str) -> Site:
    if name not in SITES:
        raise TraceError(f"There is no site {name!r}; valid: {', '.join(SITES)}.")
    blocks = find_blocks(model)
    if name == "residual":
        return Site(name, "output", int(text_config(model).hidden_size), blocks)
    if name not in ("attention", *IN_MLP):
        raise TraceError(f"No rule says where in a block site {name!r} is read.")
    ends = "mlp" if name in IN_MLP else name
    modules = tuple(find_projection(model, ends, layer, block) for layer, block in enumerate(blocks))
    widths = {linear_shape(module)[0] for module in modules}
    if len(widths) > 1:
        what = "MLPs" if name in IN_MLP else "attentions"
        raise TraceError(
            f"The {what} of {type(model).__name__} have different widths ({', '.join(map(str, sorted(widths)))}); "
            f"neurons of site {name} can only be counted if all blocks have as many. {_USE_RESIDUAL}"
        )
    width = widths.pop()
    if name == "mlp_gate":
        return Site(name, "output", width, tuple(find_gate(model, layer, block) for layer, block in enumerate(blocks)))
    return Site(name, "input", width, modules, _heads(model, width) if name == "attention" else None)


def _heads(model: Any, width: int) -> int | None:
    heads = getattr(text_config(model), "num_attention_heads", None)
    return heads if isinstance(heads, int) and heads > 0 and width % heads == 0 else None


def _lists_of_blocks(root: nn.Module, layers: int) -> list[nn.Module]:
    from torch import nn

    found = {
        path: module
        for path, module in root.named_modules()
        if isinstance(module, nn.ModuleList) and len(module) == layers
    }
    # A list inside another one (as many experts as layers, say) belongs to a block.
    outer = [module for path, module in found.items() if not any(path.startswith(other + ".") for other in found)]
    attending = [
        blocks for blocks in outer if any(_is_attention(path) for block in blocks for path, _ in block.named_modules())
    ]
    return attending or [blocks for blocks in outer if len({type(block) for block in blocks}) == 1]


def _linear_to(block: nn.Module, hidden: int) -> dict[str, nn.Module]:
    """Linear layers that map to the hidden size."""
    return _outermost(dict(block.named_modules()), (hidden,))


def _outermost(modules: dict[str, nn.Module], outputs: tuple[int, ...]) -> dict[str, nn.Module]:
    """Of modules by path the linear layers that have so many outputs; the outermost, where an adapter holds others."""
    found: dict[str, nn.Module] = {}
    for path, module in modules.items():
        inner = any(path.startswith(other + ".") for other in found)
        if not inner and linear_shape(module)[1] in outputs:
            found[path] = module
    return found


def _out_of(linear: dict[str, nn.Module]) -> dict[str, nn.Module]:
    """Those of some projections that do not lead into attention, by their names."""
    return {path: module for path, module in linear.items() if not _INTO.fullmatch(path.rpartition(".")[2].lower())}


def _is_cross(path: str) -> bool:
    return any(word in path.lower() for word in _CROSS)


def _is_attention(path: str) -> bool:
    return any("attn" in part or "attention" in part for part in path.lower().split("."))
