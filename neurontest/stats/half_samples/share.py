"""The interval of a share: of what concepts share, as a part of what halves of one concept do."""

from __future__ import annotations

import numpy as np

from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.terms import Term


def share(shared: Term, ceiling: Term) -> float:
    """The share, between 0 and 1 as the true one is; 0 if there is no ceiling."""
    return min(max(shared.value / ceiling.value, 0.0), 1.0) if ceiling.value > 0 else 0.0


def interval(
    samples: HalfSamples, shared: Term, ceiling: Term, critical: float, extra_variance: float = 0.0
) -> tuple[float, float]:
    """The shares c, between 0 and 1, for which ``shared - c * ceiling`` is not told from 0 (Fieller 1954).

    Where the ceiling itself is not told from 0 this is all of them.

    Parameters
    ----------
    critical : float
        Of Student's t, for one side.
    extra_variance : float
        As of a :class:`~neurontest.stats.half_samples.half_t.Hypothesis` about the difference.
    """
    at = {c: samples.spread(shared - c * ceiling, level=True) for c in (-1.0, 0.0, 1.0)}
    # Variances of a sum of two terms with one factor: quadratic in it.
    curve = np.array([(at[1.0] + at[-1.0]) / 2 - at[0.0], (at[1.0] - at[-1.0]) / 2, at[0.0]])
    least = np.array([0.0, 0.0, samples.least_variance(shared - ceiling)])
    square = np.array([ceiling.value**2, -2 * shared.value * ceiling.value, shared.value**2])
    extra = np.array([0.0, 0.0, extra_variance])
    beyond = [square - critical**2 * (variance + extra) for variance in (curve, least)]
    roots = np.concatenate([np.roots(one) for one in beyond])
    ends = [0.0, 1.0, *(float(root.real) for root in roots if abs(root.imag) < 1e-9 and 0 < root.real < 1)]
    # The larger of the two variances counts, so that it is enough to be within one of them.
    told = [c for c in ends if min(float(np.polyval(one, c)) for one in beyond) <= 1e-9 * max(1.0, square[2])]
    own = share(shared, ceiling)
    return min([*told, own]), max([*told, own])
