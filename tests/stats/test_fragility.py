"""Relative fragility by planted numbers, and in worlds where sets differ in dose and texts in fragility."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from neurontest.arrays import Floats
from neurontest.stats.fragility import Fragility, beyond_fragility, normalised, studentised
from neurontest.stats.random_sets import rank

SETS = 99


def test_studentised_by_scipy() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.gamma(2, 1, 12), rng.gamma(2, 1, 30)
    found = studentised(float(a.mean() - b.mean()), a, b)
    wanted = stats.ttest_ind(a, b, equal_var=False, alternative="greater")
    assert (found.statistic, found.df, found.p) == pytest.approx((wanted.statistic, wanted.df, wanted.pvalue))
    alone = studentised(float(a.mean()), a)
    wanted = stats.ttest_1samp(a, 0, alternative="greater")
    assert (alone.statistic, alone.df, alone.p) == pytest.approx((wanted.statistic, 11, wanted.pvalue))
    assert alone.p + alone.p_opposite == pytest.approx(1)


def test_what_does_not_vary_shows_nothing() -> None:
    same = np.full(10, 0.1) * (1 + 1e-15 * np.arange(10))
    assert studentised(0.1, same).p == studentised(0.2, same, same).p == 0.5


def test_fragility_by_planted_numbers() -> None:
    b = np.array([1.0, 2.0, 3.0])
    # Losses three times as large, exactly: no spread, and a ratio of three.
    assert Fragility.of(3 * b, b) == Fragility(3.0, 0.0)
    # At most four times: what is beyond counts as spread, which draws it to one.
    assert Fragility.of(9 * b, b) == Fragility((18 + 5) / (2 + 5), 5.0)
    assert Fragility.of(b, 9 * b).ratio == 0.25
    # Random sets that take nothing on average tell nothing: 1; so where they help the texts.
    around = np.array([-1.0, 1.0])
    found = Fragility.of(around, around[::-1])
    assert (found.ratio, found.spread) == pytest.approx((1.0, np.sqrt(8)))
    assert Fragility.of(-b, -b).ratio == 1.0
    assert Fragility.of(np.zeros(3), np.zeros(3)) == Fragility(1.0, 0.0)
    # c = sd of (4, 2, 6) - 2 (1, 2, 3), rough ratio 2; phi = (4 + c) / (2 + c).
    spread = float(np.std([2.0, -2.0, 0.0], ddof=1))
    found = Fragility.of(np.array([4.0, 2.0, 6.0]), b)
    assert (found.ratio, found.spread) == pytest.approx(((4 + spread) / (2 + spread), spread))


def test_beyond_fragility_by_hand() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.gamma(2, 1, (9, 6)), rng.gamma(2, 0.5, (14, 6))
    found = Fragility.of(a[:, 1:].mean(axis=0), b[:, 1:].mean(axis=0))
    k = b[:, 0].mean() / (b[:, 1:].mean() + found.spread)
    ua, ub = (one[:, 0] - k * one[:, 1:].mean(axis=1) for one in (a, b))
    error = np.sqrt(ua.var(ddof=1) / 9 + found.ratio**2 * ub.var(ddof=1) / 14)
    got = beyond_fragility(a, b)
    assert got.statistic == pytest.approx((a[:, 0].mean() - found.ratio * b[:, 0].mean()) / error)
    wanted = stats.ttest_ind(ua, found.ratio * ub, equal_var=False).df
    assert got.df == pytest.approx(wanted)


def test_normalised_by_hand() -> None:
    own, others = np.array([8.0, 2.0, 2.0, 2.0]), np.array([2.0, 1.0, 1.0, 1.0])
    # phi 2; the set does twice as much to the others' texts as most do, and changes their tokens four times as much.
    assert normalised(own, others, np.ones(4)) == pytest.approx([(8 - 4) / 2, 0, 0, 0])
    assert normalised(own, others, np.array([4.0, 1.0, 1.0, 1.0])) == pytest.approx([(8 - 4) / 4, 0, 0, 0])
    # At most four times as fragile; and what does less than most is not made larger.
    assert normalised(own, others / 4, np.full(4, 0.1))[0] == pytest.approx((8 - 4 * 0.5) / 2)
    assert normalised(own, np.array([0.5, 1, 1, 1]), np.array([0.1, 1, 1, 1]))[0] == pytest.approx(8 - 2 * 0.5)
    assert (normalised(np.zeros(4), np.zeros(4), np.zeros(4)) == 0).all()


@given(st.integers(0, 1000), st.floats(1e-6, 1e6))
def test_units_of_losses_change_nothing(seed: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(1, 1, (6, 12)), rng.normal(1, 1, (9, 12))
    change = rng.lognormal(size=12)
    one, other = beyond_fragility(a, b), beyond_fragility(a * unit, b * unit)
    assert other.statistic == pytest.approx(one.statistic, rel=1e-6, abs=1e-9)
    first = normalised(a.mean(axis=0), b.mean(axis=0), change)
    assert normalised(a.mean(axis=0) * unit, b.mean(axis=0) * unit, change * unit) == pytest.approx(
        first * unit, rel=1e-6, abs=1e-9 * unit
    )


# Worlds at the level of effects. Every set has a dose (the norm of what it writes), which is the claimed set's own for
# all sets (`equal_write`) or 1 for random ones; a harm per dose; and an interaction of its own with either side.


def as_it_is(dose: Floats) -> Floats:
    return dose


def convex(dose: Floats) -> Floats:
    return 0.3 * dose + 0.7 * dose**2


def world(
    rng: np.random.Generator,
    sizes: tuple[int, int],
    *,
    dose: tuple[float, float] = (1.0, 1.0),
    fragile: float = 1.0,
    harm: float = 1.0,
    own: float = 0.2,
    extra: float = 0.0,
    loss: Callable[[Floats], Floats] = as_it_is,
    by_harm: bool = False,
    equal_write: bool = True,
) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Losses [prompt, 1 + set] of both sides, skewed, and how much each set changes either side's tokens."""
    harms = np.exp(rng.normal(0, 0.2, 1 + SETS)) * np.r_[harm, np.ones(SETS)]
    sides, changes = [], []
    for side, size in enumerate(sizes):
        doses = np.full(1 + SETS, dose[side])
        if not equal_write:
            doses[1:] = 1.0
        effect = loss(harms * doses) * (1.0, fragile)[side == 0]
        effect += own / np.sqrt(2) * rng.normal(size=1 + SETS) * doses * (harms if by_harm else 1.0)
        effect[0] += extra * doses[0] * (side == 0)
        of_prompts = rng.gamma(4, 0.25, (size, 1)) * (1 + 0.4 * rng.normal(size=(size, 1 + SETS)))
        sides.append(effect * of_prompts + 0.1 * rng.normal(size=(size, 1 + SETS)))
        changes.append(harms * doses * np.exp(rng.normal(0, 0.15, 1 + SETS)))
    return sides[0], sides[1], (changes[0], changes[1])


