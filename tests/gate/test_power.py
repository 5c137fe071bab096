"""How sure an unchanged claim is to be called preserved."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neurontest.gate.power import power_of
from neurontest.stats.half_t import HalfT


def result(t: float, n: int) -> HalfT:
    return HalfT(t, 0.0, 1.0, n - 1, t, 0.0, 1.0, 0.0, exact=True, pairs=0)


def test_of_a_mean_as_simulated() -> None:
    # 20,000 samples of 12: standard error .0035.
    n, shift, alpha = 12, 0.8, 0.025
    rows = np.random.default_rng(5).normal(shift, 1, (20_000, n))
    t = rows.mean(axis=1) / (rows.std(axis=1, ddof=1) / n**0.5)
    found = power_of([result(shift * n**0.5, n)], alpha)
    assert found.power == pytest.approx(np.mean(t > stats.t.isf(alpha, n - 1)), abs=0.012)
    assert found.prompts == n


def test_the_prompts_needed_are_the_fewest() -> None:
    found = power_of([result(2.2, 12)], 0.025)
    assert found.power < 0.8
    assert found.needed is not None

    def at(n: int) -> float:
        return power_of([result(2.2 * (n / 12) ** 0.5, n)], 0.025).power

    assert at(found.needed) >= 0.8 > at(found.needed - 1)


def test_more_parts_and_half_samples_that_grow_need_more() -> None:
    one, two = power_of([result(3.0, 12)], 0.05), power_of([result(3.0, 12)] * 2, 0.05)
    assert two.power == pytest.approx(2 * one.power - 1)
    assert one.needed is not None
    assert two.needed is not None
    assert two.needed > one.needed
    weak = result(2.0, 12)
    slow, fast = power_of([weak], 0.025, growth=0.5).needed, power_of([weak], 0.025).needed
    assert slow is not None
    assert fast is not None
    assert slow > fast


def test_an_effect_that_points_the_other_way_needs_no_number() -> None:
    found = power_of([result(-1.0, 12)], 0.05)
    assert (found.power, found.needed) == (0.0, None)
    assert power_of([result(90.0, 12)], 0.05).power == 1.0
