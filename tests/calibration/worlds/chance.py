"""Worlds of a concept, another one, and controls: concepts that share neurons with the first, one more, one less."""

from __future__ import annotations

import numpy as np

from tests.calibration.cell import Cell
from tests.calibration.worlds.base import N0, Made, world

#: How concepts of a kind differ in what they share with a: all alike, some more than others, a few much more.
SPREADS = {"alike": (2,), "spread": (0, 1, 2, 3, 4), "skew": (0, 0, 0, 1, 1, 2, 5)}


def like_controls(
    cell: Cell, seed: int, controls: int, spread: str, more: int = 0, meant: str = "", noise: str = "normal"
) -> Made:
    """b is drawn from the concepts that the controls are drawn from, or shares so many neurons more."""
    one = world(seed, noise)
    others = [f"c{at}" for at in range(controls)]
    mine = one.take(8)
    signals = {"a": (mine, np.full(8, 4.0))}
    for name in ("b", *others):
        count = int(one.rng.choice(SPREADS[spread])) + (more if name == "b" else 0)
        shared = one.rng.permutation(mine)[: min(count, 8)]
        neurons = np.r_[shared, one.take(6)]
        signals[name] = (neurons, np.full(len(neurons), 4.0))
    sizes = zip(signals, cell.sizes(signals), strict=True)
    data = {name: one.concept(n, signals[name]) for name, n in sizes}
    listed = f"{', '.join(others[:-1])} and {others[-1]}"
    sentence = " ".join(filter(None, (f"a overlaps b above chance against {listed}", meant)))
    known = spread == "alike" and not more and meant != "by rank"
    return Made(sentence, data, one.neutral(N0), 0.0 if known else None)
