"""How many prompts would decide a claim, and how small an effect these many could show."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

#: Power that plans are made for, and that careful ones are.
POWER = 0.8
HIGH_POWER = 0.95


@dataclass(frozen=True)
class Plan:
    """What so many prompts can show, and how many an effect of the size seen would take.

    Attributes
    ----------
    detectable : float or None
        Smallest effect beyond the reference that is shown with probability 0.8.
    power : float
        Probability that as many prompts drawn anew show an effect of the size seen.
    needed, needed_95 : int or None
        Prompts a concept that show it with probability 0.8, and 0.95; None if it points the wrong way.
    """

    detectable: float | None
    power: float
    needed: int | None
    needed_95: int | None


def plan(variance: float, n: int, df: float, effect: float, alpha: float) -> Plan:
    """Plan for a half-t test.

    Parameters
    ----------
    variance, n, df : float, int, float
        Of the pilot's estimate; prompts of its smallest concept.
    effect : float
        Distance from the reference, positive if it points the claimed way.
    alpha : float
        The p-value to be reached.
    """
    return Plan(
        detectable(variance, df, alpha),
        power(variance, df, effect, alpha),
        prompts_needed(variance, n, effect, alpha),
        prompts_needed(variance, n, effect, alpha, HIGH_POWER),
    )


def plan_by_root_n(statistic: float, critical: float, n: int, *, unit: float = 1.0) -> Plan:
    """Plan for a test whose studentised statistic grows as the root of the number of prompts and has spread 1.

    Parameters
    ----------
    statistic, critical : float
        As seen, and as it has to be.
    n : int
        Prompts of the smallest concept.
    unit : float
        Effect for each unit of the statistic, to express what is detectable.
    """

    def enough(wanted: float) -> int | None:
        if statistic <= 0:
            return None
        return max(4, math.ceil(n * ((critical + float(stats.norm.ppf(wanted))) / statistic) ** 2))

    return Plan(
        (critical + float(stats.norm.ppf(POWER))) * unit,
        float(stats.norm.cdf(statistic - critical)),
        enough(POWER),
        enough(HIGH_POWER),
    )


def detectable(variance: float, df: float, alpha: float, wanted: float = POWER) -> float:
    """Smallest effect beyond the reference that a one-sided half-t test shows with probability `wanted`.

    Parameters
    ----------
    variance : float
        Of the estimate, at the present number of prompts.
    alpha : float
        The p-value to be reached.
    """
    return float((stats.t.isf(alpha, df) + stats.norm.ppf(wanted)) * variance**0.5)


def power(variance: float, df: float, effect: float, alpha: float) -> float:
    """Probability that so many prompts show an effect of this size beyond the reference, at the p-value `alpha`."""
    if effect <= 0:
        return alpha if effect == 0 else 0.0
    return float(stats.norm.cdf(effect / variance**0.5 - stats.t.isf(alpha, df)))


def prompts_needed(
    variance: float, n: int, effect: float, alpha: float, wanted: float = POWER, most: int = 100_000
) -> int | None:
    """Prompts a concept with which an effect of this size would be shown with probability `wanted`.

    ``n >= (t_{1-alpha} + z_power)^2 n_0 V_0 / effect^2``, the variance falling as 1/n at a fixed half-sample size.

    Parameters
    ----------
    variance, n : float, int
        Of the pilot: variance of its estimate, prompts of its smallest concept.
    effect : float
        Distance from the reference, positive if it points the claimed way.

    Returns
    -------
    int or None
        None if the effect points the wrong way, or more than `most` would be needed.
    """
    if effect <= 0:
        return None
    low, high = 4, most
    if not _enough(high, variance, n, effect, alpha, wanted):
        return None
    while low < high:
        middle = (low + high) // 2
        if _enough(middle, variance, n, effect, alpha, wanted):
            high = middle
        else:
            low = middle + 1
    return low


def _enough(n: int, variance: float, pilot: int, effect: float, alpha: float, wanted: float) -> bool:
    reach = stats.t.isf(alpha, n - 1) + stats.norm.ppf(wanted)
    return bool(n >= reach**2 * pilot * variance / effect**2)
