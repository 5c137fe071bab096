"""How sure a claim of which nothing has changed is to be called preserved, and how many prompts would make it so.

Asked when a reference is recorded: there the effect that is to be preserved is the one that was found. Texts that are
replayed through a model that is the same give the same p-value again; the power is that over other prompts.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy import stats

from neurontest.gate.survival import Survival
from neurontest.stats.half_t import HalfT
from neurontest.stats.power import FEWEST, MOST, POWER
from neurontest.types import Spread

#: Beyond this noncentrality a t is above every threshold that is asked for.
_FAR = 30.0


@dataclass(frozen=True)
class Power:
    """What a claim's prompts can do for it.

    Attributes
    ----------
    power : float
        To call it preserved, at least.
    prompts : int
        At hand, of the smallest concept.
    needed : int or None
        Prompts for a power of :data:`~neurontest.stats.power.POWER`; None if too many.
    """

    power: float
    prompts: int
    needed: int | None


def power_if_unchanged(found: Survival, threshold: float) -> Power | None:
    """The power to call a claim preserved, by the noncentral t distribution; None where its spread cannot be told.

    Of several parts, all of which must be shown, it is at least ``1 - sum(1 - power)`` (Bonferroni).

    Parameters
    ----------
    found : Survival
        Of the reference against itself.
    threshold : float
        The p-value to be reached.
    """
    spread = found.spread
    if spread is None:
        return None
    reached = threshold / found.chances

    def at(n: int) -> float:
        return max(0.0, 1 - sum(1 - _power(one, n, reached, spread) for one in found.parts))

    here = at(spread.prompts)
    if at(MOST) < POWER:
        return Power(here, spread.prompts, None)
    low, high = FEWEST, MOST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle) >= POWER else (middle + 1, high)
    return Power(here, spread.prompts, low)


def _power(one: HalfT, n: int, threshold: float, spread: Spread) -> float:
    times = n / spread.prompts
    centre = one.t * times ** ((1 - spread.growth) / 2)
    if centre >= _FAR:
        return 1.0
    df = (one.df + 1) * times - 1
    return float(stats.nct.sf(stats.t.isf(threshold, df), df, centre)) if centre > 0 else 0.0
