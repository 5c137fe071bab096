"""Neuron sets and their overlaps, as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Neuron:
    """One member of a neuron set: a row of the write-up's table.

    Attributes
    ----------
    rank : int
        From 1.
    layer, index : int
        From 0. With identity ``dimension`` the layer is that of the largest score.
    score : float
        Mean over prompts of the normalized activation.
    occurrences : int
        Prompts in whose own top list it is.
    share : float
        Occurrences over prompts, 0 to 1.
    tied : bool
        Its place in the set was decided by (layer, index) among exact equals.
    """

    rank: int
    layer: int
    index: int
    score: float
    occurrences: int
    share: float
    tied: bool = False

    def label(self, site: str) -> str:
        """The neuron's name, such as ``L11.residual[756]``."""
        return f"L{self.layer}.{site}[{self.index}]"


@dataclass(frozen=True)
class PublishedNeuron:
    """One member of a published set: a neuron as somebody else reported it.

    Attributes
    ----------
    layer, index : int
        From 0.
    occurrences : int or None
        In how many of the publication's prompts it was found, if that is told.
    """

    layer: int
    index: int
    occurrences: int | None = None

    def label(self, site: str) -> str:
        """The neuron's name, such as ``L11.residual[756]``."""
        return f"L{self.layer}.{site}[{self.index}]"


@dataclass(frozen=True)
class Head:
    """An attention head: a group of neurons of site attention.

    Attributes
    ----------
    layer, head : int
        From 0.
    """

    layer: int
    head: int

    @property
    def label(self) -> str:
        """The head's name, such as ``L5.attention[head 3]``."""
        return f"L{self.layer}.attention[head {self.head}]"

    def neurons(self, size: int) -> range:
        """Indices of its neurons, in a model whose heads have `size` neurons each."""
        return range(self.head * size, (self.head + 1) * size)


@dataclass(frozen=True)
class NeuronSet:
    """The k selected neurons of a concept, ranked; how is said as by :class:`~neurontest.types.Selection`.

    Attributes
    ----------
    head_size : int or None
        At site attention, neurons of a head, if it is known: neuron `index` is of head ``index // head_size``.
    """

    concept: str
    site: str
    positions: str
    normalize: str
    select: str
    k: int
    identity: str
    prompts: int
    neurons: tuple[Neuron, ...]
    match: str | None = None
    exclude_first: int = 0
    reduce: str = "mean"
    head_size: int | None = None


@dataclass(frozen=True)
class OverlapMatrix:
    """How many neurons the sets of every two concepts share: descriptive, all prompts, no test.

    Attributes
    ----------
    counts : matrix [concept, concept] of float
        Ties at the edge of a set count as fractions.
    """

    setting: Mapping[str, str | int]
    kind: Literal["raw", "normalized"]
    positions: str
    concepts: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]
