"""How a claim is asked, by the sections of a spec: which texts there are, what a set is, how it is tested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from neurontest.settings import SECTIONS, section
from neurontest.types.reading import Positions, Reading

#: What holds where nobody says anything, by section and key, as the table of settings has it.
_SAID: Mapping[str, Mapping[str, Any]] = {
    name: {setting.key: setting.default for setting in section(name)} for name in SECTIONS
}

Correction = Literal["none", "bonferroni", "holm", "bh", "by"]


@dataclass(frozen=True)
class Generation:
    """What decides the texts: the `trace` section.

    `replay` names the file of texts that are read instead of written; None if the model writes its own. Then the format
    alone of the other settings says anything.
    """

    max_new_tokens: int = _SAID["trace"]["max_new_tokens"]
    samples: int = _SAID["trace"]["samples"]
    temperature: float = _SAID["trace"]["temperature"]
    top_k: int = _SAID["trace"]["top_k"]
    seed: int = _SAID["trace"]["seed"]
    format: Literal["plain", "chat"] = _SAID["trace"]["format"]
    replay: str | None = _SAID["trace"]["replay"]

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

    site: str = _SAID["neurons"]["site"]
    positions: str = _SAID["neurons"]["positions"]
    normalize: Literal["raw", "difference", "zscore"] = _SAID["neurons"]["normalize"]
    select: Literal["mean", "consistency"] = _SAID["neurons"]["select"]
    k: int = _SAID["neurons"]["k"]
    per_prompt_k: int | None = _SAID["neurons"]["per_prompt_k"]
    identity: Literal["neuron", "dimension", "index"] = _SAID["neurons"]["identity"]
    ablate: Literal["mean", "zero", "resample"] = _SAID["neurons"]["ablate"]
    match: str | None = _SAID["neurons"]["match"]
    exclude_first: int = _SAID["neurons"]["exclude_first"]
    reduce: Literal["mean", "max", "rate"] = _SAID["neurons"]["reduce"]

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

    seed: int = _SAID["statistics"]["seed"]
    alpha: float = _SAID["statistics"]["alpha"]
    correction: Correction = _SAID["statistics"]["correction"]
    confidence: float = _SAID["statistics"]["confidence"]
    test: Literal["both", "permutation", "half-sample"] = _SAID["statistics"]["test"]
    interval: Literal["half-sample", "bootstrap"] = _SAID["statistics"]["interval"]
    m: int | None = _SAID["statistics"]["m"]
    consistent_above: float = _SAID["statistics"]["consistent_above"]
    differ_below: float = _SAID["statistics"]["differ_below"]
    similar_above: float = _SAID["statistics"]["similar_above"]
    looks: tuple[int, ...] | None = _SAID["statistics"]["looks"]
    look: Look | None = None
