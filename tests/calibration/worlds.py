"""Data sets whose truth is known: what the cells of the grid are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from neurontest.neurons.normalize import normalize
from neurontest.neurons.select import selector
from neurontest.types import Selection, Statistics
from tests.worlds import Floats, Signal, World, three

if TYPE_CHECKING:
    from tests.calibration.cell import Cell

WIDTH, LAYERS, N0 = 576, 5, 20
#: Worlds whose truth is found by brute force, and prompts' sets drawn for each.
FIXED, DRAWS = 8, 400
#: Nothing else than the half-sample key.
HALF_SAMPLE = Statistics(test="half-sample")

Data = Mapping[str, Floats] | Mapping[str, Mapping[str, Floats]]


@dataclass(frozen=True)
class Made:
    """A data set: a sentence about some arrays, and the true value of what it is about, if that is known."""

    sentence: str
    data: Data
    baseline: Floats | Mapping[str, Floats]
    truth: float | None = None
    statistics: Statistics = HALF_SAMPLE
    groups: Mapping[str, tuple[str, ...]] | None = None
    layers: int = field(default_factory=lambda: LAYERS)


def _world(seed: int, **settings: float) -> World:
    return World(np.random.default_rng([11, seed]), LAYERS, WIDTH, **settings)  # type: ignore[arg-type]


def _own(world: World, gain: float) -> Signal | None:
    """Six neurons of a concept's own, or none."""
    return (world.take(6), np.full(6, 4.0 * gain)) if gain else None


def overlap_greater(
    cell: Cell,
    seed: int,
    shape: tuple[int, int, float],
    test: str = "half-sample",
    sizes: tuple[int, int, int] | None = None,
    neutral: int = N0,
) -> Made:
    """a shares as many neurons with b as with c (b and c differ), or more."""
    world = _world(seed)
    signals = three(world, *shape)
    counts = sizes or (cell.n,) * 3
    data = {name: world.concept(count, one) for name, count, one in zip("abc", counts, signals, strict=True)}
    truth = 0.0 if shape[0] == shape[1] else None
    return Made("a overlaps b more than c", data, world.neutral(neutral), truth, Statistics(test=test))  # type: ignore[arg-type]


def alike(cell: Cell, seed: int, test: str = "half-sample") -> Made:
    """b and c are the same concept."""
    world = _world(seed)
    a, b, _ = three(world, 5, 5)
    data = {"a": world.concept(cell.n, a), "b": world.concept(cell.n, b), "c": world.concept(cell.n, b)}
    return Made("a overlaps b more than c", data, world.neutral(N0), 0.0, Statistics(test=test))  # type: ignore[arg-type]


def templates(cell: Cell, seed: int, shape: tuple[int, int, float]) -> Made:
    """The same, of prompts made from shared templates, whose own noise is as large as a prompt's."""
    made = overlap_greater(cell, seed, shape)
    rng = np.random.default_rng([19, seed])
    common = rng.normal(size=(cell.n, WIDTH * LAYERS))
    data = {name: values + common for name, values in made.data.items() if isinstance(values, np.ndarray)}
    names = tuple(f"template-{number}" for number in range(cell.n))
    return replace(made, data=data, truth=None, groups=dict.fromkeys(data, names))


def above_chance(cell: Cell, seed: int, shared: int) -> Made:
    """a and b, and four controls, have neurons of their own, but for some that a and b share."""
    world = _world(seed)
    own = {name: world.take(6) for name in "abcdef"}
    own["b"][:shared] = own["a"][:shared]
    data = {name: world.concept(cell.n, (neurons, np.full(6, 4.0))) for name, neurons in own.items()}
    truth = None if shared else 0.0
    return Made("a overlaps b above chance against c, d, e and f on these controls", data, world.neutral(N0), truth)


def distinct(cell: Cell, seed: int, gain: float, test: str = "half-sample") -> Made:
    """Four concepts with neurons of their own, or with nothing but noise."""
    world = _world(seed)
    data = {name: world.concept(cell.n, _own(world, gain)) for name in "abcd"}
    statistics = Statistics(test=test)  # type: ignore[arg-type]
    return Made(
        "a, b, c and d have distinct neurons on average", data, world.neutral(N0), None if gain else 0.0, statistics
    )


def positions(cell: Cell, seed: int, gains: tuple[float, float], noise: float = 1.0) -> Made:
    """Signals of these strengths over all tokens and at the last, in different neurons; the last one's noise.

    Noise is shared in part: both modes look at the same prompts.
    """
    world = _world(seed)
    data: dict[str, dict[str, Floats]] = {}
    for name in "abcd":
        common = world.concept(cell.n) - world.mean - world.shift
        data[name] = {
            where: 0.6 * common * loud
            + 0.8 * (world.concept(cell.n, _own(world, gain), loud) - world.mean)
            + world.mean
            for where, gain, loud in (("generated", gains[0], 1.0), ("last", gains[1], noise))
        }
    neutral = world.neutral(N0)
    sentence = "all generated tokens separate a, b, c and d better than the last token"
    truth = 0.0 if gains[0] == gains[1] and noise == 1.0 else None
    return Made(sentence, data, {"generated": neutral, "last": neutral}, truth)


