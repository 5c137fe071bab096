"""Statistics as polynomials in selection probabilities, with their gradients: what the half-t test works on.

``pi[i]`` is the share of a concept's half-samples whose set holds neuron i. Every quantity of interest is a sum of
products of such vectors, so one engine, :mod:`neurontest.stats.half_samples`, gives value,
gradient and variance of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: A concept in one mode: ``("hanoi", "raw")``. Modes of one concept share its half-samples.
Key = tuple[str, str]


class Selectable(Protocol):
    """Neurons that sets are selected from.

    Attributes
    ----------
    size : int
        Number of neurons that could be selected.
    columns : int array [column]
        The neurons that can be selected by some subset; the others never are.
    """

    size: int
    columns: npt.NDArray[np.intp]


class Selector(Selectable, Protocol):
    """Something that selects a set of neurons from a subset of prompts."""

    def memberships(self, subsets: Floats) -> Floats:
        """Memberships [subset, column] of the sets selected from ``subsets`` [subset, prompt]: 0, 1, or a fraction."""

    def leading(self, subsets: Floats) -> Floats:
        """The same for the first columns only, [subset, leading column]: as many as hold all that is selected."""

    def sharing(self, held: Floats) -> Callable[[Floats], Floats]:
        """A function from subsets to what the sets selected [subset] share with memberships ``held`` [column]."""


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
    """

    value: float
    gradient: Mapping[Key, Floats]
    split: Mapping[Key, Floats] = field(default_factory=dict)

    def __add__(self, other: Term) -> Term:
        return Term(self.value + other.value, _sum(self.gradient, other.gradient), _sum(self.split, other.split))

    def __mul__(self, factor: float) -> Term:
        return Term(
            self.value * factor,
            {key: vector * factor for key, vector in self.gradient.items()},
            {key: vector * factor for key, vector in self.split.items()},
        )

    __rmul__ = __mul__

    def __sub__(self, other: Term) -> Term:
        return self + other * -1.0


def mean(terms: Sequence[Term]) -> Term:
    """The mean of some terms."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total * (1 / len(terms))


def _sum(a: Mapping[Key, Floats], b: Mapping[Key, Floats]) -> dict[Key, Floats]:
    return {**a, **{key: a[key] + vector if key in a else vector for key, vector in b.items()}}
