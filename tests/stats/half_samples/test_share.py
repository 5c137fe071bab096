"""Shares of the ceiling and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurontest.stats.half_samples.half_t import Hypothesis, half_t
from neurontest.stats.half_samples.sets import beyond_ceiling
from neurontest.stats.half_samples.share import interval, share
from neurontest.stats.terms import Term, mean
from tests.stats.half_samples.test_sets import A, B, samples_of


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 60), st.floats(0.01, 0.99), st.sampled_from([0.8, 0.95]), st.sampled_from([0.0, 0.2]))
def test_the_interval_holds_what_a_test_does_not_reject(seed: int, part: float, level: float, extra: float) -> None:
    samples, _ = samples_of(8, 4, seed)
    shared, ceiling = samples.overlap(A, B), mean([samples.within(A), samples.within(B)])
    critical = float(stats.t.isf((1 - level) / 2, 7))
    low, high = interval(samples, shared, ceiling, critical, extra)
    assert 0 <= low <= share(shared, ceiling) <= high <= 1
    asked = Hypothesis(beyond_ceiling(samples, shared, (A, B), part), level=True, extra_variance=extra)
    rejected = abs(half_t(samples, asked).t) > critical
    # Not where the two meet, nor at an end that was put where the truth must be.
    if min(abs(part - low), abs(part - high)) > 1e-6:
        assert rejected == (not low <= part <= high)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 60), st.floats(0.51, 0.99), st.floats(0.51, 0.99))
def test_the_interval_grows_with_the_confidence(seed: int, one: float, other: float) -> None:
    samples, _ = samples_of(8, 4, seed)
    shared, ceiling = samples.overlap(A, B), mean([samples.within(A), samples.within(B)])
    (low, high), (lower, higher) = (
        interval(samples, shared, ceiling, float(stats.t.isf((1 - level) / 2, 7))) for level in sorted((one, other))
    )
    assert lower <= low + 1e-9
    assert high - 1e-9 <= higher


def test_without_a_ceiling_any_share_may_be() -> None:
    samples, _ = samples_of(8, 4)
    nothing = np.zeros_like(samples.pi(A))
    zero = Term(0.0, {A: nothing, B: nothing}, {A: nothing, B: nothing}, 0.0, 5.0)
    assert share(zero, zero) == 0
    assert interval(samples, zero, zero, 2.0) == pytest.approx((0, 1))


def test_a_share_is_not_above_one() -> None:
    samples, _ = samples_of(8, 4)
    own = samples.within(A)
    assert share(own * 1.2, own) == 1
    assert share(own * 0.5, own) == 0.5
