"""What follows from evidence within its family. Plain numbers only, so that all of it can be stored as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from neurontest.types.evidence import Evidence


@dataclass(frozen=True)
class Thresholds:
    """The p-values that a claim's may be compared with.

    Attributes
    ----------
    family : tuple of float
        All of the family's correction, smallest first.
    open : tuple of float
        Those that Monte-Carlo error must leave no doubt about.
    hurried : bool
        A first look: what takes many draws is left in doubt.
    """

    family: tuple[float, ...]
    open: tuple[float, ...]
    hurried: bool = False

    @classmethod
    def of(cls, *family: float) -> Thresholds:
        """All of them are open."""
        return cls(family, family)

    @property
    def smallest(self) -> float:
        """What a claim must reach if no other one has a smaller p-value: prompts are planned for it."""
        return self.family[0]

    @property
    def largest(self) -> float:
        """What no shown claim exceeds."""
        return self.family[-1]


@dataclass(frozen=True)
class Detectable:
    """The effect, as a distance from its reference, that so many prompts a concept show with probability 0.8."""

    prompts: int
    effect: float


@dataclass(frozen=True)
class Verdict:
    """What follows from the evidence of a claim, within its family.

    Attributes
    ----------
    name : {"holds", "refuted", "inconclusive"}
    p_adjusted, p_opposite_adjusted : float
        Corrected over the family.
    threshold : float
        The unadjusted p-value that the claim had to reach at its place in the family.
    reason : str
        Why it is inconclusive; empty otherwise.
    borderline : bool
        Monte-Carlo error, the claim's own or that of one before it in the correction, leaves the verdict open.
    found : str
        What a search found at the threshold that finally applied, in words; empty of other claims.
    detectable : tuple of Detectable
        Of an inconclusive claim: effects that are shown at that threshold, with the prompts at hand, twice and four
        times as many. Empty where its evidence has no spread.
    """

    name: Literal["holds", "refuted", "inconclusive"]
    p_adjusted: float
    p_opposite_adjusted: float
    threshold: float
    reason: str = ""
    borderline: bool = False
    found: str = ""
    detectable: tuple[Detectable, ...] = ()


@dataclass(frozen=True)
class Vacuity:
    """How often a claim is declared where concepts mean nothing: in worlds in which prompts were dealt at random.

    Attributes
    ----------
    worlds, declared : int
        Worlds looked at, and those in which the unadjusted half-sample test declared the claim at alpha.
    limit : float
        The rate that it is held against.
    vacuous : bool
        The rate is above the limit; in a record, of a claim that holds. The error of saying so, at any time, is 5% at
        most.
    cleared : bool
        The rate is below the limit, with the same error. Of neither, so many worlds did not tell.
    about : str
        What such a claim is about instead, in words; empty if its kind does not say.
    reason : str
        Why no world was looked at, in a sentence; empty if some were.
    """

    worlds: int
    declared: int
    vacuous: bool
    limit: float = 0.1
    cleared: bool = False
    about: str = ""
    reason: str = ""

    @classmethod
    def unknown(cls, reason: str) -> Vacuity:
        """Nothing was looked at."""
        return cls(worlds=0, declared=0, vacuous=False, reason=reason)


@dataclass(frozen=True)
class Finding:
    """Evidence and verdict of one claim, together."""

    evidence: Evidence
    verdict: Verdict
