"""How a claim is asked, by the sections of a spec: which texts there are, what a set is, how it is tested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from neurontest.types.reading import Positions, Reading

Correction = Literal["none", "bonferroni", "holm", "bh", "by"]


@dataclass(frozen=True)
class Generation:
    """What decides the texts: the `trace` section.

    `replay` names the file of texts that are read instead of written; None if the model writes its own. Then the format
    alone of the other settings says anything.
    """

    max_new_tokens: int = 40
    samples: int = 4
    temperature: float = 0.9
    top_k: int = 200
    seed: int = 1337
    format: Literal["plain", "chat"] = "plain"
    replay: str | None = None

    @property
    def way(self) -> Generation:
        """What tells texts that are written in one way from those of another: where they are given, file and format."""
        return self if self.replay is None else Generation(format=self.format, replay=self.replay)


@dataclass(frozen=True)
class Selection:
    """What a set of neurons is: the `neurons` section. `per_prompt_k` None means `k`.

    `ablate` is what causal claims set neurons to: the baseline's mean, zero, or another prompt's value.
    `identity` ``index`` selects as ``neuron`` does and counts overlaps by distinct index; it is shown, never tested.
    """

    site: str = "residual"
    positions: str = "generated"
    normalize: Literal["raw", "difference", "zscore"] = "difference"
    select: Literal["mean", "consistency"] = "mean"
    k: int = 10
    per_prompt_k: int | None = None
    identity: Literal["neuron", "dimension", "index"] = "neuron"
    ablate: Literal["mean", "zero", "resample"] = "mean"
    match: str | None = None
    exclude_first: int = 0
    reduce: Literal["mean", "max", "rate"] = "mean"

    @property
    def reading(self) -> Positions:
        """The positions that count, with what else is said of them; of the last step nothing else can be."""
        plain = Reading(self.positions)
        if self.positions == "last":
            return self.positions
        found = Reading(self.positions, self.match or "", self.exclude_first, self.reduce)
        return self.positions if found == plain else found

    @property
    def neutral(self) -> Positions:
        """The same for the baseline: a neutral text need not have the word, so all its tokens count."""
        return replace(self, match=None).reading


def drawn_selections(selection: Selection) -> tuple[Selection, ...]:
    """What the report draws of every concept, whatever the claims ask for: a suite's own reading.

    Of all new tokens, and beside it the last one, as the write-up did: one step, of which nothing else can be said. Of
    prompts that are read without writing on, themselves.
    """
    if selection.positions == "prompt":
        return (selection,)
    return (
        replace(selection, positions="generated"),
        replace(selection, positions="last", match=None, exclude_first=0, reduce="mean"),
    )


@dataclass(frozen=True)
class Look:
    """Which of the looks that a family declared beforehand a run is.

    Attributes
    ----------
    number, of : int
        The first is 1.
    alpha : float
        The error rate of all looks together; that of this one stands as `alpha` of the statistics.
    """

    number: int
    of: int
    alpha: float


@dataclass(frozen=True)
class Statistics:
    """How a claim is tested: the `statistics` section. `m` None means half of the smallest concept's prompts.

    `looks` are the numbers of prompts a concept at which the family may be tested. `look` is the one of them that this
    run is, and `alpha` then what it may spend; None if none are declared, or before the prompts are known.
    """

    seed: int = 0
    alpha: float = 0.05
    correction: Correction = "holm"
    confidence: float = 0.95
    test: Literal["both", "permutation", "half-sample"] = "both"
    interval: Literal["half-sample", "bootstrap"] = "half-sample"
    m: int | None = None
    consistent_above: float = 0.3
    differ_below: float = 0.5
    similar_above: float = 0.8
    looks: tuple[int, ...] | None = None
    look: Look | None = None
