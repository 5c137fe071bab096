"""What forcing a set of neurons does to one concept's texts and to others', beside what random sets do to both.

Texts of one concept may be more fragile than others': whatever is forced, they lose more. That is no effect of the
set's own, and a set that does more to all texts must not be declared for it. Losses are rises of the negative
log-likelihood, the claimed set's in column 0, those of random sets in the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from neurontest.arrays import Floats

#: How many times as fragile as the other one a concept's texts may be taken to be, at most.
MOST = 4.0


@dataclass(frozen=True)
class T:
    """A studentised difference.

    Attributes
    ----------
    statistic : float
        0 where nothing varies.
    df : float
        Satterthwaite's degrees of freedom.
    """

    statistic: float
    df: float

    @property
    def p(self) -> float:
        """One-sided, never 0."""
        return max(float(stats.t.sf(self.statistic, self.df)), np.finfo(float).tiny)

    @property
    def p_opposite(self) -> float:
        """Of a difference the other way."""
        return max(float(stats.t.cdf(self.statistic, self.df)), np.finfo(float).tiny)


def studentised(difference: float, *parts: Floats) -> T:
    """A difference over its standard error.

    Parameters
    ----------
    parts : float arrays [prompt]
        Independent samples whose means' variances add up to the difference's (Welch 1947, Biometrika 34:28).
    """
    variances = [float(np.var(one, ddof=1)) / len(one) for one in parts]
    total = sum(variances)
    # What is the same in all prompts, but for rounding, has no spread to be judged by.
    if total <= (1e-12 * max(abs(difference), *(float(np.abs(one).max()) for one in parts))) ** 2:
        return T(0.0, float(sum(len(one) - 1 for one in parts)))
    df = total**2 / sum(one**2 / (len(part) - 1) for one, part in zip(variances, parts, strict=True))
    return T(difference / total**0.5, float(df))


@dataclass(frozen=True)
class Fragility:
    """How fragile one side's texts are beside the other's, as random sets tell.

    Attributes
    ----------
    ratio : float
        phi: how many times as much one side's texts lose, 1/4 to 4; drawn to 1 where random sets do little to either.
    spread : float
        c: standard deviation over random sets of what one side loses beyond its fragility.
    """

    ratio: float
    spread: float

    @classmethod
    def of(cls, own: Floats, others: Floats) -> Fragility:
        """From mean losses [random set] of both sides."""
        mean_own, mean_others = float(own.mean()), float(others.mean())
        rough = np.clip(mean_own / mean_others, 1 / MOST, MOST) if mean_others > 0 else 1.0
        spread = float(np.std(own - rough * others, ddof=1)) if len(own) > 1 else 0.0
        above, below = max(mean_own, 0.0) + spread, max(mean_others, 0.0) + spread
        # Where no random set does anything, nothing is known of fragility.
        return cls(float(np.clip(above / below, 1 / MOST, MOST)) if below > 0 else 1.0, spread)


def beyond_fragility(own: Floats, others: Floats) -> T:
    """Whether one side's texts lose more by the set than its effect on the others', times the relative fragility.

    ``T = (a_S - phi b_S) / sqrt(var u_a / n_a + phi^2 var u_b / n_b)`` with ``u_p = L_{S,p} - k R_p`` for each prompt
    p, R its mean loss over random sets and ``k = b_S / (r_b + c)``: the delta method, phi being estimated on the same
    prompts.

    Parameters
    ----------
    own, others : float array [prompt, 1 + random set]
    """
    found = Fragility.of(own[:, 1:].mean(axis=0), others[:, 1:].mean(axis=0))
    below = max(float(others[:, 1:].mean()), 0.0) + found.spread
    times = float(others[:, 0].mean()) / below if below > 0 else 0.0
    parts = [side[:, 0] - times * side[:, 1:].mean(axis=1) for side in (own, others)]
    difference = float(own[:, 0].mean() - found.ratio * others[:, 0].mean())
    return studentised(difference, parts[0], found.ratio * parts[1])


def normalised(own: Floats, others: Floats, change: Floats) -> Floats:
    """Of the set and of each random one, what one side loses beyond its fragility for the size of what the set does.

    ``V_j = (a_j - phi b_j) / max(1, g_j / med g, b_j / max(med b, c))``: sets that do more to any text have larger
    contrasts of either sign.

    Parameters
    ----------
    own, others : float array [1 + random set]
        Mean losses.
    change : float array [1 + random set]
        g: root mean square over tokens of the other side's texts of the change of their log-probabilities.

    Returns
    -------
    float array [1 + random set]
    """
    found = Fragility.of(own[1:], others[1:])
    size = np.ones_like(own)
    for measure, unit in (
        (change, float(np.median(change))),
        (others, max(float(np.median(others)), found.spread)),
    ):
        if unit > 0:
            size = np.maximum(size, measure / unit)
    out: Floats = (own - found.ratio * others) / size
    return out
