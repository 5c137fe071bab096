"""Sufficient claims in worlds at the level of rises: sets that move every token more are not declared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurontest.evidence.causal.experiment import Seen
from neurontest.evidence.causal.sufficient import rises_compared
from neurontest.types import Thresholds
from tests.kinds.test_causal import FORCED, SETS, experiment

CONTROLS = 100


def world(
    rng: np.random.Generator, prompts: int, *, strength: float = 1.0, alike: float = 0.0, extra: float = 0.0
) -> Seen:
    """Each set moves every token by so much in a direction of its own, the claimed one `strength` times as much.

    `alike` is the share of the variance that a concept's three words have in common; `extra` is the set's own effect.
    """
    moves = np.exp(rng.normal(0, 0.2, 1 + SETS)) * np.r_[strength, np.ones(SETS)]
    common = rng.normal(0, 0.3, 1 + SETS) * moves
    words = 0.5 * moves * np.sqrt(alike + (1 - alike) / 3) * rng.normal(size=1 + SETS) + common
    words[0] += extra
    controls = common + 0.5 * moves * rng.normal(size=1 + SETS) / np.sqrt(CONTROLS)
    spread = np.square(0.5 * moves) * rng.chisquare(CONTROLS - 1, 1 + SETS) / (CONTROLS - 1)
    shape = (prompts, 1 + SETS)
    noise = rng.normal(size=(prompts, 1)) * 0.5 + (rng.exponential(size=shape) - 1) * 0.5
    rises = words + noise * moves
    return {
        "likelihood": rises,
        "first": rises,
        "controls": controls + rng.normal(size=shape) * 0.1 * moves,
        "spread": spread * np.ones(shape),
        "write": np.ones(shape),
        "change": np.ones(shape),
    }


def declared(prompts: int, worlds: int, **settings: Any) -> tuple[float, float, float]:
    """Shares of worlds: declared, the opposite declared, and declared by the plain rank, as before."""
    ours = experiment(FORCED, prompts, prompts)
    found = np.zeros(3)
    for seed in range(worlds):
        one = rises_compared(
            ours, "b", world(np.random.default_rng([9, seed]), prompts, **settings), Thresholds.of(0.05)
        )
        found += [one.p <= 0.05, one.p_opposite <= 0.05, one.keys[1].p <= 0.05]
    share = found / worlds
    return float(share[0]), float(share[1]), float(share[2])


# 300 worlds: standard errors .013 at .05, .025 at .27.
@pytest.mark.parametrize(
    ("settings", "before"),
    [({}, 0.0), ({"strength": 3.0}, 0.15), ({"strength": 3.0, "alike": 0.5}, 0.15)],
    ids=["alike", "strong", "strong, words alike"],
)
def test_sets_that_move_every_token_are_not_declared(settings: dict[str, Any], before: float) -> None:
    holds, opposite, formerly = declared(40, 300, **settings)
    assert holds <= 0.06 + 3.5 * 0.0137
    assert opposite <= 0.06 + 3.5 * 0.0137
    assert formerly >= before


def test_sets_that_move_the_words_are_declared() -> None:
    holds, opposite, _ = declared(20, 100, extra=1.5)
    assert holds >= 0.8
    assert opposite == 0
    assert declared(20, 100, extra=4.5, strength=3.0)[0] >= 0.85
