"""Which positions of a text a reading counts, and running values over them: no memory that grows with their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neurontest.arrays import Bools
from neurontest.errors import TraceError
from neurontest.trace.sites.find import Site
from neurontest.types import Positions, Reading, reading_of

if TYPE_CHECKING:
    import torch


def counted(positions: Positions, prompt: int, new: int, is_word: Bools | None = None) -> npt.NDArray[np.int64]:
    """The positions of a text, from 0, that a reading counts, in order.

    Step t (from 1) is read at position ``prompt + t - 2``: where the token before the one that it samples is the input.

    Parameters
    ----------
    positions : str or Reading
    prompt, new : int
        Tokens of the prompt, and after it. The last new token is no input of any step.
    is_word : bool array [token], optional
        Which tokens are of the word that the reading looks for.
    """
    reading = reading_of(positions)
    steps = np.arange(prompt - 1, prompt + new - 1)
    found = {"prompt": np.arange(prompt), "last": steps[-1:]}.get(reading.positions, steps)
    if reading.match and is_word is not None:
        found = found[is_word[found]]
    return found[reading.exclude_first :]


def padded(where: Sequence[npt.NDArray[np.int64]], lengths: Sequence[int]) -> Bools:
    """Positions of each row as a mask ``[row, position]`` over rows that are padded on the left."""
    width = max(lengths)
    mask = np.zeros((len(lengths), width), dtype=bool)
    for row, (own, length) in enumerate(zip(where, lengths, strict=True)):
        mask[row, own + width - length] = True
    return mask


class Tally:
    """Running values of one reading at one site.

    Attributes
    ----------
    values : float32 tensor [layer, row, index]
        The sum, the largest value or the number of values above zero, as far as they were read.
    counts : float32 tensor [row]
        Positions read.
    first, rest : float64 tensor [row]
        Squared norms of the first position's activations, and of the sum of all others'.
    """

    def __init__(self, reading: Reading, site: Site, rows: int, device: torch.device) -> None:
        import torch

        self._reduce = reading.reduce
        start = -torch.inf if self._reduce == "max" else 0.0
        self.values = torch.full((site.layers, rows, site.width), start, dtype=torch.float32, device=device)
        self.counts = torch.zeros(rows, dtype=torch.float32, device=device)
        # Only where all of a prompt is read can its first token drown the others; a rate weighs all positions alike.
        whole = reading.positions == "prompt" and not (reading.match or reading.exclude_first)
        self.weighs = whole and reading.reduce != "rate"
        self.first = torch.zeros(rows, dtype=torch.float32, device=device)
        self.rest = torch.zeros(rows, dtype=torch.float32, device=device)

    def step(self, values: torch.Tensor, counts: torch.Tensor) -> None:
        """Take in one position of the rows that it counts in: `values` [layer, row, index], `counts` bool [row]."""
        import torch

        mask = counts[None, :, None]
        if self._reduce == "max":
            torch.maximum(self.values, values.masked_fill(~mask, -torch.inf), out=self.values)
        else:
            self.values += (values > 0) & mask if self._reduce == "rate" else values.masked_fill(~mask, 0.0)
        self.counts += counts

    def span(self, layer: int, values: torch.Tensor, mask: torch.Tensor) -> None:
        """Take in the positions of a pass in one layer: `values` [row, position, index], `mask` bool [row, position].

        `counts` is left to the caller, who knows when the last layer was read.
        """
        import torch

        target, outside = self.values[layer], ~mask[..., None]
        if self._reduce == "max":
            torch.maximum(target, values.float().masked_fill(outside, -torch.inf).amax(dim=1), out=target)
            total = values.masked_fill(outside, 0.0).sum(dim=1, dtype=torch.float32) if self.weighs else target
        elif self._reduce == "rate":
            total = ((values > 0) & ~outside).sum(dim=1, dtype=torch.float32)
            target += total
        else:
            total = values.masked_fill(outside, 0.0).sum(dim=1, dtype=torch.float32)
            target += total
        if self.weighs:
            first = values[torch.arange(len(values), device=values.device), mask.int().argmax(dim=1)].float()
            self.first += first.square().sum(dim=1)
            self.rest += (total - first).square().sum(dim=1)

    def result(self) -> list[npt.NDArray[np.float32]]:
        """Activations ``[neuron]`` of each row, neurons layer by layer; none of a row in which nothing counted."""
        import torch

        values = self.values if self._reduce == "max" else self.values / self.counts.clamp(min=1)[None, :, None]
        flat = values.transpose(0, 1).reshape(len(self.counts), -1).to(torch.float32).cpu().numpy()
        return [row if count else row[:0] for row, count in zip(flat, self.counts.tolist(), strict=True)]

    def shares(self) -> list[float | None]:
        """Of each row the first position's part, by norm, of it and the sum of all others; None if not looked at."""
        if not self.weighs:
            return [None] * len(self.counts)
        first, rest = self.first.sqrt(), self.rest.sqrt()
        # With a single position there is no other to be drowned.
        found = (first / (first + rest).clamp(min=1e-30)).where(self.counts > 1, 0.0)
        return [float(one) for one in found.tolist()]


