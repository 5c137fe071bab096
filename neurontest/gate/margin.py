"""The margin: how much of an effect may be lost before it counts as lost."""

from __future__ import annotations

import re
from dataclasses import dataclass

from neurontest.text import quoted

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(%)?")


@dataclass(frozen=True)
class Margin:
    """What may be lost of an effect: a share of what it is beyond the claim's reference value, or an amount.

    Attributes
    ----------
    value : float
        A share (0 to 1), or an amount in the effect's unit.
    is_share : bool
    """

    value: float = 0.5
    is_share: bool = True

    @classmethod
    def of(cls, said: str) -> Margin:
        """As it is written: ``50%``, or ``2`` for so many of the effect's unit.

        Raises
        ------
        ValueError
            If it is neither, or all of an effect might be lost.
        """
        found = _AMOUNT.fullmatch(said.strip())
        if found is None:
            raise ValueError(f"a margin is a share such as 50%, or an amount such as 2; not {quoted(said)}")
        value, is_share = float(found[1]), found[2] is not None
        if is_share:
            value /= 100
            if value >= 1:
                raise ValueError(f"a margin of {said.strip()} lets all of an effect be lost; say less than 100%")
        return cls(value, is_share)

    @property
    def kept(self) -> float:
        """The share of the reference's effect that must be kept."""
        return 1 - self.value if self.is_share else 1.0

    @property
    def amount(self) -> float:
        """What may be lost beside that, in the effect's unit."""
        return 0.0 if self.is_share else self.value

    def __str__(self) -> str:
        # All digits that somebody may have written: what a reference says is read again, and compared.
        return f"{100 * self.value:.15g}%" if self.is_share else f"{self.value:.15g}"
