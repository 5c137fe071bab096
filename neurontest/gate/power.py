"""How sure a claim of which nothing has changed is to be called preserved, and how many prompts would make it so.

Asked when a reference is recorded: there the effect that is to be preserved is the one that was found. With the
reference's own texts, what its prompts have in common is in both models, and little of their spread is left; where each
model writes its own, both effects' spreads count, and the power is far less.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy import stats

from neurontest.gate.margin import Margin
from neurontest.gate.ways.survival import Survival
from neurontest.stats.family.power import FEWEST, MOST, POWER
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
        Prompts for a power of :data:`~neurontest.stats.family.power.POWER`; None if too many.
    """

    power: float
    prompts: int
    needed: int | None


def power_if_unchanged(found: Survival, threshold: float, own_texts: Margin | None = None) -> Power | None:
    """The power to call a claim preserved, by the noncentral t distribution; None where its spread cannot be told.

    Of several parts, all of which must be shown, it is at least ``1 - sum(1 - power)`` (Bonferroni).
    Where each model has its own texts it is that of the part which decides, whose variance is then
    ``(1 + kept^2) Var(E)``.

    Parameters
    ----------
    found : Survival
        Of the reference against itself.
    threshold : float
        The p-value to be reached.
    own_texts : Margin, optional
        The margin, if each model has its own texts; by default both have the reference's.
    """
    spread = found.spread
    if spread is None:
        return None
    centres = [one.t for one in found.parts]
    if own_texts is not None:
        kept = own_texts.kept
        # Against itself the effect's spread is in what may be lost alone, with what its test adds to it.
        variance = found.kept.variance / (1 - kept) ** 2 if own_texts.is_share else found.then.variance
        centres = [found.if_unchanged(own_texts) / (variance * (1 + kept**2)) ** 0.5]

    def at(n: int) -> float:
        reached = found.asked(threshold, n / spread.prompts)
        powers = (_power(t, one.df, n, reached, spread) for t, one in zip(centres, found.parts, strict=False))
        return max(0.0, 1 - sum(1 - power for power in powers))

    here = at(spread.prompts)
    if at(MOST) < POWER:
        return Power(here, spread.prompts, None)
    low, high = FEWEST, MOST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle) >= POWER else (middle + 1, high)
    return Power(here, spread.prompts, low)


def power_unchanged(found: Survival, margin: Margin, threshold: float, *, own_texts: bool) -> float:
    """The power that there was to call a claim preserved, had nothing changed since the reference.

    By the reference's spread alone, for an unchanged model has no other; 0 where that spread is a floor.

    Parameters
    ----------
    found : Survival
        Of the reference and the candidate.
    margin : Margin
    threshold : float
        The p-value to be reached.
    own_texts : bool
        Whether each model has its own texts. With the reference's in both, an unchanged model's effect is the same to
        the last digit.
    """
    then, asked, kept = found.then, found.if_unchanged(margin), margin.kept
    if then.degenerate or asked == 0:
        return 0.0
    variance = then.variance * (1 + kept**2 if own_texts else (1 - kept) ** 2)
    centre = asked / variance**0.5 if variance > 0 else _FAR
    return _reached(centre, then.df, found.asked(threshold))


def _power(t: float, df_here: float, n: int, threshold: float, spread: Spread) -> float:
    times = n / spread.prompts
    return _reached(t * times ** ((1 - spread.growth) / 2), (df_here + 1) * times - 1, threshold)


def _reached(centre: float, df: float, threshold: float) -> float:
    if not threshold:
        return 0.0
    if centre >= _FAR:
        return 1.0
    return float(stats.nct.sf(stats.t.isf(threshold, df), df, centre)) if centre > 0 else 0.0
