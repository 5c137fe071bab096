"""The studentised AUROC: against scipy, where groups lie apart or are equal, and its errors under unequal spread."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurontest.arrays import Floats, Labels
from neurontest.stats.relabeling.brunner_munzel import brunner_munzel
from neurontest.stats.relabeling.relabel import TIE, Relabeling, relabel
from neurontest.stats.streams import Stream

VALUES = st.lists(st.integers(-4, 4).map(float), min_size=3, max_size=9).map(np.array)


def asis(n: int, m: int) -> Labels:
    return np.repeat(np.arange(2, dtype=np.int8), (n, m))[None]


@settings(deadline=None, max_examples=80)
@given(VALUES, VALUES)
def test_it_is_scipys_statistic_squeezed(own: Floats, others: Floats) -> None:
    found = float(brunner_munzel(own, others)(asis(len(own), len(others)))[0])
    with np.errstate(all="ignore"):
        t = stats.brunnermunzel(others, own, distribution="normal").statistic
    if np.isfinite(t):
        assert found == pytest.approx(t / np.sqrt(1 + t**2), abs=1e-9)
    else:
        assert found == np.sign(own.mean() - others.mean())


@settings(deadline=None, max_examples=40)
@given(VALUES, VALUES, st.randoms())
def test_the_order_of_prompts_changes_not_a_digit(own: Floats, others: Floats, random: object) -> None:
    shuffled = [np.array(random.sample(list(one), len(one))) for one in (own, others)]  # type: ignore[attr-defined]
    labels = asis(len(own), len(others))
    assert brunner_munzel(own, others)(labels) == brunner_munzel(shuffled[0], shuffled[1])(labels)


def test_wholly_apart_it_is_one_and_all_equal_nought() -> None:
    low, high = np.arange(4.0), np.arange(10.0, 15.0)
    assert brunner_munzel(high, low)(asis(5, 4)) == 1
    assert brunner_munzel(low, high)(asis(4, 5)) == -1
    assert brunner_munzel(np.ones(4), np.ones(6))(asis(4, 6)) == 0
    # Two values that never move, one above the other: apart, and not without a verdict.
    assert brunner_munzel(np.ones(4), np.zeros(4))(asis(4, 4)) == 1


def test_untied_separation_has_the_smallest_p_of_the_design() -> None:
    found = relabel(brunner_munzel(np.arange(10.0, 14.0), np.arange(4.0)), (4, 4), Stream(1, "x"))
    assert found.exact
    assert found.p == 1 / comb(8, 4)
    tied = relabel(brunner_munzel(np.full(4, 3.0), np.full(4, 3.0)), (4, 4), Stream(1, "x"))
    assert tied.p == 1


def test_every_relabeling_is_as_computed_alone() -> None:
    values = np.random.default_rng(3).normal(size=7).round(1)
    labels = np.ones((35, 7), dtype=np.int8)
    for row, members in zip(labels, combinations(range(7), 3), strict=True):
        row[list(members)] = 0
    found = brunner_munzel(values[:3], values[3:])(labels)
    alone = [brunner_munzel(values[row == 0], values[row == 1])(asis(3, 4))[0] for row in labels]
    assert found.tolist() == alone


def noisy(rng: np.random.Generator, n: int, spread: float) -> Floats:
    return rng.normal(size=n) * spread


def coarse(rng: np.random.Generator, n: int, spread: float) -> Floats:
    return np.rint(rng.normal(size=n) * spread / 0.5) * 0.5


def sparse(rng: np.random.Generator, n: int, spread: float) -> Floats:
    return rng.normal(size=n) * spread * (rng.random(n) < 0.4)


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("draw", "n", "m", "spread"),
    [(noisy, 8, 40, 3.0), (noisy, 8, 40, 1 / 3), (noisy, 10, 10, 3.0), (coarse, 8, 40, 3.0), (sparse, 8, 40, 3.0)],
)
def test_unequal_spread_does_not_raise_its_errors(draw: Callable[..., Floats], n: int, m: int, spread: float) -> None:
    # The AUROC is one half. The rank sum declared .11 to .12 of such data sets of 8 against 40, on either side.
    data_sets = 600
    rng = np.random.default_rng(7)
    declared = opposite = 0
    for seed in range(data_sets):
        found = _relabelled(brunner_munzel(draw(rng, n, spread), draw(rng, m, 1.0)), n, m, seed)
        declared += found.p <= 0.05
        opposite += ((found.null <= found.observed + TIE).sum() + 1) / (found.draws + 1) <= 0.05
    most = data_sets * 0.05 + 3 * (data_sets * 0.05 * 0.95) ** 0.5
    assert declared <= most
    assert opposite <= most


def test_it_has_the_power_of_the_rank_sum() -> None:
    rng = np.random.default_rng(8)
    shown = sum(
        _relabelled(brunner_munzel(noisy(rng, 10, 1.0) + 1.5, noisy(rng, 10, 1.0)), 10, 10, seed).p <= 0.05
        for seed in range(100)
    )
    # .94 in 20,000 data sets.
    assert shown >= 85


def _relabelled(statistic: Callable[[Labels], Floats], n: int, m: int, seed: int) -> Relabeling:
    return relabel(statistic, (n, m), Stream(seed, "errors"), fewest=199, most=199, enumerated=0)
