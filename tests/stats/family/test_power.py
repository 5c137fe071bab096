from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from neurontest.stats.family.power import FEWEST, detectable, prompts_needed
from neurontest.types import Spread

SPREADS = st.builds(Spread, st.floats(0.01, 30), st.integers(4, 60), st.sampled_from((0.0, 0.5)), st.booleans())
ALPHAS = st.sampled_from((0.05, 0.00625, 0.001))


def test_the_formula_by_hand() -> None:
    # chi2_.2 on 9 degrees of freedom is 5.380, so V* = .5 * 9 / 5.380 = .8365; t_.95 on 9 is 1.8331; z_.8 is .8416.
    first, second, fourth = detectable(Spread(0.5, 10), 0.05)
    assert (first.prompts, second.prompts, fourth.prompts) == (10, 20, 40)
    assert first.effect == pytest.approx((1.8331 + 0.8416) * 0.8365**0.5, rel=1e-4)
    assert second.effect == pytest.approx((1.7291 + 0.8416) * (0.8365 / 2) ** 0.5, rel=1e-4)
    assert fourth.effect == pytest.approx((1.6849 + 0.8416) * (0.8365 / 4) ** 0.5, rel=1e-4)


def test_half_samples_that_grow_take_a_part_of_the_gain() -> None:
    whole, halved = detectable(Spread(0.5, 10), 0.05), detectable(Spread(0.5, 10, 0.5), 0.05)
    assert [b.effect / a.effect for a, b in zip(whole, halved, strict=True)] == pytest.approx([1, 2**0.25, 2**0.5])
    few, more = (prompts_needed(Spread(0.5, 10, growth), 1.2, 0.05) for growth in (0.0, 0.5))
    assert few is not None
    assert more is not None
    assert few.prompts < more.prompts


@given(SPREADS, ALPHAS)
def test_effects_shrink_and_what_is_detectable_needs_as_many_prompts(spread: Spread, alpha: float) -> None:
    found = detectable(spread, alpha)
    assert found[0].effect > found[1].effect > found[2].effect > 0
    for one in found:
        needed = prompts_needed(spread, one.effect * (1 + 1e-9), alpha)
        assert needed is not None
        assert needed.prompts == max(one.prompts, FEWEST)
        assert needed.low <= needed.prompts <= needed.high
        assert (needed.low == needed.high) or not spread.known


@given(SPREADS, st.floats(2, 9), ALPHAS)
def test_larger_effects_need_no_more_prompts(spread: Spread, effect: float, alpha: float) -> None:
    small, large = (prompts_needed(spread, one, alpha) for one in (effect, 2 * effect))
    assert small is None or (large is not None and large.prompts <= small.prompts)


def test_what_no_plan_names() -> None:
    assert prompts_needed(Spread(0.5, 10), 1e-9, 0.05) is None


def _pilots(rng: np.random.Generator, n: int, sd: float, count: int) -> list[Spread]:
    variances = sd**2 / n * rng.chisquare(n - 1, count) / (n - 1)
    return [Spread(float(one), n) for one in variances]


def _power(effect: float, n: int, sd: float, alpha: float) -> float:
    return float(1 - special.nctdtr(n - 1, effect * n**0.5 / sd, -special.stdtrit(n - 1, alpha)))


@pytest.mark.parametrize("n", [8, 24])
def test_of_five_pilots_four_name_what_is_shown_with_the_power_that_was_promised(n: int) -> None:
    """3,000 pilots: the upper limit of the variance is too low in a fifth of them (+- .007)."""
    rng = np.random.default_rng(n)
    enough = [_power(detectable(one, 0.05)[1].effect, 2 * n, 1.0, 0.05) >= 0.795 for one in _pilots(rng, n, 1.0, 3000)]
    assert 0.77 < np.mean(enough) < 0.83


@pytest.mark.calibration
@pytest.mark.parametrize("n", [8, 16])
def test_prompts_for_a_stated_effect_show_it(n: int) -> None:
    """2,000 pilots: four in five name enough, and the 80% range holds the number that a known variance gives."""
    rng = np.random.default_rng(n)
    effect, right = 0.6, prompts_needed(Spread(1.0 / n, n, known=True), 0.6, 0.05)
    assert right is not None
    found = [prompts_needed(one, effect, 0.05) for one in _pilots(rng, n, 1.0, 2000)]
    named = [one for one in found if one is not None]
    assert len(named) == len(found)
    power = np.array([_power(effect, one.prompts, 1.0, 0.05) for one in named])
    assert 0.77 < np.mean(power >= 0.79) < 0.84
    assert power.mean() > 0.85
    assert 0.74 < np.mean([one.low <= right.prompts + 2 and right.prompts <= one.high for one in named]) < 0.88


@pytest.mark.calibration
def test_the_effect_that_was_seen_names_anything() -> None:
    """What stood here before: 2,000 pilots of 10, with their own effects and variances; 27 prompts are right."""
    rng = np.random.default_rng(3)
    n, effect = 10, 0.5
    seen, spreads = rng.normal(effect, 1 / n**0.5, 2000), _pilots(rng, n, 1.0, 2000)
    by_the_seen = [
        prompts_needed(Spread(spread.variance, n, known=True), float(one), 0.05)
        for one, spread in zip(seen, spreads, strict=True)
        if one > 0
    ]
    numbers = np.array([400 if one is None else one.prompts for one in by_the_seen])
    low, high = np.quantile(numbers, (0.1, 0.9))
    assert high / low > 12
    assert np.mean([_power(effect, int(one), 1.0, 0.05) < 0.6 for one in numbers]) > 0.25
    by_the_stated = [prompts_needed(spread, effect, 0.05) for spread in spreads]
    stated = np.array([one.prompts for one in by_the_stated if one is not None])
    low, high = np.quantile(stated, (0.1, 0.9))
    assert high / low < 4
    assert np.mean([_power(effect, int(one), 1.0, 0.05) < 0.6 for one in stated]) < 0.05
