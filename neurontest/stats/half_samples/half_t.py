"""The half-t test: a term against a reference value, studentised by its jackknife variance over prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import copysign, inf

import numpy as np
from scipy import stats

from neurontest.arrays import Floats
from neurontest.stats.half_samples import arcsine
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.sequential import CLEAR, clear_of
from neurontest.stats.streams import Stream
from neurontest.stats.terms import Term

#: Pairs of half-samples drawn at first, and at most.
FIRST_PAIRS = 200
MOST_PAIRS = 6400
#: Batches over which the Monte-Carlo error of t is judged.
BATCHES = 8


@dataclass(frozen=True)
class Hypothesis:
    """What is to be shown of a term: that it is above (`side` 1) or below (`side` -1) a reference value.

    Attributes
    ----------
    level : bool
        See :meth:`HalfSamples.variance`.
    extra_variance : float
        Variance that half-samples do not see, such as that of a small baseline; added to theirs.
    given : tuple of (float, int) or None
        Variance and degrees of freedom that come from elsewhere than from prompts.
    """

    term: Term
    reference: float = 0.0
    side: int = 1
    level: bool = False
    extra_variance: float = 0.0
    given: tuple[float, int] | None = None


@dataclass(frozen=True)
class HalfT:
    """Outcome of one half-t test.

    Attributes
    ----------
    estimate, reference : float
    variance : float
    df : int
    t : float
        Large if the hypothesis is true, whatever its side.
    p, p_opposite : float
        One-sided; they add up to 1.
    se : float
        Monte-Carlo standard error of `t`; 0 if all half-samples were enumerated.
    pairs : int
    degenerate : bool
        No prompt's presence moves the estimate, so that `variance` is its floor alone.
    least, most : float
        What the estimate lies between, whatever the prompts. One that begins at 0 is a level: its interval, and its `t`
        against a reference near an end, are of the arcsine-root scale.
    unseen : float
        Variance that is added on that scale: sets near an end are often the same in every half, and their spread is
        then told too small.
    """

    estimate: float
    reference: float
    variance: float
    df: int
    t: float
    p: float
    p_opposite: float
    se: float
    exact: bool
    pairs: int
    degenerate: bool = False
    least: float = -inf
    most: float = inf
    unseen: float = 0.0

    @property
    def largest_p(self) -> float:
        """What `p` may be, as far as Monte-Carlo error tells."""
        return float(stats.t.sf(self.t - CLEAR * self.se, self.df))

    @property
    def distance(self) -> float:
        """How far the estimate lies beyond the reference, the claimed way."""
        return copysign(abs(self.estimate - self.reference), self.t)

    def interval(self, confidence: float) -> tuple[float, float]:
        """Two-sided interval of the estimate at level `confidence`, within what it lies between."""
        critical = float(stats.t.isf((1 - confidence) / 2, self.df))
        if _is_level(self.least, self.most):
            return arcsine.interval(self.estimate, self.variance + self.unseen, critical, self.most, self.df + 1)
        reach = critical * self.variance**0.5
        low, high = max(self.estimate - reach, self.least), min(self.estimate + reach, self.most)
        # Chance may put an estimate where the truth cannot be.
        return min(low, self.estimate), max(high, self.estimate)


def _is_level(least: float, most: float) -> bool:
    return least == 0 < most < inf


def half_t(samples: HalfSamples, hypothesis: Hypothesis, *, se: float = 0.0) -> HalfT:
    """Test one hypothesis on the half-samples at hand; `se` is carried into the result."""
    over_prompts = hypothesis.given is None
    variance, df = hypothesis.given or (samples.variance(hypothesis.term, level=hypothesis.level), 0)
    variance += hypothesis.extra_variance
    df = df or samples.df(hypothesis.term)
    term, reference = hypothesis.term, hypothesis.reference
    unseen = samples.least_variance(term)
    if _is_level(term.least, term.most) and arcsine.at_an_end(reference, term.most):
        above = arcsine.statistic(term.value, reference, variance + unseen, term.most, df + 1)
    else:
        above = (term.value - reference) / variance**0.5
    t = hypothesis.side * above
    return HalfT(
        estimate=term.value,
        reference=reference,
        variance=variance,
        df=df,
        t=t,
        # A t distribution has no atom at infinity, but float64 underflows; p is never 0.
        p=max(float(stats.t.sf(t, df)), np.finfo(float).tiny),
        p_opposite=max(float(stats.t.cdf(t, df)), np.finfo(float).tiny),
        se=se,
        exact=samples.exact,
        pairs=samples.pairs,
        degenerate=over_prompts and samples.spread(term, level=False) == 0,
        least=term.least,
        most=term.most,
        unseen=unseen,
    )


def weakest_of(results: Sequence[HalfT]) -> list[HalfT]:
    """Of tests that must all be passed, the one with the largest p-value, and those whose p-value may be larger still.

    Half-samples that were drawn leave an error in `t`: where all tests have the same, the largest p-value is what the
    intersection-union test (Berger 1982, Technometrics 24:295) comes to; else any of these may be what it hangs on.
    """
    weakest = max(results, key=lambda one: one.p)
    return [weakest, *(one for one in results if one is not weakest and one.largest_p > weakest.p)]


def equivalent(samples: HalfSamples, term: Term, margin: float, *, level: bool = False) -> tuple[HalfT, HalfT]:
    """Two one-sided tests that a term lies within `margin` of zero (Schuirmann 1987, J. Pharmacokin. Biopharm. 15:657).

    Returns
    -------
    above, below : HalfT
        That it is above ``-margin``, and below ``margin``; it is equivalent if both are shown, so p is the larger.
    """
    above = half_t(samples, Hypothesis(term, -margin, side=1, level=level))
    return above, half_t(samples, Hypothesis(term, margin, side=-1, level=level))


def settle(
    samples: HalfSamples,
    streams: Mapping[str, Stream],
    hypotheses: Callable[[HalfSamples], Sequence[Hypothesis]],
    thresholds: Sequence[float],
) -> tuple[HalfSamples, list[HalfT]]:
    """Test some hypotheses, drawing more half-samples until no threshold is in doubt.

    Parameters
    ----------
    samples : HalfSamples
        At first :data:`FIRST_PAIRS` pairs, or all half-samples.
    streams : mapping from concept to Stream
        Where further half-samples are drawn from.
    hypotheses : callable
        The hypotheses, in a fixed order, on given half-samples.
    thresholds : sequence of float
        p-values that these tests' may be compared with.

    Returns
    -------
    samples : HalfSamples
        All half-samples drawn in the end.
    results : list of HalfT
        One for each hypothesis. Those still in doubt at :data:`MOST_PAIRS` say so by their `se`.
    """
    while True:
        asked = hypotheses(samples)
        if samples.exact:
            return samples, [half_t(samples, one) for one in asked]
        errors = _monte_carlo_errors(samples, hypotheses)
        results = [half_t(samples, one, se=se) for one, se in zip(asked, errors, strict=True)]
        clear = all(
            clear_of(result.t, result.df, result.se, threshold) for result in results for threshold in thresholds
        )
        if clear or samples.pairs >= MOST_PAIRS:
            return samples, results
        samples = samples.extended(streams)


def _monte_carlo_errors(samples: HalfSamples, hypotheses: Callable[[HalfSamples], Sequence[Hypothesis]]) -> list[float]:
    batches = samples.batches(BATCHES)
    t: Floats = np.array([[half_t(batch, one).t for one in hypotheses(batch)] for batch in batches])
    return [float(error) for error in t.std(axis=0, ddof=1) / len(batches) ** 0.5]
