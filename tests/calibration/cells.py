"""Planted worlds in which a claim's null is true by construction, or its alternative; and how often it is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from neurontest.neurons.normalize import normalize
from neurontest.neurons.select import selector
from neurontest.types import Evidence, Selection, Statistics
from tests.worlds import Signal, World, claim_on, three

Floats = npt.NDArray[np.float64]
Data = Mapping[str, Floats] | Mapping[str, Mapping[str, Floats]]

LAYERS, WIDTH = 2, 120
N0 = 20
#: Neurons shared with each, and the strength of all.
EQUAL, LOPSIDED = (4, 4, 1.0), (6, 0, 1.6)


def world(seed: int) -> World:
    return World(np.random.default_rng(seed), LAYERS, WIDTH)


def evidence(
    sentence: str,
    data: Data,
    baseline: Floats | Mapping[str, Floats],
    seed: int,
    selection: Selection,
    statistics: Statistics,
) -> Evidence:
    kind, claim, traces = claim_on(
        sentence, data, baseline, width=WIDTH, selection=selection, statistics=statistics, seed=seed
    )
    return kind.evidence(claim, traces, (0.05,))


def declared(trials: Callable[[int], Evidence], count: int) -> tuple[float, float]:
    """Share of data sets in which a claim is declared true, and in which its opposite is, at .05."""
    found = [trials(seed) for seed in range(count)]
    return float(np.mean([one.p <= 0.05 for one in found])), float(np.mean([one.p_opposite <= 0.05 for one in found]))


def overlap_greater(
    n: int, shape: tuple[int, int, float], selection: Selection, test: str
) -> Callable[[int], Evidence]:
    """a shares as many neurons with b as with c (but b and c differ), or more."""

    def trial(seed: int) -> Evidence:
        place = world(seed)
        signals = three(place, *shape)
        data = {name: place.concept(n, signal) for name, signal in zip("abc", signals, strict=True)}
        statistics = Statistics(test=test)  # type: ignore[arg-type]
        return evidence("a overlaps b more than c", data, place.neutral(N0), seed, selection, statistics)

    return trial


def distinct(n: int, gain: float, selection: Selection, test: str) -> Callable[[int], Evidence]:
    """Three concepts with neurons of their own, or (gain 0) with nothing but noise."""

    def trial(seed: int) -> Evidence:
        place = world(seed)
        data = {
            name: place.concept(n, (place.take(6), np.full(6, 4.0 * gain)) if gain else None)
            for name in ("a", "b", "c")
        }
        statistics = Statistics(test=test)  # type: ignore[arg-type]
        return evidence("a, b and c have distinct neurons", data, place.neutral(N0), seed, selection, statistics)

    return trial


def positions(n: int, strength: tuple[float, float], selection: Selection) -> Callable[[int], Evidence]:
    """Concepts planted with these strengths over all tokens and at the last one, in different neurons."""

    def trial(seed: int) -> Evidence:
        place = world(seed)
        data = {}
        for name in ("a", "b", "c"):
            modes = {}
            for where, gain in zip(("generated", "last"), strength, strict=True):
                modes[where] = place.concept(n, (place.take(6), np.full(6, 4.0 * gain)))
            data[name] = modes
        neutral = place.neutral(N0)
        sentence = "all generated tokens separate a, b and c better than the last token"
        both = {"generated": neutral, "last": neutral}
        return evidence(sentence, data, both, seed, selection, Statistics())

    return trial


class OneConcept:
    """A concept of one world, whose expected split-half overlaps are known by brute force.

    Parameters
    ----------
    m : int
        Prompts in a half-sample.
    """

    def __init__(self, seed: int, m: int, selection: Selection, draws: int = 400) -> None:
        self.place = world(seed)
        self.selection = selection
        self.signal: Signal = (self.place.take(8), np.array([5, 4.5, 4, 4, 3.5, 3.5, 3, 3]))
        self.neutral = self.place.neutral(N0)
        raw, normalized = np.zeros(self.place.size), np.zeros(self.place.size)
        square = 0.0
        for _ in range(draws):
            prompts = self.place.concept(m, self.signal)
            raw += self._set(prompts, "raw")
            one = self._set(prompts, "difference")
            normalized += one
            square += float(one @ one)
        # Unbiased: a draw is not paired with itself.
        self.within = (float(normalized @ normalized) - square) / (draws * (draws - 1))
        self.cross = float(raw @ normalized) / draws**2

    def _set(self, prompts: Floats, how: str) -> Floats:
        scores = normalize(prompts, self.neutral, how)
        chosen = selector(scores, select=self.selection.select, k=self.selection.k, smallest=len(scores))
        out = np.zeros(chosen.size)
        out[chosen.columns] = chosen.memberships(np.ones((1, len(scores))))[0]
        return out

    def consistent(self, n: int, above: float) -> Callable[[int], Evidence]:
        """The claim against a share of k."""

        def trial(seed: int) -> Evidence:
            data = {"a": self.place.concept(n, self.signal)}
            statistics = Statistics(consistent_above=above / self.selection.k)
            return evidence("a has consistent neurons", data, self.neutral, seed, self.selection, statistics)

        return trial

    def differ(self, n: int, below: float) -> Callable[[int], Evidence]:
        """The claim against a share of k."""

        def trial(seed: int) -> Evidence:
            data = {"a": self.place.concept(n, self.signal)}
            statistics = Statistics(differ_below=below / self.selection.k)
            sentence = "baseline-normalized sets differ from raw for a"
            return evidence(sentence, data, self.neutral, seed, self.selection, statistics)

        return trial
