from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurontest.stats.family.looks import crossing, levels

#: C of O'Brien and Fleming's boundaries for K equal looks at a two-sided alpha (Jennison & Turnbull 2000, table 2.3),
#: which is the one-sided one at half of it: no path crosses both of its sides.
PUBLISHED = {
    (0.1, 2): 1.678,
    (0.1, 3): 1.710,
    (0.1, 5): 1.751,
    (0.05, 2): 1.977,
    (0.05, 3): 2.004,
    (0.05, 4): 2.024,
    (0.05, 5): 2.040,
    (0.01, 3): 2.595,
}


@pytest.mark.parametrize(("two_sided", "count"), PUBLISHED)
def test_boundaries_are_the_published_ones(two_sided: float, count: int) -> None:
    found = levels(two_sided / 2, tuple(range(12, 12 * count + 1, 12)))
    c = PUBLISHED[two_sided, count]
    for look, level in enumerate(found, start=1):
        assert stats.norm.isf(level) == pytest.approx(c * (count / look) ** 0.5, abs=6e-4 * (count / look) ** 0.5)


def test_two_looks_at_the_usual_alpha() -> None:
    assert levels(0.05, (24, 48)) == pytest.approx((0.0088, 0.0467), abs=5e-5)
    assert levels(0.05, (24,)) == (0.05,)


@pytest.mark.parametrize(("c", "count", "alpha"), [(1.875, 2, 0.05), (2.178, 2, 0.025), (2.413, 5, 0.025)])
def test_pocock_spends_what_his_table_says(c: float, count: int, alpha: float) -> None:
    assert crossing(np.full(count, c), np.arange(1, count + 1) / count) == pytest.approx(alpha, abs=1e-4)


@given(st.lists(st.integers(4, 400), min_size=2, max_size=4, unique=True), st.sampled_from((0.05, 0.01, 0.3)))
@settings(max_examples=25, deadline=None)
def test_the_recursion_agrees_with_the_normal_distribution(looks: list[int], alpha: float) -> None:
    looks = sorted(looks)
    found = levels(alpha, tuple(looks))
    assert list(found) == sorted(found)
    n = np.array(looks, dtype=float)
    correlation = np.sqrt(np.minimum(n[:, None], n) / np.maximum(n[:, None], n))
    below = stats.multivariate_normal(cov=correlation, allow_singular=True, seed=1).cdf(stats.norm.isf(found))
    assert 1 - below == pytest.approx(alpha, abs=2e-3)


@pytest.mark.parametrize("looks", [(24, 48), (24, 30), (12, 24, 36, 48), (10, 20, 80)])
def test_no_part_of_a_correction_spends_more_than_its_part(looks: tuple[int, ...]) -> None:
    shares = np.array(looks) / looks[-1]
    alone = stats.norm.isf(np.array(levels(0.05, looks)) / 10)
    assert 10 * crossing(alone, shares) > 0.0501, "which is why the levels of a family are lower"
    for claims in (2, 10, 300):
        held = np.array(levels(0.05, looks, claims))
        spent = [h * crossing(stats.norm.isf(held / h), shares) for h in (1, 2, 5, 10, 100, 300) if h <= claims]
        assert max(spent) == pytest.approx(0.05, rel=1e-5) or max(spent) < 0.05
        assert spent[-1] == max(spent)


def _rate(rejected: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[float, float]:
    rate = float(np.mean(rejected))
    return rate, (rate * (1 - rate) / len(rejected)) ** 0.5


@pytest.mark.calibration
def test_adding_prompts_and_testing_again_errs_and_looks_do_not() -> None:
    """Student's t of 24 and then 48 prompts under the null, 40,000 data sets (+- .0014)."""
    prompts = np.random.default_rng(1).normal(size=(40_000, 48))
    p = [stats.ttest_1samp(prompts[:, :n], 0, axis=1, alternative="greater").pvalue for n in (24, 48)]
    naive, _ = _rate((p[0] <= 0.05) | (p[1] <= 0.05))
    assert naive > 0.075
    own = levels(0.05, (24, 48))
    rate, se = _rate((p[0] <= own[0]) | (p[1] <= own[1]))
    assert 0.04 < rate <= 0.05 + 2 * se


@pytest.mark.calibration
def test_holm_at_each_look_keeps_the_family() -> None:
    """Ten independent null claims at two looks, 20,000 families (+- .0015)."""
    rng = np.random.default_rng(2)
    first = rng.normal(size=(20_000, 10))
    second = (first + rng.normal(size=first.shape)) / 2**0.5
    own = levels(0.05, (24, 48), 10)
    # Under the global null, Holm rejects as soon as Bonferroni does.
    rejected = (stats.norm.sf(first).min(axis=1) <= own[0] / 10) | (stats.norm.sf(second).min(axis=1) <= own[1] / 10)
    rate, se = _rate(rejected)
    assert 0.043 < rate <= 0.05 + 2 * se
