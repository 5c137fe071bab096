"""What the tests of a claim come to: its evidence, put together."""

from __future__ import annotations

from collections.abc import Sequence

from neurontest.claims.base import Claim
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.types import Estimate, Evidence, Interval, KeyResult, NullSummary, Spread, Tally

#: Fewer baseline prompts than this: their own noise is added to the variance, and a warning given.
SMALL_BASELINE = 10
#: The power of n that n times an overlap's variance grows by, where half-samples are half of n. Simulated from 10 to 80
#: prompts: .1 to 1.1, median .6 (docs/statistics.md). Without it the effects shown for four times as many prompts are
#: too small in two of three pilots or more.
GROWTH = 0.5
HALF_T_METHOD = "half-sample t"
HALF_T_NULL = "over prompts drawn anew, the effect is no {} than its reference value; nothing is exchanged"


class Conclusion:
    """What is made of a trial's tests.

    Attributes
    ----------
    n : dict from concept to int
        Prompts of each concept that has any, or groups of prompts.
    m : int
        Prompts in a half-sample.
    """

    claim: Claim
    n: dict[str, int]
    m: int
    _heavy: tuple[str, ...] = ()

    def key(self, result: HalfT) -> KeyResult:
        """The half-sample key, from the test that decides it."""
        claimed_above = (result.estimate - result.reference) * result.t >= 0
        return KeyResult(
            name="half-sample",
            null=HALF_T_NULL.format("larger" if claimed_above else "smaller"),
            statistic=float(result.t),
            p=result.p,
            p_opposite=result.p_opposite,
            p_floor=0.0,
            df=float(result.df),
            exact=result.exact,
            half_pairs=result.pairs,
            monte_carlo_se=result.se,
        )

    def estimate(
        self, name: str, result: HalfT, *, unit: str = "neurons", note: str = "", tested: bool = True
    ) -> Estimate:
        """A number with its interval and, if it is tested and not only described, what it was tested against."""
        level = self.claim.statistics.confidence
        return Estimate(
            name,
            result.estimate,
            unit,
            Interval(*result.interval(level), level, HALF_T_METHOD),
            result.reference if tested else None,
            note=note,
        )

    def evidence(
        self,
        effect: Estimate,
        decisive: HalfT,
        keys: Sequence[KeyResult],
        nulls: Sequence[NullSummary],
        details: Sequence[Estimate],
        *,
        p: float | None = None,
        p_opposite: float | None = None,
    ) -> Evidence:
        """The evidence of a claim with a half-sample key; what can be detected is said of the test `decisive`."""
        return self.found(
            effect,
            keys,
            nulls,
            details,
            None if decisive.degenerate else self._spread(decisive),
            p=p,
            p_opposite=decisive.p_opposite if p_opposite is None else p_opposite,
            degenerate=decisive.degenerate,
        )

    def _spread(self, decisive: HalfT) -> Spread:
        growth = GROWTH if self.claim.statistics.m is None else 0.0
        return Spread(decisive.variance, decisive.df + 1, growth)

    def found(
        self,
        effect: Estimate,
        keys: Sequence[KeyResult],
        nulls: Sequence[NullSummary],
        details: Sequence[Estimate],
        spread: Spread | None,
        *,
        p: float | None = None,
        p_opposite: float,
        degenerate: bool = False,
        warnings: Sequence[str] = (),
        tallies: Sequence[Tally] = (),
    ) -> Evidence:
        """The evidence of the claim; its p-value is the largest of the keys', if it is not said."""
        size = 0 if self.claim.baseline is None else len(self.claim.baseline.prompts)
        noisy = self.claim.kind.normalizes(self.claim) and size < SMALL_BASELINE
        warning = (
            f"the baseline has {size} prompts: its noise is common to all sets and raises every overlap;"
            " 20 or more are advised"
        )
        return Evidence(
            effect=effect,
            keys=tuple(keys),
            p=max(key.p for key in keys) if p is None else p,
            p_opposite=p_opposite,
            nulls=tuple(nulls),
            details=tuple(details),
            prompts=dict(self.n),
            m=self.m,
            spread=spread,
            degenerate=degenerate,
            warnings=(*((warning,) if noisy else ()), *self._heavy, *warnings),
            tallies=tuple(tallies),
        )


def t_null(result: HalfT) -> NullSummary:
    """Student's t, with the observed t to be drawn in it."""
    return NullSummary(kind="t", observed=float(result.t), df=float(result.df))
