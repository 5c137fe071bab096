"""Tests of means over prompts that were measured on two models: what holds of each prompt is compared with itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from neurontest.arrays import Floats
from neurontest.gate.margin import Margin
from neurontest.gate.ways.survival import Survival, of_parts
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.types import Spread

#: One value of each prompt on one side of a difference, and on the other, if there is one.
Sides = Sequence[Floats]
WELCH, STUDENT = "Welch t over prompts", "Student t over prompts"


def mean_survival(then: Sides, now: Sides, margin: Margin, *, unit: str, flip: float = 0.0) -> Survival:
    """Test whether enough is left of a mean over prompts, or of a difference of two, of the same prompts on two models.

    ``L_new - kept * L_ref`` is one number for each prompt, so that what prompts have in common in both models drops out
    as in a paired t test; the two sides are independent samples of unlike variances (Welch 1947, Biometrika 34:28).

    Parameters
    ----------
    then, now : sequence of float array [prompt]
        One side, or two of which the second is subtracted.
    flip : float
        Of shares: what one prompt more or less changes. The variance is never less than if one prompt of each side were
        otherwise than it is.
    """
    left = [new - margin.kept * old for old, new in zip(then, now, strict=True)]
    change = [new - old for old, new in zip(then, now, strict=True)]
    return of_parts(
        [mean_t(_difference(left), -margin.amount, left, flip)],
        [mean_t(_difference(change), 0.0, change, flip)],
        [mean_t(_difference(then), 0.0, then, flip)],
        [mean_t(_difference(now), 0.0, now, flip)],
        unit=unit,
        method=WELCH if len(then) > 1 else STUDENT,
        spreads=[spread_of(left, flip) if sum(_variances(left, flip)) > 0 else None],
    )


def mean_t(estimate: float, reference: float, sides: Sides, flip: float = 0.0, times: float = 1.0) -> HalfT:
    """Student's t of a mean, or of a difference of means, with Satterthwaite's degrees of freedom.

    Where nothing varies but for rounding, and no `flip` is said, there is nothing to judge a difference by: t is 0.

    Parameters
    ----------
    times : float
        By how much the variance is taken to be larger than it came out.
    """
    variances = [times * one for one in _variances(sides, flip)]
    variance = sum(variances)
    largest = max(float(np.abs(one).max()) for one in sides)
    still = variance <= (1e-12 * largest) ** 2
    df = float(sum(len(one) - 1 for one in sides))
    if not still:
        df = variance**2 / sum(part**2 / (len(one) - 1) for part, one in zip(variances, sides, strict=True))
    t = 0.0 if still else (estimate - reference) / variance**0.5
    tiny = np.finfo(float).tiny
    return HalfT(
        estimate=estimate,
        reference=reference,
        variance=variance,
        df=df,  # type: ignore[arg-type]
        t=t,
        p=max(float(stats.t.sf(t, df)), tiny),
        p_opposite=max(float(stats.t.cdf(t, df)), tiny),
        se=0.0,
        exact=True,
        pairs=0,
        degenerate=all(float(np.ptp(one)) <= 1e-12 * largest for one in sides),
    )


def spread_of(sides: Sides, flip: float = 0.0) -> Spread:
    """What the prompts of both sides leave open of a difference of means."""
    return Spread(sum(_variances(sides, flip)), min(map(len, sides)))


def _variances(sides: Sides, flip: float) -> list[float]:
    return [max(float(one.var(ddof=1)), flip**2 / len(one)) / len(one) for one in sides]


def _difference(sides: Sides) -> float:
    means = [float(one.mean()) for one in sides]
    return means[0] - sum(means[1:])
