"""Setting neurons to given values while the model reads: a context manager that always lets go."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.trace.hooks import by_row
from neurontest.trace.sites import Site

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle

#: Of one row of a batch: columns ``layer * width + index``, and their values.
Forced = tuple[Sequence[int], Sequence[float]]


class SiteForcer:
    """Sets neurons of a site in every forward pass, each row of the batch its own.

    Parameters
    ----------
    site : Site
    rows : sequence of Forced
        One for each row; without columns, a row stays as it is.
    steps : bool tensor [row, position]
        The positions at which neurons are set.

    Notes
    -----
    What is set is what the next module sees: the block's output at ``residual``, the input of the down-projection at
    ``mlp``.
    """

    def __init__(self, site: Site, rows: Sequence[Forced], steps: torch.Tensor) -> None:
        self._site, self._count, self._steps = site, len(rows), steps
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
            set_to = values.to(out.dtype)[:, None].expand_as(steps)
            out[rows, :, indices] = torch.where(steps, set_to, out[rows, :, indices])
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

    def _let_go(self) -> None:
        while self._handles:
            self._handles.pop().remove()
