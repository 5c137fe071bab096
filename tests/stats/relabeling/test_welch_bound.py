"""The bound of the largest Welch t: its parts against scipy, where a side never moves, and its errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neurontest.stats.relabeling.welch_bound import welch_bound


def test_t_and_degrees_of_freedom_are_welchs_where_the_usual_ratio_gives_more() -> None:
    rng = np.random.default_rng(0)
    own, others = rng.normal(size=(7, 60)) + 0.3, rng.normal(size=(12, 60))
    found = welch_bound(own, others)
    peer = stats.ttest_ind(own, others, equal_var=False)
    assert found.t == pytest.approx(peer.statistic)
    variances = found.ratio / 7, 1 / 12
    usual = sum(variances) ** 2 / (variances[0] ** 2 / 6 + variances[1] ** 2 / 11)
    assert found.df == pytest.approx(np.minimum(peer.df, usual))
    assert found.p == pytest.approx(np.minimum(1, 60 * stats.t.sf(found.t, found.df)))


@pytest.mark.parametrize(("n", "m"), [(10, 10), (8, 40), (40, 8), (10, 30)])
@pytest.mark.parametrize("spread", [0.5, 1.0, 3.0])
def test_the_usual_ratio_is_that_of_the_variances_whatever_the_numbers(n: int, m: int, spread: float) -> None:
    # The median of an F of 7 and 39 degrees of freedom is .93, and of 39 and 7 it is 1.08: that is divided out.
    rng = np.random.default_rng(1)
    found = welch_bound(spread * rng.normal(size=(n, 20_000)), rng.normal(size=(m, 20_000)))
    assert found.ratio == pytest.approx(spread**2, rel=0.03)
    low, high = found.usual
    assert (found.low, found.high) == pytest.approx((low * spread**2, high * spread**2), rel=0.06)


def test_a_neuron_that_moves_on_neither_side_is_no_sign() -> None:
    rng = np.random.default_rng(2)
    own, others = rng.normal(size=(8, 3)), rng.normal(size=(8, 3))
    own[:, 0], others[:, 0] = 5.0, 0.0
    own[:, 1] = 50.0
    found = welch_bound(own, others)
    assert found.p[0] == 1
    # Where one side alone moves, the degrees of freedom are its own.
    assert found.df[1] == pytest.approx(7)
    assert found.p[1] < 0.01
    never = welch_bound(np.ones((6, 4)), np.zeros((6, 4)))
    assert (never.p == 1).all()
    assert never.ratio == pytest.approx(1)


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("n", "m", "spread"), [(10, 10, 3.0), (10, 30, 2.0), (8, 40, 2.0), (40, 8, 0.5), (10, 10, 1.0)]
)
def test_unequal_spread_does_not_raise_its_errors(n: int, m: int, spread: float) -> None:
    # Bonferroni by the neurons' own degrees of freedom erred in .08 to .27 of such.
    data_sets = 300
    rng = np.random.default_rng(3)
    shown = sum(
        bool(welch_bound(spread * rng.normal(size=(n, 800)), rng.normal(size=(m, 800))).p.min() <= 0.05)
        for _ in range(data_sets)
    )
    assert shown <= data_sets * 0.05 + 2 * (data_sets * 0.05 * 0.95) ** 0.5
