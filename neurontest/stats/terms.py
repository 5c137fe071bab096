"""Statistics as polynomials in selection probabilities, with their gradients: what the half-t test works on.

``pi[i]`` is the share of a concept's half-samples whose set holds neuron i. Every quantity of interest is a sum of
products of such vectors, so one engine, :mod:`neurontest.stats.half_samples`, gives value,
gradient and variance of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

#: A concept in one mode: ``("hanoi", "raw")``. Modes of one concept share its half-samples.
Key = tuple[str, str]


class Selector(Protocol):
    """Something that selects a set of neurons from a subset of prompts.

    Attributes
    ----------
    size : int
        Number of neurons that could be selected.
    columns : int array [column]
        The neurons that can be selected by some subset; the others never are.
    """

    size: int
    columns: Indices

    def memberships(self, subsets: Floats) -> Floats:
        """Memberships [subset, column] of the sets selected from ``subsets`` [subset, prompt]: 0, 1, or a fraction."""

    def selected(self, subsets: Floats) -> tuple[Indices, Floats]:
        """The places in `columns` that some of these sets hold, rising, and the memberships [subset, place]."""

    def sharing(self, held: Floats) -> Callable[[Floats], Floats]:
        """A function from subsets to what the sets selected [subset] share with memberships ``held`` [column]."""


def one_below_the_other(parts: Sequence[tuple[Indices, Floats]]) -> tuple[Indices, Floats]:
    """Sets [subset, column] that were selected in parts, of columns of their own each, in the columns of all."""
    columns = np.unique(np.concatenate([own for own, _ in parts]))
    out = np.zeros((sum(len(sets) for _, sets in parts), len(columns)))
    start = 0
    for own, sets in parts:
        out[start : start + len(sets), np.searchsorted(columns, own)] = sets
        start += len(sets)
    return columns, out


@dataclass(frozen=True)
class Term:
    """A number computed from selection probabilities.

    Attributes
    ----------
    value : float
    gradient : mapping from Key to float64 array [neuron]
        Derivative by each ``pi``.
    split : mapping from Key to float64 array [neuron]
        The part of the gradient that comes from split-half overlaps. They are quadratic in one ``pi``, and the
        second-order part of their variance is as large as the linear one, so a test of their level counts it twice.
    least, most : float
        What it lies between, whatever the prompts: overlaps between 0 and the neurons of a set, and so what is made of
        them.
    """

    value: float
    gradient: Mapping[Key, Floats]
    split: Mapping[Key, Floats] = field(default_factory=dict)
    least: float = -np.inf
    most: float = np.inf

    def __add__(self, other: Term) -> Term:
        return Term(
            self.value + other.value,
            _sum(self.gradient, other.gradient),
            _sum(self.split, other.split),
            self.least + other.least,
            self.most + other.most,
        )

    def __mul__(self, factor: float) -> Term:
        return Term(
            self.value * factor,
            {key: vector * factor for key, vector in self.gradient.items()},
            {key: vector * factor for key, vector in self.split.items()},
            *sorted((self.least * factor, self.most * factor)),
        )

    __rmul__ = __mul__

    def __sub__(self, other: Term) -> Term:
        return self + other * -1.0

    def between(self, least: float, most: float) -> Term:
        """The same, of which more is known than that its parts lie in their ranges."""
        return replace(self, least=max(self.least, least), most=min(self.most, most))


def mean(terms: Sequence[Term]) -> Term:
    """The mean of some terms."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total * (1 / len(terms))


def _sum(a: Mapping[Key, Floats], b: Mapping[Key, Floats]) -> dict[Key, Floats]:
    return {**a, **{key: a[key] + vector if key in a else vector for key, vector in b.items()}}
