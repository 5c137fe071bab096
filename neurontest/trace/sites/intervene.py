"""Setting neurons to given values while the model reads: a context manager that always lets go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.trace.sites.find import Site
from neurontest.trace.sites.read import by_row
from neurontest.trace.sites.writes import Writes

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle

#: Of one row of a batch: columns ``layer * width + index``, and their values.
Forced = tuple[Sequence[int], Sequence[float]]

#: A change is multiplied by this at most, so that it writes as much as another one: a smaller change than that is one
#: of rounding, and has no direction. Any less would leave random sets at a lower dose wherever a set is active: at 4,
#: they write .79 of what neurons planted for a concept do on its prompts, at 12 they write .90.
MOST = 100.0


class SiteForcer:
    """Sets neurons of a site in every forward pass, each row of the batch its own.

    Parameters
    ----------
    site : Site
    rows : sequence of Forced
        One for each row; without columns, a row stays as it is.
    steps : bool tensor [row, position]
        The positions at which neurons are set.
    writes : Writes, optional
        Measures what the change of each layer's neurons writes to the residual stream.
    held : mapping from layer to float32 tensor [row, position], optional
        Norms that the writes are to have: the change of all of a layer's neurons is multiplied by one number at each
        position, of :data:`MOST` at most. Without it, neurons are set to the values given.

    Attributes
    ----------
    written : dict from layer to float32 tensor [row, position]
        Norms of the writes of the last pass, if they are measured.

    Notes
    -----
    What is set is what the next module sees: the block's output at ``residual``, the input of the down-projection at
    ``mlp``.
    """

    def __init__(
        self,
        site: Site,
        rows: Sequence[Forced],
        steps: torch.Tensor,
        writes: Writes | None = None,
        held: Mapping[int, torch.Tensor] | None = None,
    ) -> None:
        self._site, self._count, self._steps = site, len(rows), steps
        self._writes, self._held = writes, held or {}
        self.written: dict[int, torch.Tensor] = {}
        sizes = [len(columns) for columns, _ in rows]
        self._all = (
            np.repeat(np.arange(len(rows), dtype=np.int64), sizes),
            np.array([column for columns, _ in rows for column in columns], dtype=np.int64),
            np.array([value for _, values in rows for value in values], dtype=np.float32),
        )
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> SiteForcer:
        try:
            for layer, module in enumerate(self._site.modules):
                places = self._places(layer)
                if len(places[0]):
                    self._handles.append(self._attach(layer, module, *places))
        except BaseException:
            self._let_go()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()

    def _places(self, layer: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Row, index and value of every neuron of a layer that is set in some row."""
        rows, columns, values = self._all
        here = columns // self._site.width == layer
        return rows[here], columns[here] - layer * self._site.width, values[here]

    def _attach(self, layer: int, module: Any, *places: npt.NDArray[Any]) -> RemovableHandle:
        import torch

        on_host = [torch.from_numpy(one) for one in places]

        def force(value: torch.Tensor) -> torch.Tensor:
            # Where the block is: a model may be spread over several devices.
            rows, indices, values = (one.to(value.device) for one in on_host)
            steps = self._steps.to(value.device)[rows]
            # A copy: others may hold what the module was given.
            out = by_row(value.clone(), self._site, layer, self._count)
            now = out[rows, :, indices]
            new = torch.where(steps, values.to(out.dtype)[:, None].expand_as(steps), now)
            if self._writes is not None:
                new = self._written(self._writes, layer, (rows, indices), now, new)
            out[rows, :, indices] = new
            return out.reshape(value.shape)

        if self._site.read == "input":

            def before(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
                if args:
                    return (force(args[0]), *args[1:]), kwargs
                name = next(iter(kwargs))
                return args, {**kwargs, name: force(kwargs[name])}

            handle: RemovableHandle = module.register_forward_pre_hook(before, with_kwargs=True)
            return handle

        def after(_: Any, args: tuple[Any, ...], output: Any) -> Any:
            return (force(output[0]), *output[1:]) if isinstance(output, tuple) else force(output)

        handle = module.register_forward_hook(after)
        return handle

    def _written(
        self,
        writes: Writes,
        layer: int,
        places: tuple[torch.Tensor, torch.Tensor],
        now: torch.Tensor,
        new: torch.Tensor,
    ) -> torch.Tensor:
        """What the neurons at `places` are set to [place, position], so that they write as much as they are held to."""
        import torch

        rows, indices = places
        change = new.float() - now.float()
        size = writes.size(layer, change, rows, indices, self._count)
        if layer in self._held:
            wanted = self._held[layer].to(size.device)
            factor = torch.where(size > 0, wanted / size, torch.ones_like(size)).clamp(max=MOST)
            size = size * factor
            new = torch.where(change != 0, (now.float() + change * factor[rows]).to(new.dtype), now)
        self.written[layer] = size
        return new

    def _let_go(self) -> None:
        while self._handles:
            self._handles.pop().remove()
