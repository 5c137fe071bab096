"""Control tokens: those that a model finds about as likely as the words asked about, before neurons are set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

#: Control tokens of a prompt, in all.
CONTROLS = 100


@dataclass(frozen=True)
class Controls:
    """The control tokens of one prompt.

    Attributes
    ----------
    firsts : tuple of int
        First tokens of the words.
    tokens : int64 tensor [control]
    before : float32 tensor [control]
        Their log-probabilities while the model is as it is.
    """

    firsts: tuple[int, ...]
    tokens: torch.Tensor
    before: torch.Tensor

    @classmethod
    def like(cls, firsts: Sequence[int], likely: torch.Tensor) -> Controls:
        """For each of the words' first tokens as many others, of the nearest log-probabilities.

        Parameters
        ----------
        likely : float32 tensor [token]
            Log-probabilities while the model is as it is.
        """
        import torch

        free = torch.isfinite(likely)
        free[list(firsts)] = False
        tokens: list[int] = []
        for first in firsts:
            apart = torch.where(free, (likely - likely[first]).abs(), torch.inf)
            nearest = torch.argsort(apart, stable=True)[: min(CONTROLS // len(firsts) or 1, int(free.sum()))]
            free[nearest] = False
            tokens.extend(nearest.tolist())
        chosen = torch.tensor(tokens, dtype=torch.int64, device=likely.device)
        return cls(tuple(firsts), chosen, likely[chosen])

    def measure(self, likely: torch.Tensor) -> tuple[float, float, float]:
        """Mean log-probability of the words' first tokens; mean and variance of the rises of the controls'.

        Parameters
        ----------
        likely : float32 tensor [token]
            Log-probabilities with neurons set.
        """
        rises = (likely[self.tokens] - self.before).double()
        first = likely[list(self.firsts)].double().mean()
        return float(first), float(rises.mean()), float(rises.var(correction=0))
