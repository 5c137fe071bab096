"""Worlds of several concepts that have neurons of their own, or none, or one another's; and of two ways to look."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurontest.arrays import Floats
from tests.calibration.cell import Cell
from tests.calibration.worlds.base import N0, Made, own, world
from tests.calibration.worlds.overlaps import copied, in_templates

EACH, AVERAGE = "have distinct neurons", "have distinct neurons on average"


def distinct(
    cell: Cell,
    seed: int,
    gain: float,
    names: str = "abcd",
    identical: str = "",
    sentence: str = AVERAGE,
    noise: str = "normal",
    step: float = 0.0,
    copies: int = 1,
) -> Made:
    """Concepts with neurons of their own, or with nothing but noise; some of them may be one and the same."""
    one = world(seed, noise, step)
    signals = {name: own(one, gain) for name in names}
    signals.update(dict.fromkeys(identical, signals[identical[0]]) if identical else {})
    sizes = zip(names, cell.sizes(names), strict=True)
    data = {name: one.concept(n // copies, signals[name]) for name, n in sizes}
    if copies > 1:
        data = {name: copied(rows, copies, seed) for name, rows in data.items()}
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    level = not gain and copies == 1 and (sentence == AVERAGE or len(names) == 2)
    return Made(f"{listed} {sentence}", data, one.neutral(N0), 0.0 if level else None)


def templates(cell: Cell, seed: int, gain: float, sentence: str = AVERAGE) -> Made:
    """Prompts made from shared templates, whose own noise is as large as a prompt's."""
    return in_templates(distinct(cell, seed, gain, sentence=sentence), seed)


def positions(cell: Cell, seed: int, gains: tuple[float, float], noise: float = 1.0) -> Made:
    """Signals of these strengths over all tokens and at the last, in different neurons; the last one's noise.

    Noise is shared in part: both modes look at the same prompts.
    """
    one = world(seed)
    data: dict[str, dict[str, Floats]] = {}
    for name, n in zip("abcd", cell.sizes("abcd"), strict=True):
        common = one.concept(n) - one.mean - one.shift
        data[name] = {
            where: 0.6 * common * loud + 0.8 * (one.concept(n, own(one, gain), loud) - one.mean) + one.mean
            for where, gain, loud in (("generated", gains[0], 1.0), ("last", gains[1], noise))
        }
    neutral = one.neutral(N0)
    sentence = "all generated tokens separate a, b, c and d better than the last token"
    truth = 0.0 if gains[0] == gains[1] and noise == 1.0 else None
    return Made(sentence, data, {"generated": neutral, "last": neutral}, truth)


def normalization(cell: Cell, seed: int, gain: float, noise: str = "normal", step: float = 0.0) -> Made:
    """Signals that massive dimensions hide raw; or none, so that nothing helps."""
    one = world(seed, noise, step)
    data = {name: one.concept(cell.n, own(one, gain)) for name in "abcd"}
    sentence = "normalization separates a, b, c and d better than raw"
    return Made(sentence, data, one.neutral(N0), None if gain else 0.0)


def extreme(cell: Cell, seed: int, shared: Mapping[str, int]) -> Made:
    """Four concepts; a pair shares neurons with the strength of its own, as many as is said, or three."""
    one = world(seed)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in "abcd"}
    for at, first in enumerate("abcd"):
        for second in "abcd"[at + 1 :]:
            common = one.take(shared.get(first + second, 3))
            parts[first].append(common)
            parts[second].append(common)
    signals = {name: np.concatenate(found) for name, found in parts.items()}
    data = {name: one.concept(cell.n, (neurons, np.full(len(neurons), 4.0))) for name, neurons in signals.items()}
    return Made(f"the {cell.kind.removeprefix('overlap_')} overlap is between a and b", data, one.neutral(N0))
