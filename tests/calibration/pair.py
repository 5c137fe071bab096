"""The cells of pairs of models: how much of a claim's effect is left, and what the gate says became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from neurontest.gate.margin import Margin
from neurontest.stats.calibration import ALPHA, Design, Truth
from neurontest.types import Thresholds
from tests.calibration.counts import FEW, Outcome

AT = Thresholds.of(ALPHA)
MARGIN = Margin()
#: Neurons in a set.
K = 10
#: What is left of an effect, and what that is called: by itself, and beside a margin of one half.
LEFT: dict[float, tuple[Truth, str]] = {
    1.0: ("unchanged", "unchanged"),
    0.75: ("less", "25% lost"),
    0.5: ("margin", "50% lost, the margin"),
    0.2: ("more", "80% lost"),
}


@dataclass(frozen=True)
class Said:
    """What was said of a pair of models.

    Attributes
    ----------
    p_preserved, p_weakened : float
        That enough of the effect is left, and that too little is.
    test : str
        Name of the test, as evidence has it.
    """

    p_preserved: float
    p_weakened: float
    test: str = "prompts"


Compare = Callable[["Pair", int], Said]


@dataclass(frozen=True)
class Pair:
    """One cell: a way to test what is left of a claim, what is left, and of how many prompts.

    Attributes
    ----------
    left : float
        Of the effect, as a share.
    own : bool
        Each model has its own texts; else both read the same, and what prompts have in common is the same in both.
    compare : callable
        From the cell and a seed to what is said of a data set.
    form : str
        As :class:`~neurontest.stats.calibration.Design` has it.
    select : str
        How sets are selected; empty where a change is tested that hangs on no selection.
    """

    kind: str
    world: str
    left: float
    own: bool
    n: int
    compare: Compare
    form: str = ""
    select: str = ""
    role: Literal["reference", "stress"] = "reference"
    data_sets: int = FEW

    dealt: ClassVar[bool] = False
    stability: ClassVar[bool] = False

    @property
    def truth(self) -> Truth:
        """What became of the effect."""
        return LEFT[self.left][0]

    @property
    def texts(self) -> Literal["same", "own"]:
        """Whose."""
        return "own" if self.own else "same"

    @cached_property
    def key(self) -> str:
        """What tells it from all others, and a reader what it is."""
        chosen = f"; {self.select}, k = {K}" if self.select else ""
        change = LEFT[self.left][1]
        return f"two models, {self.kind}: {self.world}, {change}; {self.texts} texts; n = {self.n}{chosen}"

    def look(self, seed: int) -> Outcome:
        """Make two models, and say what became of the claim, alone in its family."""
        found = self.compare(self, seed)
        size = K if self.select else 0
        return Outcome(
            Design(self.kind, self.form, (found.test,), self.select, size, (self.n, self.n), texts=self.texts),
            found.p_preserved,
            found.p_weakened,
            holds=found.p_preserved <= ALPHA,
            refuted=found.p_weakened <= ALPHA,
            alone={},
        )
