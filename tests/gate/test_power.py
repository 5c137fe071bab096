"""How sure an unchanged claim is to be called preserved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from neurontest.gate.margin import Margin
from neurontest.gate.power import Power, power_if_unchanged, power_unchanged
from neurontest.gate.ways.survival import Survival
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.types import Spread


def result(t: float, n: int) -> HalfT:
    return HalfT(t, 0.0, 1.0, n - 1, t, 0.0, 1.0, 0.0, exact=True, pairs=0)


def of(parts: list[HalfT], growth: float = 0.0, then: HalfT | None = None) -> Survival:
    first = parts[0]
    spread = Spread(first.variance, first.df + 1, growth)
    return Survival(then or first, first, result(0.0, 12), first, tuple(parts), 0.0, 1.0, spread=spread)


def power_of(parts: list[HalfT], threshold: float, growth: float = 0.0) -> Power:
    found = power_if_unchanged(of(parts, growth), threshold)
    assert found is not None
    return found


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


def test_had_nothing_changed_the_reference_alone_would_vary() -> None:
    # Whatever is seen of the candidate: an effect of three standard errors is one in the reference against itself.
    seen = of([result(0.4, 12)], then=result(3.0, 12))
    same = power_unchanged(seen, Margin(), 0.05, own_texts=False)
    assert same == pytest.approx(power_of([result(3.0, 12)], 0.05).power)
    assert power_unchanged(seen, Margin(0.2), 0.05, own_texts=False) == pytest.approx(same)
    own = power_unchanged(seen, Margin(), 0.05, own_texts=True)
    assert own == pytest.approx(power_of([result(1.5 / 1.25**0.5, 12)], 0.05).power)
    assert own > power_unchanged(seen, Margin(0.2), 0.05, own_texts=True)
    # By an amount, the same texts leave nothing that varies.
    amount = Margin(2.0, is_share=False)
    assert power_unchanged(seen, amount, 0.05, own_texts=False) == 1
    assert power_unchanged(seen, amount, 0.05, own_texts=True) == pytest.approx(
        power_of([result(2**0.5, 12)], 0.05).power
    )


def test_a_spread_that_is_a_floor_tells_no_power() -> None:
    assert power_if_unchanged(replace(of([result(3.0, 12)]), spread=None), 0.05) is None
    flat = replace(result(9.0, 12), degenerate=True)
    assert power_unchanged(of([result(0.4, 12)], then=flat), Margin(), 0.05, own_texts=False) == 0
