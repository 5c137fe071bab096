"""The noise floor (A/A): what claims' effects change by where nothing of the model has changed.

A change of the model is to be told from what arithmetic makes of the same model: sums are rounded otherwise in other
batches and with other threads, and sets of neurons, which are cut off at a rank, may then differ by a neuron. What that
comes to is measured when a reference is recorded, and no later change within it is called one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# What an option says is read where no claim is tested: nothing heavy is imported for it.
if TYPE_CHECKING:
    from neurontest.gate.ways.survival import Survival
    from neurontest.types import Floor, FloorVaries

#: All that a noise floor is made of.
ALL: tuple[FloorVaries, ...] = ("batch", "threads", "seed")
#: What was stored and what is compared with it are rounded by no more than this, relatively.
_ROUNDING = 1e-9


def asked_for(said: str) -> tuple[FloorVaries, ...]:
    """What is to be recorded, as it is written: separated by commas, or ``none``.

    Raises
    ------
    ValueError
        If there is no such thing.
    """
    names = said.replace(",", " ").split()
    unknown = [name for name in names if name not in (*ALL, "none")]
    if unknown or not names or ("none" in names and len(names) > 1):
        raise ValueError(f"must name some of {', '.join(ALL)}, or none; not {said!r}")
    return tuple(name for name in ALL if name in names)


def change_of(found: Survival) -> float:
    """What a claim's effect has changed by, with its sign; of a claim with several parts, the largest of them."""
    return max((one.estimate for one in (found.change, *found.changes)), key=abs) + 0.0


def is_within(change: float, floor: Floor | None) -> bool:
    """Whether a change is no larger than what other batches or threads make of the same model."""
    noise = None if floor is None else floor.noise
    return noise is not None and abs(change) <= noise * (1 + _ROUNDING)
