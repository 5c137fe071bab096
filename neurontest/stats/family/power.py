"""How small an effect so many prompts show, and how many prompts show an effect that was stated beforehand.

Nothing here asks for the effect that was seen: with that, a power says no more than the p-value does (Hoenig & Heisey
2001, Am. Stat. 55:19), and numbers of prompts miss by far: of 27, ten prompts named 13 to 400.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy import special

from neurontest.types import Detectable, Spread

#: Power that plans are made for.
POWER = 0.8
#: A pilot's variance is itself an estimate: plans are made with its upper limit of this confidence.
LIMIT = 0.8
#: Multiples of the prompts at hand at which effects are shown.
MULTIPLES = (1, 2, 4)
#: No plan names more prompts than this.
MOST = 100_000
#: The fewest prompts that a plan names.
FEWEST = 4


@dataclass(frozen=True)
class Needed:
    """Prompts that show an effect with probability :data:`POWER`.

    Attributes
    ----------
    prompts : int
        Of the smallest concept, with the upper limit of the variance.
    low, high : int
        With both ends of the 80% interval of the variance.
    """

    prompts: int
    low: int
    high: int


def detectable(spread: Spread, alpha: float) -> tuple[Detectable, ...]:
    """Effects that are shown with probability :data:`POWER`, at the prompts at hand, twice and four times as many.

    ``(t_{1-alpha,n-1} + z_{.8}) sqrt((n_0 / n)^(1 - g) V*)`` with ``V* = V (n_0 - 1) / chi2_{.2,n_0-1}``: the variance
    is taken at its upper limit (Browne 1995, Stat. Med. 14:1933), and g, the spread's growth, is what half-samples that
    grow with n take of the gain.

    Parameters
    ----------
    alpha : float
        The p-value to be reached.
    """
    variance = _variance(spread, 1 - LIMIT)
    return tuple(
        Detectable(n, _reach(spread, n, alpha) * (variance * _shrunk(spread, n)) ** 0.5)
        for n in (spread.prompts * multiple for multiple in MULTIPLES)
    )


def prompts_needed(spread: Spread, effect: float, alpha: float) -> Needed | None:
    """Prompts with which an effect of this size is shown with probability :data:`POWER`; None if :data:`MOST` are few.

    Parameters
    ----------
    effect : float
        Stated beforehand, above 0: the distance from the reference that is worth finding, at the new number of prompts.
    alpha : float
        The p-value to be reached.
    """
    tail = (1 - LIMIT) / 2
    found = [_fewest(spread, _variance(spread, part), effect, alpha) for part in (1 - LIMIT, 1 - tail, tail)]
    prompts, low, high = (MOST if one is None else one for one in found)
    return None if found[0] is None else Needed(prompts, low, high)


def _variance(spread: Spread, tail: float) -> float:
    """What the variance may be, by the chi-squared distribution of its estimate, whose lower tail is given."""
    if spread.known:
        return spread.variance
    df = spread.prompts - 1
    return float(spread.variance * df / special.chdtri(df, 1 - tail))


def _shrunk(spread: Spread, n: int) -> float:
    """The variance at n prompts over that at hand."""
    return float((spread.prompts / n) ** (1 - spread.growth))


def _reach(spread: Spread, n: int, alpha: float) -> float:
    """Standard errors that an effect must measure."""
    # Distributions of scipy.stats take a hundred times as long, and a search for a number asks often.
    critical = -special.ndtri(alpha) if spread.known else -special.stdtrit(n - 1, alpha)
    return float(critical + special.ndtri(POWER))


def _fewest(spread: Spread, variance: float, effect: float, alpha: float) -> int | None:
    def enough(n: int) -> bool:
        return bool(_reach(spread, n, alpha) ** 2 * variance * _shrunk(spread, n) <= effect**2)

    if not enough(MOST):
        return None
    low, high = FEWEST, MOST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low