def normalization(cell: Cell, seed: int, gain: float) -> Made:
    """Signals that massive dimensions hide raw; or none, so that nothing helps."""
    world = _world(seed)
    data = {name: world.concept(cell.n, _own(world, gain)) for name in "abcd"}
    sentence = "normalization separates a, b, c and d better than raw"
    return Made(sentence, data, world.neutral(N0), None if gain else 0.0)


def against_neutral(cell: Cell, seed: int, gain: float) -> Made:
    """A concept with neurons of its own or none, and twenty neutral prompts of the same template."""
    world = _world(seed)
    data = {"a": world.concept(cell.n, _own(world, gain)), "b": world.concept(20)}
    return Made("a has consistent neurons against b", data, world.neutral(N0))


def specific(cell: Cell, seed: int, strength: float, *, named: bool, noise: float = 1.0) -> Made:
    """One neuron that answers to a and not to b, or none; how noisy a is."""
    world = _world(seed)
    neuron = world.take(1)
    data = {name: world.concept(cell.n, noise=loud) for name, loud in (("a", noise), ("b", 1.0))}
    if strength:
        data["a"][:, neuron] += strength
    layer, index = divmod(int(neuron[0]), WIDTH)
    sentence = f"neuron L{layer}.residual[{index}] is specific to a against b" if named else "a has specific neurons"
    return Made(sentence, data, world.neutral(N0))


class Fixed:
    """A world whose expected overlaps of sets from m fresh prompts are known by brute force."""

    def __init__(self, seed: int, m: int, selection: Selection) -> None:
        self.world = _world(1000 + seed)
        self.signals = dict(zip("abc", three(self.world, 5, 5), strict=True))
        self.baseline = self.world.neutral(N0)
        raw = {name: np.zeros(self.world.size) for name in "ab"}
        normalized = {name: np.zeros(self.world.size) for name in "ab"}
        square, square_raw = dict.fromkeys("ab", 0.0), dict.fromkeys("ab", 0.0)
        for name in "ab":
            for _ in range(DRAWS):
                prompts = self.world.concept(m, self.signals[name])
                loud = _set(prompts, self.baseline, "raw", selection)
                one = _set(prompts, self.baseline, "difference", selection)
                raw[name] += loud
                normalized[name] += one
                square[name] += float(one @ one)
                square_raw[name] += float(loud @ loud)
        self.shared = float(normalized["a"] @ normalized["b"]) / DRAWS**2
        self.shared_raw = float(raw["a"] @ raw["b"]) / DRAWS**2
        self.within = _within(normalized["a"], square["a"])
        within_raw = {name: _within(raw[name], square_raw[name]) for name in "ab"}
        self.ceiling_raw = (within_raw["a"] + within_raw["b"]) / 2
        self.ceiling_modes = (within_raw["a"] + self.within) / 2
        self.cross = float(raw["a"] @ normalized["a"]) / DRAWS**2


def _within(total: Floats, square: float) -> float:
    """Expected overlap of two draws' sets, without bias: no draw is paired with itself."""
    return (float(total @ total) - square) / (DRAWS * (DRAWS - 1))


def _set(prompts: Floats, baseline: Floats, how: str, selection: Selection) -> Floats:
    scores = normalize(prompts, baseline, how)
    chosen = selector(scores, select=selection.select, k=selection.k, smallest=len(scores))
    out = np.zeros(chosen.size)
    out[chosen.columns] = chosen.memberships(np.ones((1, len(scores))))[0]
    return out


@cache
def _fixed(seed: int, m: int, selection: Selection) -> Fixed:
    return Fixed(seed, m, selection)


def boundary(cell: Cell, seed: int, slack: float = 0.0) -> Made:
    """The reference value is the true one, or so many neurons to its easier side."""
    fixed = _fixed(seed % FIXED, cell.n // 2, cell.selection)
    world, k = fixed.world, cell.selection.k
    world.rng = np.random.default_rng([13, seed])
    data = {name: world.concept(cell.n, fixed.signals[name]) for name in "ab"}
    truth = {"consistent": fixed.within, "sets_differ": fixed.cross, "sets_similar": fixed.shared_raw}.get(
        cell.kind, fixed.shared
    )
    easier = 1 if cell.kind in ("overlap_below", "sets_differ") else -1
    # A claim speaks of no negative number.
    reference = max(truth + easier * slack, 0.1)
    sentence = {
        "overlap_above": f"a overlaps b by at least {reference:.6f} neurons",
        "overlap_below": f"a overlaps b by at most {reference:.6f} neurons",
        "consistent": "a has consistent neurons",
        "sets_differ": "baseline-normalized sets differ from raw for a",
        "sets_similar": "raw neurons of a and b are nearly identical",
    }[cell.kind]
    # A share of k of consistent neurons; elsewhere one of the ceiling, and what is tested is a difference.
    ceiling = {"sets_differ": fixed.ceiling_modes, "sets_similar": fixed.ceiling_raw}.get(cell.kind)
    share = reference / (k if ceiling is None else ceiling)
    statistics = Statistics(test="half-sample", consistent_above=share, differ_below=share, similar_above=share)
    return Made(sentence, data, fixed.baseline, truth if ceiling is None else truth - reference, statistics)
