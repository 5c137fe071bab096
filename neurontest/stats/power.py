"""How many prompts would decide a claim, and how small an effect these many could show."""

from __future__ import annotations

from scipy import stats

#: Power that plans are made for.
POWER = 0.8


def detectable(variance: float, df: float, alpha: float, power: float = POWER) -> float:
    """Smallest effect beyond the reference that a one-sided half-t test shows with probability `power`.

    Parameters
    ----------
    variance : float
        Of the estimate, at the present number of prompts.
    alpha : float
        The p-value to be reached.
    """
    return float((stats.t.isf(alpha, df) + stats.norm.ppf(power)) * variance**0.5)


def prompts_needed(
    variance: float, n: int, effect: float, alpha: float, power: float = POWER, most: int = 100_000
) -> int | None:
    """Prompts a concept with which an effect of this size would be shown with probability `power`.

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
    if not _enough(high, variance, n, effect, alpha, power):
        return None
    while low < high:
        middle = (low + high) // 2
        if _enough(middle, variance, n, effect, alpha, power):
            high = middle
        else:
            low = middle + 1
    return low


def _enough(n: int, variance: float, pilot: int, effect: float, alpha: float, power: float) -> bool:
    reach = stats.t.isf(alpha, n - 1) + stats.norm.ppf(power)
    return bool(n >= reach**2 * pilot * variance / effect**2)
