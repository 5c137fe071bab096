"""What became of a claim since a reference was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from neurontest.types.evidence import Estimate

GateStatus = Literal["preserved", "weakened", "lost", "gained", "undecided", "unchanged", "incomparable"]


@dataclass(frozen=True)
class Comparison:
    """A claim on the model at hand, held against the same claim in a reference.

    Attributes
    ----------
    status : str
        ``preserved``: enough of the effect is left, within the margin. ``weakened``: too little is. ``lost``: so, and
        the claim itself no longer holds. ``undecided``: neither is shown. ``gained``: it did not hold then, and holds.
        ``unchanged``: it did not hold then, and does not now. ``incomparable``: `reason` says why.
    reason : str
        In a sentence; empty if the status says all.
    then, now : str
        The verdicts.
    then_effect, now_effect, change : Estimate or None
        The term that the claim is tested by, in the reference and at hand, and what it has gained.
    margin : str
        How much may be lost, as it was said.
    p, p_opposite : float or None
        That enough is left, and that too little is; unadjusted. None if it was not tested.
    p_adjusted, p_opposite_adjusted : float or None
        Corrected over the claims that are compared.
    """

    status: GateStatus
    reason: str = ""
    then: str = ""
    now: str = ""
    then_effect: Estimate | None = None
    now_effect: Estimate | None = None
    change: Estimate | None = None
    margin: str = ""
    p: float | None = None
    p_opposite: float | None = None
    p_adjusted: float | None = None
    p_opposite_adjusted: float | None = None
