"""Single neurons of a claim's traces: where they stand, their names, their lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from neurontest.arrays import Floats, Indices
from neurontest.errors import EvidenceError
from neurontest.evidence.trial import Trial
from neurontest.neurons.normalize import fixed_point
from neurontest.neurons.select import top
from neurontest.stats.relabeling.max_t import MaxT
from neurontest.types import Tally, Thresholds

#: Neurons of a search that are listed.
LISTED = 10


class MissingNeuronError(EvidenceError):
    """The model has no neuron of that layer and number."""


def column_of(trial: Trial, neuron: str) -> int:
    """Where a neuron, ``L11.mlp[756]``, stands in the scores: the inverse of :func:`label`.

    Raises
    ------
    MissingNeuronError
        If the model has no such neuron.
    """
    numbers = [int(number) for number in re.findall(r"[0-9]+", neuron)]
    if len(numbers) == 1:
        # An index stands for itself, in whatever layer.
        return numbers[0]
    layer, index = numbers
    shape = trial.shape
    if layer >= shape.layers or index >= shape.width:
        raise MissingNeuronError(
            f"{trial.claim.node}: there is no {neuron}; the model has layers 0 to {shape.layers - 1}"
            f" and neurons 0 to {shape.width - 1} at this site"
        )
    return layer * shape.width + index


def label(trial: Trial, column: int) -> str:
    """The name of the neuron in a column of the scores."""
    own = trial.claim.selection
    if own.identity == "dimension":
        return f"{own.site}[{column}]"
    layer, index = divmod(int(column), trial.shape.width)
    return f"L{layer}.{own.site}[{index}]"


def top_lists(trial: Trial, concepts: Sequence[str]) -> tuple[Floats, Indices]:
    """Each prompt's own top list [prompt, column] over some concepts, one below the other, and the columns' neurons.

    Neurons that are in no list are left out.
    """
    scores = np.concatenate([trial.scores(name) for name in concepts])
    exact = fixed_point(scores, len(scores))
    if trial.claim.selection.identity == "dimension":
        exact = exact.reshape(len(exact), -1, trial.shape.width).max(axis=1)
    lists = top(exact, trial.claim.selection.per_prompt_k or trial.claim.selection.k)
    columns = np.flatnonzero(lists.any(axis=0))
    return lists[:, columns], columns


def critical(found: MaxT, threshold: float) -> float:
    """What the largest statistic has to reach for a p-value of `threshold`."""
    return float(np.quantile(found.largest.null, 1 - threshold))


def tallies(
    p: Floats, thresholds: Thresholds, said: str, order: Indices, named: Callable[[int], str]
) -> tuple[Tally, ...]:
    """How many neurons' adjusted p-values reach each threshold that may finally apply, and which stand out most.

    Which of the thresholds does is known only when the whole family is.

    Parameters
    ----------
    said : str
        As in ``are specific``.
    order : int array
        Places in `p`, of those that stand out most first.
    named : callable
        The name of the neuron in a place of `p`.
    """
    first = [int(at) for at in order[:LISTED]]
    return tuple(
        Tally(
            one,
            f"{int((p <= one).sum()):,} of {len(p):,} neurons {said}",
            tuple(named(at) for at in first if p[at] <= one),
        )
        for one in thresholds.family
    )
