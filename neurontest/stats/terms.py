"""Statistics as polynomials in selection probabilities, with their gradients: what the half-t test works on.

``pi[i]`` is the share of a concept's half-samples whose set holds neuron i. Every quantity of interest is a sum of
products of such vectors, so one engine, :mod:`neurontest.stats.half_samples.sets`, gives value,
gradient and variance of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from neurontest.arrays import Floats, Indices

#: A concept in one mode: ``("hanoi", "raw")``. Modes of one concept share its half-samples.
Key = tuple[str, str]

#: So many times as many places as are selected are called leading.
LEADING = 8


@dataclass(frozen=True)
class Scored:
    """Scores whose means over a subset of prompts decide which `k` neurons it selects.

    Attributes
    ----------
    values : float64 array [prompt, place]
    starts : int array [column] or None
        The first place of each neuron, where the same index in every layer is one, whose mean is the largest of them.
    k : int
    typical : float
        Standard deviation over all prompts of the median place.
    """

    values: Floats
    starts: Indices | None
    k: int
    typical: float

    @classmethod
    def of(cls, values: Floats, starts: Indices | None, k: int) -> Scored:
        """With its own `typical`."""
        spreads = values.std(axis=0)
        # Where most neurons never move, those that do say what is little; where none does, anything is.
        return cls(values, starts, k, float(np.median(spreads) or spreads.mean() or 1.0))

    @property
    def columns(self) -> int:
        """How many neurons there are."""
        return self.values.shape[1] if self.starts is None else len(self.starts)

    @cached_property
    def middle(self) -> Floats:
        """Mean [place] over all prompts."""
        mean: Floats = self.values.mean(axis=0)
        return mean

    @cached_property
    def moved(self) -> Floats:
        """Values less :attr:`middle`."""
        return self.values - self.middle

    @cached_property
    def rough(self) -> npt.NDArray[np.float32]:
        """:attr:`moved` as float32, to find what is worth a closer look."""
        return self.moved.astype(np.float32)

    @cached_property
    def widest(self) -> Floats:
        """Root of the sum of :attr:`moved` squared [place]: the sum of no group, about its own mean, is more."""
        root: Floats = np.sqrt((self.moved**2).sum(axis=0))
        return root

    @cached_property
    def leading(self) -> Indices:
        """The places, rising, whose means over half of the prompts may be the largest: by mean and spread over all."""
        reach = self.middle + self.widest / len(self.values)
        some = min(LEADING * self.k, len(reach))
        leading: Indices = np.sort(np.argpartition(reach, len(reach) - some)[len(reach) - some :])
        return leading

    def part(self, columns: Indices) -> Scored:
        """The same of some neurons alone, rising."""
        if self.starts is None:
            return Scored(self.values[:, columns], None, self.k, self.typical)
        ends = np.append(self.starts[1:], self.values.shape[1])
        spans = [np.arange(self.starts[one], ends[one]) for one in columns]
        starts = np.cumsum([0] + [len(span) for span in spans[:-1]])
        return Scored(self.values[:, np.concatenate(spans)], starts, self.k, self.typical)


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

    def scored(self) -> Scored:
        """The scores that decide what is selected, of the neurons that can be."""


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