class Tallies:
    """The tallies of some readings at some sites.

    Parameters
    ----------
    positions : sequence of str or Reading
    sites : sequence of Site
    rows : int
    device : torch.device
    """

    def __init__(self, positions: Sequence[Positions], sites: Sequence[Site], rows: int, device: torch.device) -> None:
        self._device = device
        self._of = {where: [Tally(reading_of(where), site, rows, device) for site in sites] for where in positions}
        self._spans: dict[Positions, torch.Tensor] = {}
        self._steps = 0

    def __contains__(self, positions: Positions) -> bool:
        return positions in self._of

    def open(self, spans: Mapping[Positions, Bools]) -> None:
        """Let the next pass be read at these positions ``[row, position]`` of all that it looks at."""
        import torch

        self._spans = {where: torch.from_numpy(mask).to(self._device) for where, mask in spans.items()}

    def take(self, number: int, layer: int, values: torch.Tensor) -> None:
        """Take in what a layer of the site `number` has in the pass that runs: [row, position, index]."""
        for where, mask in self._spans.items():
            if values.shape[:2] != mask.shape:
                raise TraceError(
                    f"Block {layer} has {values.shape[1]} positions in a pass of {mask.shape[1]}; this architecture "
                    "cannot be traced there."
                )
            self._of[where][number].span(layer, values, mask.to(values.device))

    def end_step(self, values: Sequence[torch.Tensor], active: torch.Tensor) -> None:
        """Take the pass that just ran as one step of the `active` rows: `values` of each site, [layer, row, index]."""
        for where, tallies in self._of.items():
            reading = reading_of(where)
            if where in self._spans:
                for tally in tallies:
                    tally.counts += self._spans[where].sum(dim=1)
            elif reading.positions == "generated" and self._steps >= reading.exclude_first:
                for tally, own in zip(tallies, values, strict=True):
                    tally.step(own, active)
        self._spans = {}
        self._steps += 1

    def result(self, positions: Positions) -> list[list[npt.NDArray[np.float32]]]:
        """Per site and row the activations ``[neuron]``; see :meth:`Tally.result`."""
        return [tally.result() for tally in self._of[positions]]

    def shares(self, positions: Positions) -> list[list[float | None]]:
        """Per site and row; see :meth:`Tally.shares`."""
        return [tally.shares() for tally in self._of[positions]]

    def sums(self) -> list[list[torch.Tensor]]:
        """Of each reading the running values of its sites, zero where nothing counted."""
        return [
            [tally.values.where((tally.counts > 0)[None, :, None], 0.0) for tally in tallies]
            for tallies in self._of.values()
        ]