def declared(seed: int, sizes: tuple[int, int], worlds: int, **settings: Any) -> tuple[float, float, float]:
    """Shares of worlds: declared, the opposite declared, and declared as before (no equal write, plain rank)."""
    found = np.zeros(3)
    for at in range(worlds):
        a, b, changes = world(np.random.default_rng([seed, at]), sizes, **settings)
        for side, (x, y, change) in enumerate(((a, b, changes[1]), (b, a, changes[0]))):
            welch = studentised(float(x[:, 0].mean() - y[:, 0].mean()), x[:, 0], y[:, 0]).p
            v = normalised(x.mean(axis=0), y.mean(axis=0), change)
            found[side] += max(welch, beyond_fragility(x, y).p, rank(float(v[0]), v[1:]).above.p) <= 0.05
        a, b, _ = world(np.random.default_rng([seed, at]), sizes, **settings, equal_write=False)
        welch = studentised(float(a[:, 0].mean() - b[:, 0].mean()), a[:, 0], b[:, 0]).p
        plain = a.mean(axis=0) - b.mean(axis=0)
        found[2] += max(welch, rank(float(plain[0]), plain[1:]).above.p) <= 0.05
    share = found / worlds
    return float(share[0]), float(share[1]), float(share[2])


EVEN, UNEVEN = (24, 24), (10, 40)
WORLDS = 400  # se .011 at .05, .025 at .6


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("sizes", "settings", "before"),
    [
        (EVEN, {}, 0.0),
        (UNEVEN, {"own": 0.8}, 0.0),
        (EVEN, {"dose": (3, 3), "fragile": 1.5}, 0.4),
        (EVEN, {"dose": (3, 3), "fragile": 1.5, "loss": convex}, 0.4),
        (EVEN, {"dose": (3, 1.5)}, 0.7),
        (EVEN, {"fragile": 1.5, "harm": 3.0}, 0.4),
        (EVEN, {"fragile": 1.5, "harm": 3.0, "by_harm": True}, 0.4),
        (EVEN, {"fragile": 3.0, "harm": 3.0, "by_harm": True}, 0.8),
    ],
    ids=["alike", "own interactions", "dose", "dose, convex", "dose of one", "harm", "own by harm", "fragile"],
)
def test_sets_that_do_more_to_all_texts_are_not_declared(
    sizes: tuple[int, int], settings: dict[str, Any], before: float
) -> None:
    holds, opposite, formerly = declared(5, sizes, WORLDS, **settings)
    # .08, and three and a half standard errors.
    assert holds <= 0.08 + 3.5 * 0.0136
    assert opposite <= 0.08 + 3.5 * 0.0136
    assert formerly >= before


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ({"extra": 1.0, "fragile": 1.5}, 0.75),
        ({"extra": 1.0, "fragile": 1.5, "dose": (3, 3)}, 0.75),
        ({"extra": 1.0, "own": 0.3, "loss": np.zeros_like}, 0.75),
    ],
    ids=["extra", "extra by dose", "no general harm"],
)
def test_what_matters_to_the_concept_is_declared(settings: dict[str, Any], least: float) -> None:
    holds, opposite, _ = declared(6, EVEN, 150, **settings)
    assert holds >= least
    assert opposite <= 0.05
