"""Worlds whose expected overlaps of sets from m fresh prompts are known by brute force."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from neurontest.arrays import Floats
from neurontest.neurons.normalize import normalize
from neurontest.neurons.select import selector
from neurontest.types import Selection, Statistics
from tests.calibration.cell import Cell
from tests.calibration.worlds import base
from tests.calibration.worlds.base import Made
from tests.worlds import three

#: Worlds whose truth is found, and prompts' sets drawn for each.
FIXED, DRAWS = 8, 400


@dataclass(frozen=True)
class Level:
    """What decides how much is shared: neurons that a and b have in common, their strength, and the noise.

    Attributes
    ----------
    rare : float
        The share of prompts whose own neurons are eight times as strong.
    far : float
        The share of prompts that are eight times as far from what is usual, in all neurons.
    """

    shared: int = 5
    gain: float = 1.0
    rare: float = 0.0
    far: float = 0.0
    noise: str = "normal"
    step: float = 0.0


MIDDLE, LOW, HIGH, RARE = Level(), Level(shared=0), Level(shared=6, gain=4.0), Level(rare=0.03)
FAR = Level(far=0.03)


class Fixed:
    """A world, and its truth for halves of m prompts."""

    def __init__(self, seed: int, m: int, selection: Selection, level: Level) -> None:
        self.rare, self.far = level.rare, level.far
        self.world = base.world(1000 + seed, level.noise, level.step)
        self.signals = dict(zip("abc", three(self.world, level.shared, 5, level.gain), strict=True))
        self.baseline = self.world.neutral(base.N0)
        raw = {name: np.zeros(self.world.size) for name in "ab"}
        normalized = {name: np.zeros(self.world.size) for name in "ab"}
        squares = dict.fromkeys(("a", "b", "raw a", "raw b"), 0.0)
        for name in "ab":
            for _ in range(DRAWS):
                prompts = self.concept(m, name)
                for how, sums, own in (("raw", raw, f"raw {name}"), ("difference", normalized, name)):
                    one = _set(prompts, self.baseline, how, selection)
                    sums[name] += one
                    squares[own] += float(one @ one)
        self.shared = float(normalized["a"] @ normalized["b"]) / DRAWS**2
        self.shared_raw = float(raw["a"] @ raw["b"]) / DRAWS**2
        self.within = _unpaired(normalized["a"], squares["a"])
        self.ceiling = (self.within + _unpaired(normalized["b"], squares["b"])) / 2
        within_raw = {name: _unpaired(raw[name], squares[f"raw {name}"]) for name in "ab"}
        self.ceiling_raw = (within_raw["a"] + within_raw["b"]) / 2
        self.ceiling_modes = (within_raw["a"] + self.within) / 2
        self.cross = float(raw["a"] @ normalized["a"]) / DRAWS**2

    def concept(self, count: int, name: str) -> Floats:
        """Prompts of a concept, a few of them eight times as strong, or as far off, if there are such."""
        neurons, strengths = self.signals[name]
        out = self.world.concept(count, (neurons, strengths))
        if self.rare:
            strong = self.world.rng.random(count) < self.rare
            out[np.ix_(strong, neurons)] += 7 * strengths
        if self.far:
            off = self.world.rng.random(count) < self.far
            out[off] += 7 * (out[off] - self.world.mean)
        return out


def _unpaired(sums: Floats, squares: float) -> float:
    """Expected overlap of two sets of one concept: a draw is not paired with itself, so it is unbiased."""
    return (float(sums @ sums) - squares) / (DRAWS * (DRAWS - 1))


def _set(prompts: Floats, baseline: Floats, how: str, selection: Selection) -> Floats:
    scores = normalize(prompts, baseline, how)
    chosen = selector(scores, select=selection.select, k=selection.k, smallest=len(scores))
    out = np.zeros(chosen.size)
    out[chosen.columns] = chosen.memberships(np.ones((1, len(scores))))[0]
    return out


@cache
def _fixed(seed: int, m: int, selection: Selection, level: Level) -> Fixed:
    return Fixed(seed, m, selection, level)


def boundary(cell: Cell, seed: int, slack: float = 0.0, level: Level = MIDDLE) -> Made:
    """The reference value is the true one, or so many neurons to its easier side."""
    fixed = _fixed(seed % FIXED, cell.n // 2, cell.selection, level)
    k = cell.selection.k
    fixed.world.rng = np.random.default_rng([13, seed])
    data = {name: fixed.concept(n, name) for name, n in zip("ab", cell.sizes("ab"), strict=True)}
    truth = {"consistent": fixed.within, "sets_differ": fixed.cross, "sets_similar": fixed.shared_raw}.get(
        cell.kind, fixed.shared
    )
    easier = 1 if cell.kind in ("overlap_below", "sets_differ") else -1
    # A claim speaks of no negative number, nor of more neurons than there are.
    reference = min(max(truth + easier * slack, 0.02), k - 0.02)
    sentence = {
        "overlap_above": f"a overlaps b by at least {reference:.6f} neurons",
        "overlap_below": f"a overlaps b by at most {reference:.6f} neurons",
        "consistent": "a has consistent neurons",
        "sets_differ": "baseline-normalized sets differ from raw for a",
        "sets_similar": "raw neurons of a and b are nearly identical",
    }[cell.kind]
    # A share of k of consistent neurons; of sets of one another one of the ceiling, and what is tested is a difference.
    ceiling = {"sets_differ": fixed.ceiling_modes, "sets_similar": fixed.ceiling_raw}.get(cell.kind)
    share = reference / (k if ceiling is None else ceiling)
    statistics = Statistics(
        m=cell.n // 2, consistent_above=share, differ_below=share, similar_above=share, correction="none"
    )
    return Made(sentence, data, fixed.baseline, truth if ceiling is None else truth - reference, statistics=statistics)


def of_ceiling(cell: Cell, seed: int, slack: float = 0.0) -> Made:
    """What a and b share is just the share of what halves of each share, or so much more of it than is claimed."""
    fixed = _fixed(seed % FIXED, cell.n // 2, cell.selection, MIDDLE)
    fixed.world.rng = np.random.default_rng([13, seed])
    data = {name: fixed.concept(cell.n, name) for name in "ab"}
    share = 100 * (fixed.shared / fixed.ceiling - slack)
    sentence = f"a overlaps b by at least {share:.4f}% of the ceiling"
    return Made(sentence, data, fixed.baseline, 0.0 if not slack else None)
