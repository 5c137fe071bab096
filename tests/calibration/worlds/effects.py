"""Worlds of causal claims at the level of effects: what the texts lose, or the words gain, by the set and random ones.

A set writes with some size on a's prompts and on the others' (its dose, which random sets are held to), does so much
harm by it, and has an interaction of its own with each of the two; a's texts are so many times as fragile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurontest.arrays import Floats
from neurontest.types import ScoreRequest
from tests.calibration.cell import Cell
from tests.calibration.worlds.base import Made
from tests.worlds import World

#: More random sets than any look asks for, and tokens that the words are held against.
SETS, CONTROLS = 400, 100
NEEDED = "a's neurons are needed for a more than for b"
FORCED = "forcing a's neurons makes a more likely"


@dataclass(frozen=True)
class Harm:
    """What distinguishes the claimed set from random ones, and a's texts from others.

    Attributes
    ----------
    dose : tuple of float
        Sizes of the set's write on a's and on the others' prompts.
    general : float
        How harmful it is at an equal dose.
    fragile : float
        How much more a's texts lose by anything.
    own : float
        Standard deviation of what a set does to one of the two alone; it grows with the harm if `grows`.
    needed : float
        What a's texts lose by the set beyond all this: the claim's truth.
    convex : bool
        Losses grow faster than what causes them.
    loud : float
        How variable a's losses are.
    """

    dose: tuple[float, float] = (1.0, 1.0)
    general: float = 1.0
    fragile: float = 1.0
    own: float = 0.0
    grows: bool = False
    needed: float = 0.0
    convex: bool = False
    loud: float = 1.0

    def losses(self, rng: np.random.Generator, measured: int, others: int) -> tuple[dict[str, Floats], ...]:
        """By score [prompt, 1 + random set], of a's texts and of the others'."""
        general = np.exp(rng.normal(0, 0.2, 1 + SETS))
        general[0] *= self.general
        out = []
        for at, (size, count) in enumerate(zip(self.dose, (measured, others), strict=True)):
            cause = general * size
            loss = (0.3 * cause + 0.7 * cause**2 if self.convex else cause) * (1.0 if at else self.fragile)
            loss += self.own / np.sqrt(2) * rng.normal(size=1 + SETS) * (cause if self.grows else size)
            if not at:
                loss[0] += self.needed * size
            loud = 1.0 if at else self.loud
            shape = (count, 1 + SETS)
            of_prompt = 1 + loud * (rng.gamma(4, 0.25, (count, 1)) - 1)
            of_both = 1 + 0.4 * loud * rng.normal(size=shape)
            likelihood = -(loss * of_prompt * of_both + 0.1 * loud * rng.normal(size=shape))
            change = np.ones(shape) * (cause * np.exp(rng.normal(0, 0.15, 1 + SETS))) ** 2
            out.append({"likelihood": likelihood, "change": change, "write": np.full(shape, size)})
        return tuple(out)


def _traced(cell: Cell, seed: int, sentence: str, neutral: int) -> tuple[dict[str, Floats], Floats]:
    """Activations: a has six neurons, b none."""
    one = World(np.random.default_rng([37, seed]), 2, 120)
    n, others = cell.sizes("ab")
    return {"a": one.concept(n, (one.take(6), np.full(6, 6.0))), "b": one.concept(others)}, one.neutral(neutral)


def necessary(cell: Cell, seed: int, harm: Harm) -> Made:
    """Half of a's prompts select its neurons and the others are measured, as all of b's are."""
    data, baseline = _traced(cell, seed, NEEDED, 24)
    rng = np.random.default_rng([41, seed])
    of_a, of_b = harm.losses(rng, len(data["a"]), len(data["b"]))

    def answer(request: ScoreRequest) -> Mapping[str, Floats]:
        return of_a if request.prompts[0].startswith("a ") else of_b

    return Made(NEEDED, {name: data[name] for name in "ab"}, baseline, answers=answer, layers=2)


def sufficient(cell: Cell, seed: int, strong: float = 1.0, effect: float = 0.0, rare: float = 1.0) -> Made:
    """Words rise by any set, in a random direction; by the set so many times as strongly, and by an effect of its own.

    `rare` words are moved so many times as much by every set.
    """
    data, baseline = _traced(cell, seed, FORCED, 2 * cell.n)
    rng = np.random.default_rng([43, seed])
    moves = np.exp(rng.normal(0, 0.2, 1 + SETS))
    moves[0] *= strong
    shape = (cell.n, 1 + SETS)
    common = rng.normal(0, 0.3, 1 + SETS) * moves
    words = 0.5 * rare * moves * rng.normal(size=1 + SETS) + common
    words[0] += effect
    noise = 0.5 * rng.normal(size=(cell.n, 1)) + 0.5 * (rng.exponential(size=shape) - 1)
    rises = words + noise * moves
    controls = common + 0.5 * moves * rng.normal(size=1 + SETS) / np.sqrt(CONTROLS)
    scores = {
        "likelihood": rises,
        "first": rises,
        "controls": controls + rng.normal(size=shape) * 0.1 * moves,
        "spread": np.ones(shape) * np.square(0.5 * moves) * rng.chisquare(CONTROLS - 1, 1 + SETS) / (CONTROLS - 1),
        "write": np.ones(shape),
        "change": np.ones(shape),
    }

    def answer(request: ScoreRequest) -> Mapping[str, Floats]:
        if not request.words:
            raise ValueError("this world knows of a concept's words alone")
        return scores

    return Made(FORCED, {"a": data["a"]}, baseline, answers=answer, layers=2, words=("word",))
