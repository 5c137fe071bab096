"""What became of a claim's effect."""

from __future__ import annotations

from dataclasses import dataclass

from neurontest.stats.half_t import HalfT


@dataclass(frozen=True)
class Survival:
    """What became of a claim's effect.

    Attributes
    ----------
    then, now : HalfT
        The claim's own estimate on either model; of a claim with several parts, of the part that `p_preserved` hangs
        on.
    change : HalfT
        What the candidate has more than the reference, against 0.
    kept : HalfT
        The test whether enough is left; it decides.
    parts : tuple of HalfT
        The same of each part.
    p_preserved : float
        Of "enough is left of every part": the largest over parts (Berger 1982, Technometrics 24:295).
    p_weakened : float
        Of "too little is left of some part": the smallest over parts, times their number.
    """

    then: HalfT
    now: HalfT
    change: HalfT
    kept: HalfT
    parts: tuple[HalfT, ...]
    p_preserved: float
    p_weakened: float
