"""What came of data sets, and how it is counted: of claims on one model, and of what became of them on two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from neurontest.stats.calibration import Design, Measured, Truth

#: Data sets of a cell, of one whose data sets take seconds, and of one on real activations.
ALL, FEW, DEALINGS = 1000, 400, 200


class Counts(Protocol):
    """A cell: something that data sets are made of, tested and counted."""

    @property
    def kind(self) -> str:
        """Of the claim."""

    @property
    def world(self) -> str:
        """In words."""

    @property
    def truth(self) -> Truth:
        """What is true in it."""

    @property
    def n(self) -> int:
        """Prompts of a concept."""

    @property
    def role(self) -> Literal["reference", "stress"]:
        """Whether a test is meant for it."""

    @property
    def dealt(self) -> bool:
        """Whether prompts are those of the shipped suite, dealt at random."""

    @property
    def stability(self) -> bool:
        """Whether further seeds are asked for the same data."""

    @property
    def data_sets(self) -> int:
        """The most that are looked at."""

    @property
    def key(self) -> str:
        """What tells it from all others, and a reader what it is."""

    def look(self, seed: int) -> Outcome:
        """Make a data set, and test it."""


@dataclass(frozen=True)
class Outcome:
    """What came of one data set.

    Attributes
    ----------
    holds, refuted : bool
        The verdict of the sentence alone, or whether one of a family's false claims was shown, or refuted.
    alone : mapping from test to bool
        Whether each test by itself had its p-value at .05 or below.
    covers : bool or None
        Whether the interval holds the truth, if that is known.
    contradictory : bool
        Another seed's verdict was the contrary one, and neither was borderline.
    """

    design: Design
    p: float
    p_opposite: float
    holds: bool
    refuted: bool
    alone: Mapping[str, bool]
    covers: bool | None = None
    borderline: bool = False
    contradictory: bool = False


def nothing_yet(cell: Counts, design: Design) -> Measured:
    """A cell of which nothing is counted."""
    return Measured(design, cell.world, cell.truth, cell.role, cell.dealt, 3 if cell.stability else 1)


def counted(so_far: Measured, outcomes: Sequence[Outcome], seconds: float = 0.0) -> Measured:
    """The counts with these added."""
    tests = dict.fromkeys([*so_far.alone, *(name for one in outcomes for name in one.alone)])
    first = outcomes[0] if outcomes and not so_far.data_sets else None
    return replace(
        so_far,
        data_sets=so_far.data_sets + len(outcomes),
        holds=so_far.holds + sum(one.holds for one in outcomes),
        refuted=so_far.refuted + sum(one.refuted for one in outcomes),
        alone={name: so_far.alone.get(name, 0) + sum(one.alone.get(name, False) for one in outcomes) for name in tests},
        known=so_far.known + sum(one.covers is not None for one in outcomes),
        covered=so_far.covered + sum(one.covers is True for one in outcomes),
        borderline=so_far.borderline + sum(one.borderline for one in outcomes),
        contradictory=so_far.contradictory + sum(one.contradictory for one in outcomes),
        seconds=so_far.seconds + seconds,
        proof=(first.p, first.p_opposite) if first else so_far.proof,
    )
