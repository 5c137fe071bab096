"""A suite once more: what became of its claims with texts written at another seed, or with another baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: In what a repeat differs from the run itself.
Varied = Literal["seed", "baseline"]


@dataclass(frozen=True)
class Repeat:
    """What became of a claim in a repeat, its whole family tested anew.

    Attributes
    ----------
    varies : {"seed", "baseline"}
    value : str
        The seed; or the baseline's number in the spec, from 1, and its file.
    verdict : {"holds", "refuted", "inconclusive", "same", "not tested"}
        ``same``: at another seed the claim's activations, or with another baseline its evidence, are those of the run
        itself to the last bit, so that nothing was repeated.
    effect, p_adjusted : float or None
        As the verdict rests on them; None where it was not tested.
    reason : str
        Why it was not.
    """

    varies: Varied
    value: str
    verdict: Literal["holds", "refuted", "inconclusive", "same", "not tested"]
    effect: float | None = None
    p_adjusted: float | None = None
    reason: str = ""
