"""Worlds of single neurons, named or searched for: concepts differ in number, spread and shape, but not in mean."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurontest.arrays import Floats
from tests.calibration.cell import Cell
from tests.calibration.worlds.base import N0, Made, own, world
from tests.calibration.worlds.overlaps import copied, in_templates

#: Layers and neurons of a layer, where nothing but single neurons is looked at.
SMALL = (1, 40)


def named(
    cell: Cell,
    seed: int,
    strengths: Mapping[str, float],
    spread: float = 1.0,
    shape: str = "normal",
    meant: str = "",
) -> Made:
    """One neuron, so much more active in each concept; how far a's prompts are spread, and how they are distributed."""
    rng = np.random.default_rng([29, seed])
    data = {
        name: _drawn(rng, shape, (n, SMALL[1]), spread if name == "a" else 1.0)
        for name, n in zip(strengths, cell.sizes(strengths), strict=True)
    }
    for name, strength in strengths.items():
        data[name][:, 7] += strength
    others = [name for name in strengths if name != "a"]
    listed = others[0] if len(others) == 1 else f"{', '.join(others[:-1])} and {others[-1]}"
    sentence = " ".join(filter(None, (f"neuron L0.residual[7] is specific to a against {listed}", meant)))
    return Made(sentence, data, rng.normal(size=(N0, SMALL[1])), layers=SMALL[0])


def _drawn(rng: np.random.Generator, shape: str, size: tuple[int, int], spread: float) -> Floats:
    """Symmetric about 0, or alike but for nothing: with any spread, each of two is as often above the other."""
    noise = rng.normal(size=size) * spread
    if shape == "steps":
        return np.asarray(np.rint(noise / 0.5) * 0.5)
    if shape == "zeros":
        return np.asarray(np.where(rng.random(size) < 0.6, 0.0, noise))
    return np.asarray(noise)


def searched(
    cell: Cell,
    seed: int,
    strengths: Mapping[str, float],
    spread: float | tuple[float, float] = 1.0,
    shape: str = "normal",
    neurons: int = 2880,
    correlated: float = 0.0,
    copies: int = 1,
    meant: str = "",
) -> Made:
    """Neurons of equal means but for one; a's spread is other than its controls', in all of them or half and half.

    With `correlated`, so large a share of a neuron's variance it has in common with the hundred beside it.
    """
    rng = np.random.default_rng([31, seed])
    factors = np.repeat(np.arange(-(-neurons // 100)), 100)[:neurons]
    scale = np.resize(np.asarray(spread, dtype=np.float64), neurons)
    data = {}
    for name, n in zip(strengths, cell.sizes(strengths), strict=True):
        rows = _searched(rng, shape, n // copies, factors, correlated, scale if name == "a" else np.ones(neurons))
        data[name] = copied(rows, copies, seed) if copies > 1 else rows
        data[name][:, 7] += strengths[name]
    sentence = " ".join(filter(None, ("a has specific neurons", meant)))
    return Made(sentence, data, rng.normal(size=(N0, neurons)), layers=1)


def _searched(
    rng: np.random.Generator, shape: str, n: int, factors: np.ndarray, correlated: float, scale: Floats
) -> Floats:
    size = (n, len(factors))
    if shape == "normal":
        common = rng.normal(size=(n, factors.max() + 1))[:, factors]
        noise = np.sqrt(correlated) * common + np.sqrt(1 - correlated) * rng.normal(size=size)
    elif shape == "t3":
        noise = rng.standard_t(3, size=size) / np.sqrt(3)
    elif shape == "lognormal":
        # Its spread is that of its logarithm; the mean is taken off, so that means stay equal.
        return np.asarray(np.exp(scale * rng.normal(size=size)) - np.exp(scale**2 / 2))
    elif shape == "sparse":
        # Zeros stay zeros, and those that are not have a spread about one mean.
        return np.asarray((rng.random(size) < 0.3) * (3.0 + scale * rng.normal(size=size)))
    else:
        raise ValueError(f"no activations are called {shape!r}")
    return np.asarray(noise * scale)


def templated(cell: Cell, seed: int, strength: float) -> Made:
    """A search whose prompts are made from shared templates, as noisy as the prompts."""
    return in_templates(searched(cell, seed, {"a": strength, "b": 0.0}), seed)


def against_neutral(cell: Cell, seed: int, gain: float, noise: str = "normal") -> Made:
    """A concept with neurons of its own or none, and neutral prompts of the same template."""
    one = world(seed, noise)
    n, neutral = cell.sizes("ab")
    data = {"a": one.concept(n, own(one, gain)), "b": one.concept(max(neutral, 20))}
    return Made("a has consistent neurons against b", data, one.neutral(N0))
