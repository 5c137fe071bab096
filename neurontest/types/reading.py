"""Which positions of a text are read, and what becomes of a neuron's values over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, order=True)
class Reading:
    """Positions that are read in another way than all of them, averaged.

    Attributes
    ----------
    positions : {"generated", "prompt"}
    match : str
        Of these only the tokens of this word; empty for all of them.
    exclude_first : int
        As many of those that count are left out, from the first.
    reduce : {"mean", "max", "rate"}
        What becomes of a neuron's values over the positions; the rate is the share of them above zero.
    """

    positions: str
    match: str = ""
    exclude_first: int = 0
    reduce: Literal["mean", "max", "rate"] = "mean"


#: ``generated``, ``last`` or ``prompt``, averaged; or a `Reading`, if something else is said of them. One thing has one
#: form: a `Reading` that says no more than its word is never made.
Positions = str | Reading


def reading_of(positions: Positions) -> Reading:
    """What is read, in full."""
    return positions if isinstance(positions, Reading) else Reading(positions)
