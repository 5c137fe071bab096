"""What a test found. Plain numbers only, so that all of it can be stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Interval:
    """A two-sided interval, shown and unadjusted: it is not the decision."""

    low: float
    high: float
    level: float
    method: str


@dataclass(frozen=True)
class Estimate:
    """A named number, such as the effect that a claim is about.

    Attributes
    ----------
    name : str
        In words, such as ``hanoi/vietnam minus hanoi/violent``.
    unit : str
        ``neurons``, ``share`` (0 to 1), ``nats`` or the like; or empty.
    reference : float or None
        The value that the null hypothesis gives it, if it is tested against one.
    note : str
        What a reader should know of it, such as how its interval came about.
    """

    name: str
    value: float
    unit: str = "neurons"
    interval: Interval | None = None
    reference: float | None = None
    note: str = ""


@dataclass(frozen=True)
class KeyResult:
    """One test of a claim; a claim with two keys has two, and its p-value is the larger.

    Attributes
    ----------
    name : {"permutation", "half-sample", "Welch bound", "prediction", "rank", "prompts", "random sets"}
        A bound of the largest Welch t of many neurons; the controls' spread as that of concepts to come, and the rank
        among them; of causal claims, t over prompts, and the rank among random sets.
    null : str
        The null hypothesis in words, and what is exchanged under it.
    statistic : float
        The studentised statistic.
    p : float
        One-sided, never 0.
    p_opposite : float or None
        The opposite one-sided p-value; None for a permutation key, which is never asked for it.
    p_floor : float
        The smallest p-value this design can give.
    df : float or None
        Degrees of freedom, of keys that refer to Student's t.
    draws, exceedances : int or None
        Relabelings, or random sets, looked at and how many reached the observed statistic.
    exact : bool
        No Monte-Carlo error: all relabelings, or all half-samples, were enumerated. Random sets are always a sample.
    half_pairs : int
        Pairs of disjoint half-samples of each concept (halves enumerated, if exact); 0 where none is drawn.
    monte_carlo_se : float
        Standard error of `statistic` from drawing half-samples; 0 if exact or not applicable.
        Of a rank, its p-value may be larger or smaller by four of them.
    error_rate : str
        The measured type-I error of this key, in words.
    about : str
        The part of the claim that it tests, such as ``against violent``; empty if all of it.
    chances : int
        In how many keys the opposite is looked for: it is shown by the smallest opposite p-value times this number.
    """

    name: Literal["permutation", "half-sample", "Welch bound", "prediction", "rank", "prompts", "random sets"]
    null: str
    statistic: float
    p: float
    p_opposite: float | None
    p_floor: float
    df: float | None = None
    draws: int | None = None
    exceedances: int | None = None
    exact: bool = True
    half_pairs: int = 0
    monte_carlo_se: float = 0.0
    error_rate: str = ""
    about: str = ""
    chances: int = 1


@dataclass(frozen=True)
class NullSummary:
    """The null distribution of a statistic, to be drawn with the observed value in it.

    Attributes
    ----------
    kind : {"permutation", "t"}
        A histogram of relabelings, or Student's t with `df` degrees of freedom.
    observed : float
    edges : tuple of float
        Bin edges, one more than `counts`; empty for ``t``.
    counts : tuple of int
    df : float or None
    """

    kind: Literal["permutation", "t"]
    observed: float
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    df: float | None = None


@dataclass(frozen=True)
class Spread:
    """How much an estimate changes with the prompts: what effects so many prompts show follows from it.

    Attributes
    ----------
    variance : float
        Of the estimate, in its unit squared.
    prompts : int
        Of the smallest concept that takes part, when there is that variance.
    growth : float
        n times the variance grows as n to this power: 0 of means over prompts; of half-samples that grow with n, 1/2.
    known : bool
        The variance follows from the numbers of prompts, and is no estimate.
    """

    variance: float
    prompts: int
    growth: float = 0.0
    known: bool = False


@dataclass(frozen=True)
class Tally:
    """What a search found at one threshold, in words: ``3 of 17,280 neurons are specific``.

    Attributes
    ----------
    neurons : tuple of str
        The names of those that stand out most, ten at most: by these a changed model is judged.
    """

    threshold: float
    found: str
    neurons: tuple[str, ...] = ()


@dataclass(frozen=True)
class PerPrompt:
    """What a test over prompts compares, prompt by prompt: a changed model is compared on the same prompts.

    Attributes
    ----------
    of : str
        The concept, ``the others``, or ``baseline``.
    units : tuple of str
        The prompts, or groups of prompts.
    values : mapping from name to tuple of float [unit]
        ``effect`` of causal claims, in the effect's unit; of listed neurons, by name, whether they are in a prompt's
        own list.
    """

    of: str
    units: tuple[str, ...]
    values: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class NearCopies:
    """Prompts that are near copies of others, and are not said to be.

    Attributes
    ----------
    said : str
        Which they are and what to do, in a sentence without its full stop.
    paste : str
        The lines that give them one group, as the spec or the prompt file takes them; empty if that is no cure.
    """

    said: str
    paste: str = ""


@dataclass(frozen=True)
class Evidence:
    """What the test of one claim found.

    Attributes
    ----------
    effect : Estimate
        The headline, with its interval.
    keys : tuple of KeyResult
    p, p_opposite : float
        Of the claim, and of its opposite; unadjusted.
    nulls : tuple of NullSummary
        One for each key, in the order of `keys`.
    details : tuple of Estimate
        The other numbers worth showing: ceilings, counts, components of a composite claim.
    prompts : mapping from concept to int
        Prompts used; of causal claims, those that were measured.
    m : int
        Prompts in a half-sample; 0 if there are none.
    spread : Spread or None
        Of the test over prompts that decides; None where no number of prompts follows from it: of searches, of ranks,
        where it is controls or random sets that are wanting, and where the variance is a floor.
    degenerate : bool
        No prompt's presence moves the effect: its variance is a floor.
    warnings : tuple of str
    tallies : tuple of Tally
        Of searches: how many neurons are found at each threshold that may finally apply.
    copies : tuple of NearCopies
        Prompts that the tests took for independent and are not: whatever `p` is, nothing is shown.
    refusal : str
        Why the claim cannot be decided, whatever was measured; empty if it can be.
    by_prompt : tuple of PerPrompt
        Of claims whose values over prompts cannot be had from their activations; the two sides of a difference.
    """

    effect: Estimate
    keys: tuple[KeyResult, ...]
    p: float
    p_opposite: float
    nulls: tuple[NullSummary, ...]
    details: tuple[Estimate, ...]
    prompts: Mapping[str, int]
    m: int
    spread: Spread | None = None
    degenerate: bool = False
    warnings: tuple[str, ...] = ()
    tallies: tuple[Tally, ...] = ()
    copies: tuple[NearCopies, ...] = ()
    refusal: str = ""
    by_prompt: tuple[PerPrompt, ...] = ()
