"""What was measured of the tests' errors, and which of it is told beside a claim.

The table is packaged with the tests that it is about (``calibration.json``); ``make calibrate`` counts and writes it.
What it does not hold is "not measured": no rate is written down anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from math import log, sqrt
from typing import Literal

import msgspec

#: All rates are of claims that stand alone and are tested at this level.
ALPHA = 0.05
#: What is tolerated where a world strains what a test assumes, and the least coverage of a 95% interval anywhere.
STRAINED, COVERED = 0.08, 0.93
#: A rate of fewer data sets than these is neither told nor held against a goal.
FEWEST = 100
#: How many times as many prompts, or neurons in a set, a design may have that still counts as near.
NEAR_PROMPTS, NEAR_K = 1.7, 5.0
NOT_MEASURED = "not measured for this design"
#: What is true of a claim: of two models, what became of its effect. Each name says its own, so that who does not know
#: one refuses the table, and takes no rate of a change for one of a verdict.
Truth = Literal["null", "boundary", "true", "false", "unchanged", "less", "margin", "more"]
#: What a claim of such a truth should come out as; at a boundary, either is an error.
_RIGHT = {"true": "holds", "false": "refuted", "unchanged": "holds", "less": "holds", "more": "refuted"}


@dataclass(frozen=True)
class Design:
    """What a test's error may hang on, as far as a claim's spec and data say it.

    Attributes
    ----------
    form : str
        How the kind's sentence is meant, where it has several meanings (``on average``).
    tests : tuple of str
        Names of the tests that decide, in alphabetical order.
    select : str
        How sets are selected; empty of kinds that select none. `k` is then 0.
    prompts : tuple of (int, int)
        The fewest and the most of a concept: prompts, or groups of them.
    grouped : bool
        Whether prompts have groups or shared templates.
    texts : {"", "same", "own"}
        Where a claim is compared on two models: whether both read the same texts, or each its own. Empty of a claim's
        own verdict.
    """

    kind: str
    form: str
    tests: tuple[str, ...]
    select: str
    k: int
    prompts: tuple[int, int]
    grouped: bool = False
    texts: Literal["", "same", "own"] = ""

    def procedure(self) -> tuple[object, ...]:
        """What must be the same for a rate to say anything."""
        return self.kind, self.form, self.tests, self.select, self.texts

    def distance(self, other: Design) -> float | None:
        """How far apart in log prompts, their imbalance and log k; None if too far, or tested in another way."""
        if self.procedure() != other.procedure() or self.grouped != other.grouped:
            return None
        (low, high), (other_low, other_high) = self.prompts, other.prompts
        prompts = abs(log(low / other_low))
        imbalance = abs(log(high / low) - log(other_high / other_low))
        size = abs(log(self.k / other.k)) if self.k and other.k else 0.0
        if max(prompts, imbalance) > log(NEAR_PROMPTS) or size > log(NEAR_K):
            return None
        return prompts + imbalance + size

    def words(self) -> str:
        """In a few words: ``n = 10, k = 10, mean``."""
        low, high = self.prompts
        said = [f"n = {low}" if low == high else f"n = {low} to {high}"]
        if self.select:
            said += [f"k = {self.k}", self.select]
        return ", ".join([*said, *(["in groups"] if self.grouped else [])])


@dataclass(frozen=True)
class Measured:
    """What was counted in one world.

    Attributes
    ----------
    world : str
        In words.
    truth : {"null", "boundary", "true", "false", "unchanged", "less", "margin", "more"}
        The claim's null holds and so does its opposite's; its estimand is the reference value; the claim is true; its
        opposite is. Of two models: nothing of the claim's effect was lost; less than the margin; exactly the margin;
        more.
    role : {"reference", "stress"}
        Whether the world is one that the test is meant for, or one that strains what it assumes.
    real : bool
        Prompts of a real model, dealt at random.
    seeds : int
        Asked of each data set.
    data_sets : int
        Those that were looked at.
    holds, refuted : int
        Data sets with this verdict, the claim alone in its family, at .05; of two models, with the status `preserved`,
        and `weakened` or `lost`.
    alone : mapping from test to int
        Data sets in which each of the tests, by itself, had its p-value at .05 or below.
    known, covered : int
        Data sets whose truth is known, and those in which the 95% interval held it.
    borderline, contradictory : int
        Data sets in which Monte-Carlo error left the verdict open, and in which another seed said the contrary; asked
        where there are several seeds.
    seconds : float
        Of processor time.
    proof : tuple of float
        P-values of the first data set: what is to come out again as long as the test and the world are the same.
    """

    design: Design
    world: str
    truth: Truth
    role: Literal["reference", "stress"]
    real: bool = False
    seeds: int = 1
    data_sets: int = 0
    holds: int = 0
    refuted: int = 0
    alone: Mapping[str, int] = field(default_factory=dict)
    known: int = 0
    covered: int = 0
    borderline: int = 0
    contradictory: int = 0
    seconds: float = 0.0
    proof: tuple[float, ...] = ()

    @property
    def goal(self) -> float:
        """The largest share of errors that is as it should be."""
        if self.role == "stress":
            return STRAINED
        return ALPHA + 2 * sqrt(ALPHA * (1 - ALPHA) / max(self.data_sets, 1))

    @property
    def errors(self) -> float:
        """The share of data sets that were declared wrongly, on the side on which that was more frequent."""
        return max(self._wrong.values()) / max(self.data_sets, 1)

    @property
    def _wrong(self) -> dict[str, int]:
        counts = {"holds": self.holds, "refuted": self.refuted}
        right = _RIGHT.get(self.truth)
        return {name: count for name, count in counts.items() if name != right}

    @property
    def misses(self) -> tuple[str, ...]:
        """In what it misses its goals, in words; nothing of a world that was hardly looked at."""
        if self.data_sets < FEWEST:
            return ()
        out = []
        named = {"holds": "preserved", "refuted": "weakened"} if self.design.texts else {}
        for name, count in self._wrong.items():
            if count / self.data_sets > self.goal:
                out.append(f"{named.get(name, name)} {rate(count, self.data_sets)}")
        if self.known >= FEWEST and self.covered / self.known < COVERED:
            out.append(f"95% interval covers {rate(self.covered, self.known)}")
        if self.contradictory:
            out.append(f"{self.contradictory} contradictory verdicts")
        return tuple(out)

    def where(self) -> str:
        """The world and its design, in words."""
        return f"{self.world} ({self.design.words()})"


Table = Mapping[str, Measured]


@cache
def table() -> Table:
    """The packaged table, by the names of its cells."""
    return read(files("neurontest.stats").joinpath("calibration.json").read_bytes())


def read(data: bytes) -> dict[str, Measured]:
    """A table from its JSON."""
    return msgspec.json.decode(data, type=dict[str, Measured])


def written(found: Table) -> bytes:
    """A table as JSON, a line for each cell."""
    lines = [f"{msgspec.json.encode(key).decode()}: {msgspec.json.encode(one).decode()}" for key, one in found.items()]
    return ("{" + ",".join(f"\n{line}" for line in lines) + "\n}\n").encode()


def error_rate(found: Table, design: Design, test: str) -> str:
    """What was measured of one test of a claim of this design, in words.

    Told are the rates of the nearest design among reference worlds, simulated and real ones apart: of several as near
    the largest. Beside them stands the worst world of all in which the claim's test misses its goal, whatever its
    design.
    """
    near = [told for real in (False, True) if (told := _nearest(found.values(), design, test, real))]
    return "; ".join([*(near or [NOT_MEASURED]), *_worst(found.values(), design)])


def _nearest(found: Iterable[Measured], design: Design, test: str, real: bool) -> str:
    reach = [
        (distance, -one.errors, one)
        for one in found
        if one.role == "reference"
        and one.truth in ("null", "boundary")
        and one.real is real
        and one.data_sets >= FEWEST
        if (distance := design.distance(one.design)) is not None
    ]
    if not reach:
        return ""
    one = min(reach, key=lambda at: at[:2])[2]
    of = f"{one.data_sets:,} " + ("dealings of a real model's prompts" if real else "simulated data sets")
    alone = ""
    if len(design.tests) > 1:
        alone = f"{with_error(one.alone.get(test, 0), one.data_sets)} alone, all tests together "
    holds = with_error(one.holds, one.data_sets)
    other = f", the opposite {rate(one.refuted, one.data_sets)}" if one.refuted > one.holds else ""
    return f"measured {alone}{holds}{other} in {of} ({one.design.words()}; nearest to this design)"


def _worst(found: Iterable[Measured], design: Design) -> list[str]:
    missing = [one for one in found if one.design.procedure() == design.procedure() and one.misses]
    if not missing:
        return []
    one = max(missing, key=lambda at: at.errors)
    return [f"misses its goal where {one.where()}: {', '.join(one.misses)}"]


def change_rate(found: Table, design: Design) -> str:
    """What was measured of how often a comparison of two models errs for a claim of this design, in words.

    As of :func:`error_rate`: the nearest design's; of several worlds as near the largest rate.
    """
    told = []
    for truth, error, name in (
        ("unchanged", "refuted", "false alarms"),
        ("margin", "holds", "preserved at the margin"),
    ):
        reach = [
            (distance, -getattr(one, error) / one.data_sets, one)
            for one in found.values()
            if one.truth == truth and one.role == "reference" and one.data_sets >= FEWEST
            if (distance := design.distance(one.design)) is not None
        ]
        if reach:
            one = min(reach, key=lambda at: at[:2])[2]
            share = with_error(getattr(one, error), one.data_sets)
            told.append((f"{name} {share} of {one.data_sets:,}", one.design.words()))
    if not told:
        return "; ".join([NOT_MEASURED, *_worst(found.values(), design)])
    where = dict.fromkeys(words for _, words in told)
    rates = ", ".join(words for words, _ in told)
    near = f"measured {rates} simulated pairs of models ({' and '.join(where)}, {design.texts} texts; nearest to this"
    return "; ".join([f"{near} design)", *_worst(found.values(), design)])


def rate(count: int, of: int) -> str:
    """A share as the table has it: ``.021``."""
    return f"{count / of:.3f}".removeprefix("0")


def with_error(count: int, of: int) -> str:
    """A share with its Monte-Carlo standard error: ``.021 ± .005``."""
    share = count / of
    return f"{rate(count, of)} ± " + f"{sqrt(share * (1 - share) / of):.3f}".removeprefix("0")
