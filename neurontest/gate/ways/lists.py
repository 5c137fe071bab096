"""Prompts' own top lists, of a model at hand or of what a reference kept of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurontest.arrays import Floats, Indices
from neurontest.evidence.single_neurons import top_lists
from neurontest.evidence.trial import Trial
from neurontest.gate.reference.pruned import Needed, PrunedTrial
from neurontest.neurons.normalize import fixed_point
from neurontest.neurons.select import top
from neurontest.types import BASELINE


def listed_columns(trial: Trial, concepts: Sequence[str]) -> Needed:
    """The neurons that are in some prompt's list: with these alone each prompt's list comes out the same."""
    _, columns = top_lists(trial, concepts)
    shape = trial.shape
    if trial.claim.selection.identity == "dimension":
        # An index stands for the neurons of all layers.
        columns = (np.arange(shape.layers)[:, None] * shape.width + columns).ravel()
    names = [*concepts, *([BASELINE] if trial.claim.baseline is not None else [])]
    return {trial.request(name, ""): columns for name in names}


def lists_of(trial: Trial, concepts: Sequence[str]) -> tuple[Floats, Indices]:
    """As :func:`~neurontest.evidence.single_neurons.top_lists`, where only :func:`listed_columns` may be at hand.

    Of a reference each concept has its own neurons, since other claims need others of some: what is not at hand of a
    concept is in none of its lists.
    """
    if not isinstance(trial, PrunedTrial):
        return top_lists(trial, concepts)
    found = [_own(trial, name) for name in concepts]
    every = np.unique(np.concatenate([columns for _, columns in found]))
    rows = []
    for lists, columns in found:
        own = np.zeros((len(lists), len(every)))
        own[:, np.searchsorted(every, columns)] = lists
        rows.append(own)
    together = np.concatenate(rows)
    listed = np.flatnonzero(together.any(axis=0))
    return together[:, listed], every[listed]


def _own(trial: PrunedTrial, name: str) -> tuple[Floats, Indices]:
    columns, scores, own = trial.kept(name), trial.scores(name), trial.claim.selection
    exact = fixed_point(scores, len(scores))
    if own.identity == "dimension":
        columns = columns[columns < trial.shape.width]
        exact = exact.reshape(len(exact), -1, len(columns)).max(axis=1)
    return top(exact, own.per_prompt_k or own.k), columns
