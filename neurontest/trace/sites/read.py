"""Reading sites while the model writes: a context manager that always lets go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError
from neurontest.trace.sites.find import IN_MLP, Site
from neurontest.trace.sites.tally import Tallies
from neurontest.types import Positions

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle


def by_row(value: torch.Tensor, site: Site, layer: int, rows: int) -> torch.Tensor:
    """What a module has at a site, as [row, position, neuron].

    Raises
    ------
    TraceError
        If it is no such thing: several streams beside each other, another order of axes, another width. Taken for one
        all the same, it would give numbers that change with the texts beside a text.
    """
    shape = tuple(getattr(value, "shape", ()))
    # Some architectures flatten rows and positions into one axis before the MLP.
    if len(shape) == 2 and site.name in IN_MLP and shape[1] == site.width and shape[0] % rows == 0:
        return value.detach().reshape(rows, -1, site.width)
    if len(shape) == 3 and shape[0] == rows and shape[2] == site.width:
        return value.detach()
    found = f"values of shape {list(shape)}" if shape else f"{type(value).__name__}, which is no tensor,"
    raise TraceError(
        f"Block {layer} has {found} at site {site.name}, where [rows, positions, width] ="
        f" [{rows}, positions, {site.width}] was looked for, so that it cannot be told which of them are a neuron's; "
        f"{_ELSEWHERE[site.name]}."
    )


_ELSEWHERE = {
    "residual": "blocks that pass on several streams, or axes in another order, have no residual that can be read: "
    "use site: mlp or attention",
    "attention": "use site: residual or mlp",
} | dict.fromkeys(IN_MLP, "use site: residual or attention")


def attach(site: Site, module: Any, take: Callable[[Any], None]) -> RemovableHandle:
    """Have `take` handed what a module of a site has in every pass, until the handle is removed."""
    if site.read == "input":
        return module.register_forward_pre_hook(
            lambda _, args, kwargs: take(args[0] if args else next(iter(kwargs.values()))), with_kwargs=True
        )
    # A block returns its output alone or, in some architectures and releases, first of several things.
    return module.register_forward_hook(
        lambda _, args, output: take(output[0] if isinstance(output, tuple | list) else output)
    )


class SiteReader:
    """Reads sites at the last position of every forward pass, into running sums and last values.

    Memory is a few arrays ``[layer, row, index]`` per site, however many steps are read.

    Parameters
    ----------
    sites : sequence of Site
    rows : int
        Texts written side by side.
    device : torch.device
        Where the running values are kept.
    readings : sequence of str or Reading
        What is read beside all steps, averaged, and the last of them.

    Attributes
    ----------
    tallies : Tallies
        Their running values.

    Examples
    --------
    >>> with SiteReader(sites, rows, device) as reader:  # doctest: +SKIP
    ...     model(ids)
    ...     reader.end_step(active)
    """

    def __init__(
        self, sites: Sequence[Site], rows: int, device: torch.device, readings: Sequence[Positions] = ()
    ) -> None:
        self.sites = tuple(sites)
        self._readings = tuple(readings)
        self.rows = rows
        self._device = device
        self._handles: list[RemovableHandle] = []
        self._kept: torch.Tensor | None = None

    def __enter__(self) -> SiteReader:
        import torch

        try:
            shapes = [(site.layers, self.rows, site.width) for site in self.sites]
            # Whatever the model computes in, and whatever torch takes by default: sums are of this format.
            self._step, self._sums, self._last = (
                [torch.zeros(shape, dtype=torch.float32, device=self._device) for shape in shapes] for _ in range(3)
            )
            self._fired = [np.zeros(site.layers, dtype=np.int64) for site in self.sites]
            self._steps = torch.zeros(self.rows, dtype=torch.float32, device=self._device)
            self.tallies = Tallies(self._readings, self.sites, self.rows, self._device)
            for number, site in enumerate(self.sites):
                for layer, module in enumerate(site.modules):
                    self._handles.append(attach(site, module, self._taker(number, site, layer)))
        except BaseException:
            self._let_go()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()

    def expect(self, rows: npt.NDArray[np.int64]) -> None:
        """Say that the coming passes run over some texts alone; those of others keep the values they have.

        Parameters
        ----------
        rows : int64 array [row]
            Which text each row of the passes is.
        """
        import torch

        self._kept = torch.from_numpy(rows).to(self._device)

    def end_step(self, active: torch.Tensor) -> None:
        """Take the forward pass that just ran as one step of the active rows.

        Parameters
        ----------
        active : bool tensor [row]
            Rows whose text had not ended before this step.

        Raises
        ------
        TraceError
            If a module ran never or more than once in the pass.
        """
        for number, site in enumerate(self.sites):
            fired = self._fired[number]
            if (fired != 1).any():
                layer = int(np.flatnonzero(fired != 1)[0])
                raise TraceError(
                    f"Block {layer} was read {fired[layer]} times at site {site.name} in one step instead of once; "
                    "this architecture runs its blocks in a way that cannot be traced."
                )
            fired[:] = 0
        everyone = bool(active.all())
        mask = active[None, :, None]
        for number in range(len(self.sites)):
            step = self._step[number]
            if everyone:
                self._sums[number] += step
                self._last[number].copy_(step)
            else:
                self._sums[number] += step.masked_fill(~mask, 0.0)
                self._last[number].copy_(step.where(mask, self._last[number]))
        self._steps += active
        self.tallies.end_step(self._step, active)

    def unfit(self) -> dict[int, tuple[int, str]]:
        """Layer and site of the first value of each row that is NaN or infinite in the last pass or in the sums.

        The row that is named first is that of the earliest layer. Within a pass that is where a fault began, since all
        later layers inherit what is wrong with it.
        """
        found: dict[int, tuple[int, int, int, int]] = {}
        for stage, values in enumerate((self._step, self._sums, *self.tallies.sums())):
            for number, value in enumerate(values):
                for layer, row in (~value.isfinite()).any(dim=2).nonzero().tolist():
                    place = stage, layer, number, row
                    found[row] = min(found.get(row, place), place)
        return {row: (layer, self.sites[site].name) for _, layer, site, row in sorted(found.values())}

    def result(self, positions: str) -> list[npt.NDArray[np.float32]]:
        """Per site the activations ``[row, neuron]``, neurons layer by layer.

        Parameters
        ----------
        positions : {"generated", "last"}
            The mean over a row's steps, or its last step.
        """
        values = self._last if positions == "last" else [total / self._steps[None, :, None] for total in self._sums]
        return [value.transpose(0, 1).reshape(self.rows, -1).cpu().numpy() for value in values]

    def _taker(self, number: int, site: Site, layer: int) -> Callable[[torch.Tensor], None]:
        target, fired = self._step[number][layer], self._fired[number]

        def take(value: torch.Tensor) -> None:
            values = by_row(value, site, layer, self.rows if self._kept is None else len(self._kept))
            if self._kept is not None:
                target.index_copy_(0, self._kept, values[:, -1].to(target.dtype))
            else:
                target.copy_(values[:, -1])
                self.tallies.take(number, layer, values)
            fired[layer] += 1

        return take

    def _let_go(self) -> None:
        while self._handles:
            self._handles.pop().remove()
