"""How far the neurons of a concept have moved since a reference was recorded."""

from __future__ import annotations

from dataclasses import dataclass

from neurontest.types.evidence import Estimate
from neurontest.types.sections import Selection


@dataclass(frozen=True)
class Place:
    """A neuron's place in a concept's set, on one model."""

    neuron: str
    rank: int


@dataclass(frozen=True)
class Moved:
    """A neuron of a concept's set, in the reference, at hand, or in both.

    Attributes
    ----------
    then, now : Place or None
        Where it stands in either set; None if it is not in it.
    partner : str
        What a neuron that left is called at hand, where one does much the same but is not in the set; else empty.
    correlation, second : float or None
        Pearson's, over all shared prompts, with the neuron that it was matched to, and with the best of all others.
        None where neurons are told by number.
    poor : bool
        The match says little: the two do different things, or another one does nearly the same.
    """

    then: Place | None = None
    now: Place | None = None
    partner: str = ""
    correlation: float | None = None
    second: float | None = None
    poor: bool = False


@dataclass(frozen=True)
class Drifted:
    """How far a set has moved, by one way to tell which neuron is which.

    Attributes
    ----------
    drift : Estimate
        The mean of both ceilings less what a half in one model shares with the other half in the other.
    cross : Estimate
        What such halves share.
    p : float
        Of "the set has moved"; one-sided, unadjusted.
    stayed, entered, left : tuple of Moved
        By rank: in both sets, in the later one alone, in the reference's alone.
    """

    drift: Estimate
    cross: Estimate
    p: float
    stayed: tuple[Moved, ...]
    entered: tuple[Moved, ...]
    left: tuple[Moved, ...]


@dataclass(frozen=True)
class ConceptDrift:
    """How far a concept's set has moved, beside what two halves of its prompts share in one model.

    Attributes
    ----------
    concept : str
    selection : Selection
        How its sets are selected.
    prompts, m : int
        Its prompts, or groups of prompts, and those in a half-sample.
    then, now : Estimate
        The split-half ceilings.
    by_number : Drifted or None
        A neuron is its layer and index; None where `reason` says why that means nothing.
    by_match : Drifted or None
        The reference's neurons are told by what they do, in whatever layer.
    reason : str
        Why one of the two is missing; empty if none is.
    """

    concept: str
    selection: Selection
    prompts: int
    m: int
    then: Estimate
    now: Estimate
    by_number: Drifted | None
    by_match: Drifted | None
    reason: str = ""
