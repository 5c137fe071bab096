"""How sure a claim of which nothing has changed is to be called preserved, and how many prompts would make it so.

Asked when a reference is recorded: there the effect that is to be preserved is the one that was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from neurontest.stats.half_t import HalfT
from neurontest.stats.power import FEWEST, MOST, POWER

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


def power_of(parts: Sequence[HalfT], threshold: float, growth: float = 0.0) -> Power:
    """The power of a test of which all parts must be shown, by the noncentral t distribution.

    Of several parts at least ``1 - sum(1 - power)`` (Bonferroni).

    Parameters
    ----------
    parts : sequence of HalfT
        Of the reference against itself.
    threshold : float
        The p-value to be reached.
    growth : float
        As :class:`~neurontest.types.Spread` has it: what half-samples that grow with the prompts take of the gain.
    """
    prompts = min(round(one.df) + 1 for one in parts)

    def at(n: int) -> float:
        return max(0.0, 1 - sum(1 - _power(one, n, threshold, growth) for one in parts))

    if at(MOST) < POWER:
        return Power(at(prompts), prompts, None)
    low, high = FEWEST, MOST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle) >= POWER else (middle + 1, high)
    return Power(at(prompts), prompts, low)


def _power(one: HalfT, n: int, threshold: float, growth: float) -> float:
    centre = one.t * (n / (one.df + 1)) ** ((1 - growth) / 2)
    if centre >= _FAR:
        return 1.0
    return float(stats.nct.sf(stats.t.isf(threshold, n - 1), n - 1, centre)) if centre > 0 else 0.0
