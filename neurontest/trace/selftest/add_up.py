"""Whether the parts of a block add up: the residual after it is the one before it plus what attention and MLP write.

That shows that the projections which were found are the ones whose outputs the model adds to its residual. Multiples of
the parts count as sums too, and a norm or dropout between a part and the sum is followed; a block that ends in a norm
of the sum (BERT's) cannot be tested so, and is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError
from neurontest.trace.sites.find import IN_MLP, experts, find_projection, linear_shape, projections

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.utils.hooks import RemovableHandle

#: Share of what a block adds that its parts may leave unexplained; rounding leaves far less in float32.
_TOLERANCE = 1e-3
#: Units in the last place of the residual that they may leave unexplained besides: in 16 bits its sum is rounded.
_ULPS = 8.0


@dataclass
class Seen:
    """What one block had before and after it in the pass, and what its parts and other small modules made of it."""

    before: torch.Tensor | None = None
    after: torch.Tensor | None = None
    parts: dict[int, torch.Tensor] = field(default_factory=dict)
    leaves: list[tuple[torch.Tensor, torch.Tensor]] = field(default_factory=list)


@contextmanager
def check_parts(model: Any, blocks: Sequence[nn.Module], names: Sequence[str]) -> Iterator[None]:
    """Check the pass that runs inside, if one of the sites called `names` is read at a projection.

    Raises
    ------
    TraceError
        If the parts of a block do not add up, or do so without attention or the MLP.
    """
    if not {"attention", *IN_MLP} & set(names):
        yield
        return
    handles: list[RemovableHandle] = []
    try:
        watched = [
            (layer, block, parts, _watch(block, parts, handles))
            for layer, block in enumerate(blocks)
            if (parts := _parts(model, layer, block)) is not None
        ]
        yield
    finally:
        for handle in handles:
            handle.remove()
    for layer, block, parts, seen in watched:
        fit = unexplained(seen, len(parts))
        if fit is None:
            continue
        where = f"block {layer} of {type(model).__name__}"
        if fit.left > fit.rounding:
            raise TraceError(
                f"The parts of {where} do not add up: what it adds to the residual differs by {fit.left:.0%} from what "
                f"{' and '.join(_path(block, part) for part in parts)} write, so that they may not be all of its "
                "attention and MLP. Use site: residual."
            )
        for number, what in enumerate(("attention", "MLP")):
            if fit.without[number] <= fit.rounding:
                raise TraceError(
                    f"What {_path(block, parts[number])} writes in {where} is no part of what the block adds to the "
                    f"residual, so that it cannot be the end of its {what}. Use site: residual."
                )


def _parts(model: Any, layer: int, block: nn.Module) -> list[nn.Module] | None:
    """The modules whose outputs a block may add to its residual: attention, MLP and any others; None without these."""
    try:
        attention = find_projection(model, "attention", layer, block)
        mixture = experts(block)
        mlp = find_projection(model, "mlp", layer, block) if mixture is None else mixture
    except TraceError:
        return None
    others = [module for module in projections(model, block) if module not in (attention, mlp)]
    return [attention, mlp, *others]


def _watch(block: nn.Module, parts: Sequence[nn.Module], handles: list[RemovableHandle]) -> Seen:
    seen = Seen()

    def before(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        # Copies all through: some blocks add in place.
        seen.before = _first((*args, *kwargs.values())).clone()

    def after(_: Any, args: Any, output: Any) -> None:
        seen.after = _first(output).clone()

    def part(number: int) -> Any:
        def take(_: Any, args: Any, output: Any) -> None:
            seen.parts[number] = _first(output).clone()

        return take

    def leaf(_: Any, args: tuple[Any, ...], output: Any) -> None:
        if args and _is_tensor(args[0]) and _is_tensor(output) and args[0].shape == output.shape:
            seen.leaves.append((args[0].clone(), output.clone()))

    handles.append(block.register_forward_pre_hook(before, with_kwargs=True))
    handles.append(block.register_forward_hook(after))
    for number, module in enumerate(parts):
        handles.append(module.register_forward_hook(part(number)))
    for module in block.modules():
        if not any(module.children()) and linear_shape(module) == (0, 0):
            handles.append(module.register_forward_hook(leaf))
    return seen


@dataclass(frozen=True)
class Fit:
    """How well a block's parts add up to what it adds to the residual.

    Attributes
    ----------
    left : float
        The share of it that they leave unexplained.
    without : tuple of float
        The same without its attention, and without its MLP; infinite for one of which nothing can be said.
    rounding : float
        What rounding may leave.
    """

    left: float
    without: tuple[float, float]
    rounding: float


def unexplained(seen: Seen, count: int) -> Fit | None:
    """The fit of a block's `count` parts, of which attention and MLP come first; None if it cannot be tested so."""
    import torch

    if seen.before is None or seen.after is None or not {0, 1} <= set(seen.parts):
        return None
    shape = seen.after.shape
    if seen.before.shape != shape or any(torch.equal(seen.after, output) for _, output in seen.leaves):
        return None  # not a stream that parts are added to, or a norm of their sum
    parts = [_followed(seen.parts[number], seen.leaves) for number in range(count) if number in seen.parts]
    if any(part.numel() != seen.after.numel() for part in parts[:2]):
        return None
    fitting = [seen.before, *(part for part in parts if part.numel() == seen.after.numel())]
    columns = np.stack([value.double().cpu().ravel().numpy() for value in fitting], axis=1)
    after = seen.after.double().cpu().ravel().numpy()
    added = float(np.linalg.norm(after - columns[:, 0]))
    if not (np.isfinite(columns).all() and np.isfinite(after).all()) or added == 0:
        return None  # what is no number is reported with the prompt that makes it so, when the texts are written
    rounding = _TOLERANCE + _ULPS * torch.finfo(seen.after.dtype).eps * float(np.linalg.norm(after)) / added

    def without(part: int) -> float:
        rest = np.delete(columns, part, axis=1)
        # What it writes beside what the others do; where that is no more than rounding, nothing can be said.
        return _left(after, rest) / added if _left(columns[:, part], rest) > 3 * rounding * added else float("inf")

    return Fit(_left(after, columns) / added, (without(1), without(2)), rounding)


def _left(value: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]) -> float:
    """What no weighted sum of the columns explains."""
    lengths = np.linalg.norm(columns, axis=0)
    columns = columns / np.where(lengths > 0, lengths, 1)
    return float(np.linalg.norm(value - columns @ np.linalg.lstsq(columns, value, rcond=None)[0]))


def _followed(value: torch.Tensor, leaves: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    """What becomes of a part's output in the dropouts and norms that take it on."""
    import torch

    for given, output in leaves:
        if given.numel() == value.numel() and torch.equal(given.reshape(value.shape), value):
            value = output.reshape(value.shape)
    return value


def _first(value: Any) -> Any:
    """The tensor, or the first of several things."""
    return next(each for each in value if _is_tensor(each)) if isinstance(value, tuple | list) else value


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _path(block: nn.Module, wanted: nn.Module) -> str:
    return next(str(path) for path, module in block.named_modules() if module is wanted)
