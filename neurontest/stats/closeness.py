"""Prompts whose activations are closer to each other than prompts that were written apart can be.

Two prompts are compared by the correlation over neurons of their deviations from their concept's prompts. Copies share
what is a prompt's own: with a share rho of the variance in common, the correlation is about rho. Prompts written apart
share what their form or topic does, in which neurons move together; how far, prompts of different concepts show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

import numpy as np
import numpy.typing as npt
from scipy import stats

from neurontest.arrays import Bools, Floats

#: Activations as they are kept, or as they are computed with.
Rows = npt.NDArray[np.float32] | npt.NDArray[np.float64]

#: From this correlation on, two prompts are nearly one.
NEARLY_ONE = 0.98
#: From this one on they have half in common, which is told if it is so of most prompts, each with few others: prompts
#: written apart may be alike in form, as questions are (up to .8 in a small model), but then with all of that form.
HALF_ONE = 0.5
#: Share of a concept's prompts, and number of them, that must be like another one for that.
MANY, FEWEST = 1 / 2, 4
#: Of how many others, as a share of the concept's prompts, or their number if that is more.
FEW, FEW_OTHERS = 1 / 4, 3
#: Probability, over all pairs, that chance alone brings so large a correlation.
CHANCE = 1e-3
#: Neurons that are looked at, at most; more tell no more.
_NEURONS = 4096
#: What a square of a correlation may be at most: rounding makes more of it.
_ONE = 1 - 1e-9
#: Median of a chi-square variable with one degree of freedom.
_MEDIAN = 0.4549


@dataclass(frozen=True)
class Close:
    """Two prompts, each by its concept and its row, and their correlation."""

    a: tuple[str, int]
    b: tuple[str, int]
    correlation: float


def close_pairs(
    values: Mapping[str, Rows], groups: Mapping[str, tuple[str, ...]], neutral: Rows | None = None
) -> list[Close]:
    """Find the prompts of some concepts whose activations are nearly those of another one, the closest first.

    Parameters
    ----------
    values : mapping from concept to float array [prompt, neuron]
    groups : mapping from concept to tuple of str
        The group of each prompt, or none; two prompts of one group are not compared.
    neutral : float array [prompt, neuron], optional
        Prompts of no concept, by which chance is judged as well.

    Notes
    -----
    Deviations are from the median, which one prompt that is far from all others does not move, and in units of each
    neuron's own spread. Independent deviations in q dimensions have correlations g with g^2 ~ Beta(1/2, (q - 1)/2); q
    is the one that gives their median between concepts. Where neurons move in few dimensions, no pair is told from
    chance.
    """
    everyone = dict(values) if neutral is None else {**values, "": neutral}
    scaled = _scaled(everyone)
    centres = {name: np.median(rows, axis=0) for name, rows in scaled.items()}
    own = {name: _directions(rows - centres[name]) for name, rows in scaled.items()}
    apart = [(own[a] @ own[b].T).ravel() for a, b in combinations(own, 2)]
    if not apart:
        apart = [(one @ one.T)[np.triu_indices(len(one), 1)] for one in own.values()]
    dimensions = _MEDIAN / max(float(np.median(np.concatenate(apart) ** 2)), 1 / _NEURONS)
    prompts = sum(len(rows) for rows in values.values())
    found: list[Close] = []
    for a, b in combinations_with_replacement(values, 2):
        if a == b:
            correlation = own[a] @ own[a].T
        else:
            # About the midpoint: copies are one there, and what tells the concepts sets all other pairs apart.
            middle = (centres[a] + centres[b]) / 2
            correlation = _directions(scaled[a] - middle) @ _directions(scaled[b] - middle).T
        asked = np.triu(np.ones(correlation.shape, dtype=bool), 1) if a == b else np.ones(correlation.shape, dtype=bool)
        if groups.get(a) and groups.get(b):
            asked &= np.array(groups[a])[:, None] != np.array(groups[b])[None, :]
        by_chance = stats.beta.sf(np.minimum(correlation**2, _ONE), 0.5, max(dimensions - 1, 1e-6) / 2) / 2
        asked &= (correlation >= HALF_ONE) & (by_chance * prompts * (prompts - 1) / 2 <= CHANCE)
        found += _told(a, b, correlation, asked)
    return sorted(found, key=lambda one: -one.correlation)


def _told(a: str, b: str, correlation: Floats, asked: Bools) -> list[Close]:
    """Of the pairs asked about, all if most prompts have a few, else those that are nearly one."""
    both = asked | asked.T if a == b else asked
    counts = [(both.sum(axis=1), both.shape[1])] + ([] if a == b else [(both.sum(axis=0), both.shape[0])])
    copied = min(int(((others > 0) & (others <= max(FEW_OTHERS, FEW * of))).sum()) for others, of in counts)
    if copied < FEWEST or copied <= MANY * min(correlation.shape):
        asked = asked & (correlation >= NEARLY_ONE)
    return [Close((a, int(i)), (b, int(j)), float(correlation[i, j])) for i, j in zip(*np.nonzero(asked), strict=True)]


def _scaled(values: Mapping[str, Rows]) -> dict[str, Floats]:
    """Some of the neurons, evenly spread, each in units of its own spread within concepts; those that move at all."""
    width = next(iter(values.values())).shape[1]
    columns = np.unique(np.linspace(0, width - 1, min(width, _NEURONS)).astype(np.intp))
    some = {name: rows[:, columns].astype(np.float64) for name, rows in values.items()}
    spread = np.sqrt(np.mean([rows.var(axis=0) for rows in some.values()], axis=0))
    moves = spread > 0
    return {name: rows[:, moves] / spread[moves] for name, rows in some.items()}


def _directions(deviations: Floats) -> Floats:
    """Rows of length 1; of a prompt that deviates in nothing, zeros."""
    length = np.linalg.norm(deviations, axis=1, keepdims=True)
    out: Floats = np.divide(deviations, length, out=np.zeros_like(deviations), where=length > 0)
    return out
