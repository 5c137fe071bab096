"""What became of claims since a reference was recorded."""

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
    error_rate : str
        How often such comparisons were measured to err, in words; empty if it was not tested.
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
    error_rate: str = ""


@dataclass(frozen=True)
class AcceptedChange:
    """A claim whose change against the reference somebody has accepted.

    Attributes
    ----------
    claim : str
        ``file::id``.
    reason : str
    until, on : str
        The last day on which it counts, and when it was accepted, as dates; empty if not said.
    expired : bool
        It no longer counted when the run was made.
    """

    claim: str
    reason: str
    until: str = ""
    on: str = ""
    expired: bool = False


@dataclass(frozen=True)
class ReferenceRecord:
    """The reference that a run was held against.

    Attributes
    ----------
    name : str
        As it was said.
    model, fingerprint : str
        What it was recorded of.
    created : str
        UTC, ISO 8601, whole seconds; empty if it does not say.
    texts : str
        ``same``: both models have read the reference's texts. ``own``: each its own.
    margin : str
        How much of an effect may be lost.
    fails : tuple of str
        The statuses with which a test fails.
    bar : tuple of str
        What the suite asks less than it did, in sentences.
    accepted : tuple of AcceptedChange
    """

    name: str
    model: str
    fingerprint: str
    created: str
    texts: Literal["same", "own"]
    margin: str
    fails: tuple[str, ...] = ()
    bar: tuple[str, ...] = ()
    accepted: tuple[AcceptedChange, ...] = ()
