"""The sequential test of a rate: its error rates by exact dynamic programming, and what it is made of."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from neurontest.stats.e_value import ERROR, TOLD, e_above, e_below

LIMIT = 0.1


def chances(rate: float, trials: int = 100, limit: float = LIMIT) -> tuple[float, float]:
    """Probabilities that a rate is ever called above the limit, and below it, within so many trials."""
    open_still, above, below = {0: 1.0}, 0.0, 0.0
    for trial in range(1, trials + 1):
        reached: dict[int, float] = {}
        for hits, p in open_still.items():
            reached[hits] = reached.get(hits, 0.0) + p * (1 - rate)
            reached[hits + 1] = reached.get(hits + 1, 0.0) + p * rate
        open_still = {}
        for hits, p in reached.items():
            if e_above(hits, trial, limit) >= TOLD:
                above += p
            elif e_below(hits, trial, limit) >= TOLD:
                below += p
            else:
                open_still[hits] = p
    return above, below


@pytest.mark.calibration
@pytest.mark.parametrize(("rate", "above"), [(0.05, 0.001), (0.08, 0.007), (0.10, 0.022), (0.2, 0.654), (0.4, 1.0)])
def test_how_often_a_rate_is_called_high(rate: float, above: float) -> None:
    # A bound of 99% that is looked at after every world called .254 of them vacuous at .08.
    assert chances(rate)[0] == pytest.approx(above, abs=5e-4)


@pytest.mark.calibration
def test_how_often_a_rate_is_called_low() -> None:
    assert chances(0.0)[1] == pytest.approx(1)
    assert chances(0.02)[1] > 0.75
    assert chances(LIMIT)[1] < ERROR


@pytest.mark.calibration
@given(limit=st.floats(0.05, 0.8), trials=st.integers(1, 60))
def test_neither_side_is_told_wrongly_too_often(limit: float, trials: int) -> None:
    above, below = chances(limit, trials, limit)
    assert above <= ERROR
    assert below <= ERROR


@pytest.mark.parametrize(("hits", "trials", "limit"), [(3, 7, 0.1), (0, 40, 0.1), (100, 100, 0.1), (9, 30, 0.4)])
def test_it_is_a_ratio_of_likelihoods(hits: int, trials: int, limit: float) -> None:
    def mixed(low: float, high: float) -> float:
        def weighed(rate: float) -> float:
            return float(stats.beta.pdf(rate, 1, 3) * rate**hits * (1 - rate) ** (trials - hits))

        return float(integrate.quad(weighed, low, high, epsabs=0)[0]) / float(
            np.diff(stats.beta.cdf([low, high], 1, 3))[0]
        )

    at_limit = limit**hits * (1 - limit) ** (trials - hits)
    assert e_above(hits, trials, limit) == pytest.approx(mixed(limit, 1) / at_limit, rel=1e-6)
    assert e_below(hits, trials, limit) == pytest.approx(mixed(0, limit) / at_limit, rel=1e-6)


def test_it_begins_at_one() -> None:
    assert math.isclose(e_above(0, 0, LIMIT), 1)
    assert math.isclose(e_below(0, 0, LIMIT), 1)
