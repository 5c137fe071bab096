"""What became of claims since a reference was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from neurontest.types.evidence import Estimate

GateStatus = Literal["preserved", "weakened", "lost", "gained", "undecided", "unchanged", "incomparable"]
#: In what the same model is traced once more for a noise floor.
FloorVaries = Literal["batch", "threads", "seed"]


@dataclass(frozen=True)
class FloorRepeat:
    """The same model, traced once more for a noise floor.

    Attributes
    ----------
    varies : {"batch", "threads", "seed"}
    said : str
        What was otherwise, such as ``batches of 32 instead of 128``.
    reason : str
        Why it was not done; empty if it was.
    without : mapping from str to str
        By ``file::id``, claims that held and of which it tells nothing, and why.
    """

    varies: FloorVaries
    said: str
    reason: str = ""
    without: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Floor:
    """What a claim's effect changes by where nothing of the model has changed.

    Each is a change as a comparison measures it, in the effect's unit; of a claim with several parts the largest. None
    where that is not known.

    Attributes
    ----------
    batch, threads : float or None
        With the same texts, read in other batches, and with another number of threads.
    seed : float or None
        With texts of its own, drawn with another seed.
    unit : str
    """

    batch: float | None = None
    threads: float | None = None
    seed: float | None = None
    unit: str = ""

    @property
    def noise(self) -> float | None:
        """What arithmetic alone changes, at most: the larger of batch and threads, without its sign."""
        return max((abs(one) for one in (self.batch, self.threads) if one is not None), default=None)


@dataclass(frozen=True)
class NoiseFloor:
    """What the claims of a reference change by where nothing of the model has changed.

    Attributes
    ----------
    repeats : tuple of FloorRepeat
        What was otherwise; also what was asked for and not done.
    claims : mapping from str to Floor
        By ``file::id``; of the claims that held and whose change can be tested.
    """

    repeats: tuple[FloorRepeat, ...] = ()
    claims: Mapping[str, Floor] = field(default_factory=dict)


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
    floor : Floor or None
        What its effect changes by where nothing of the model has changed; None if the reference does not say.
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
    floor: Floor | None = None
    error_rate: str = ""


@dataclass(frozen=True)
class TextPair:
    """What two models have written to one prompt, in the same sample."""

    prompt: str
    sample: int
    then: str
    now: str


@dataclass(frozen=True)
class Rewritten:
    """A concept's texts, of which two models have written their own.

    Attributes
    ----------
    concept : str
        ``baseline`` for the neutral prompts.
    texts : int
        Prompts times samples, as far as both models have written.
    others : int
        Those that differ.
    shown : tuple of TextPair
        Some of these, by prompt: of as many prompts as there is room for.
    """

    concept: str
    texts: int
    others: int
    shown: tuple[TextPair, ...] = ()


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
    floor : tuple of FloorRepeat
        With what the reference's noise floor was recorded; empty if it has none.
    neurons : str
        ``number``: a named neuron of the reference is the one of the same number. ``match``: the one that does what it
        did.
    processor : str
        That it was recorded on; empty if it does not say.
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
    floor: tuple[FloorRepeat, ...] = ()
    neurons: Literal["number", "match"] = "number"
    processor: str = ""
