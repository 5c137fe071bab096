"""What data sets are made of: a sentence, arrays, and noise of many shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from neurontest.arrays import Floats
from neurontest.types import ScoreRequest, Statistics
from tests.worlds import Signal, World

if TYPE_CHECKING:
    from tests.calibration.cell import Cell

WIDTH, LAYERS, N0 = 576, 5, 20

Data = Mapping[str, Floats] | Mapping[str, Mapping[str, Floats]]
Make = Callable[["Cell", int], "Made"]


@dataclass(frozen=True)
class Made:
    """A data set: a sentence about some arrays, and what is true of it.

    Attributes
    ----------
    truth : float or None
        The true value of an estimate of the evidence, if that is known.
    about : str
        Part of the name of that estimate; empty for the effect.
    statistics : Statistics
        Its thresholds; the test is the cell's.
    groups : mapping from concept to tuple of str, or None
    others : tuple of str
        Further claims of the family, about the same data.
    false : tuple of int
        Places of the claims whose null holds, the sentence's own being 0: one of them shown is an error.
    answers : callable or None
        Of causal claims: from what is asked of the model to what there is to be measured, by score [prompt, 1 + random
        set]: the claimed set, and more random ones than any look asks for.
    words : tuple of str
        Of the concepts, if claims ask for their likelihood.
    """

    sentence: str
    data: Data
    baseline: Floats | Mapping[str, Floats]
    truth: float | None = None
    about: str = ""
    statistics: Statistics = field(default_factory=Statistics)
    groups: Mapping[str, tuple[str, ...]] | None = None
    layers: int = field(default_factory=lambda: LAYERS)
    others: tuple[str, ...] = ()
    false: tuple[int, ...] = (0,)
    answers: Callable[[ScoreRequest], Mapping[str, Floats]] | None = None
    words: tuple[str, ...] = ()


@dataclass
class Shaped(World):
    """A world whose noise has another shape than the normal one, of mean 0 and variance 1 where it has one.

    Attributes
    ----------
    shape : {"normal", "t3", "lognormal", "sparse"}
        Symmetric with heavy tails; skew; or nothing but in three prompts of ten.
    step : float
        What activations are rounded to multiples of, within 127 of them, as eight bits hold; 0 for none.
    """

    shape: str = "normal"
    step: float = 0.0

    def concept(self, count: int, signal: Signal | None = None, noise: float = 1.0) -> Floats:
        """As of any world, rounded."""
        return self._rounded(super().concept(count, signal, noise))

    def neutral(self, count: int) -> Floats:
        """As of any world, rounded."""
        return self._rounded(super().neutral(count))

    def _prompts(self, count: int) -> Floats:
        if self.shape == "normal":
            return super()._prompts(count)
        size, rng = (count, self.size), self.rng
        if self.shape == "t3":
            noise = rng.standard_t(3, size=size) / np.sqrt(3)
        elif self.shape == "lognormal":
            noise = (np.exp(rng.normal(0, 1, size)) - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e)
        elif self.shape == "sparse":
            noise = (rng.random(size) < 0.3) * rng.exponential(1.5, size)
        else:
            raise ValueError(f"no noise is called {self.shape!r}")
        out: Floats = noise * self.sd + rng.normal(size=(count, 3)) @ self.load
        return out

    def _rounded(self, values: Floats) -> Floats:
        if not self.step:
            return values
        return np.asarray(np.clip(np.rint(values / self.step), -127, 127) * self.step)


def world(seed: int, shape: str = "normal", step: float = 0.0) -> Shaped:
    """The world of a data set."""
    return Shaped(np.random.default_rng([11, seed]), LAYERS, WIDTH, shape=shape, step=step)


def own(one: World, gain: float, count: int = 6) -> Signal | None:
    """Neurons of a concept's own, or none."""
    return (one.take(count), np.full(count, 4.0 * gain)) if gain else None
