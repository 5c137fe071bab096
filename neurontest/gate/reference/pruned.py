"""Activations of the few neurons that a claim's half-samples can select: its test on them is its test on all.

Most neurons are in no set that any half of the prompts selects. What is left of a suite's traces without them is a few
megabytes, and can be kept in a repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from neurontest.arrays import Floats, Indices
from neurontest.claims.base import Claim
from neurontest.errors import EvidenceError
from neurontest.evidence.conclusion import SMALL_BASELINE
from neurontest.evidence.trial import Trial
from neurontest.neurons.normalize import fixed_point, typical_variance
from neurontest.neurons.select import ConsistencySelector, MeanSelector, top
from neurontest.neurons.sums import strongest
from neurontest.neurons.table import scores_of
from neurontest.types import BASELINE, Activations, TraceRequest

#: The neurons that are needed of what each request asks for: ``layer * width + index``, rising.
Needed = dict[TraceRequest, Indices]


@dataclass(frozen=True)
class Pruned:
    """Activations of some neurons.

    Attributes
    ----------
    columns : int array [column]
        ``layer * width + index``, rising.
    activations : Activations
        Of these alone; `layers` and `width` are those of all.
    """

    columns: Indices
    activations: Activations

    @classmethod
    def of(cls, whole: Activations, columns: Indices) -> Pruned:
        """What is kept of some activations."""
        typical = typical_variance(whole.values) if len(whole.values) > 1 else None
        return cls(columns, replace(whole, values=np.ascontiguousarray(whole.values[:, columns]), typical=typical))


def needed(trial: Trial) -> Needed:
    """The neurons that a claim's test must know: those that some half-sample can select, or some prompt lists.

    Where the baseline is so small that its own noise counts, also those that come in without one of its prompts. Of the
    baseline those of all concepts.
    """
    size = 0 if trial.claim.baseline is None else len(trial.claim.baseline.prompts)
    everyone = np.arange(size)
    left_out = [np.delete(everyone, at) for at in everyone] if 2 < size < SMALL_BASELINE else []
    out: Needed = {}
    for mode in trial.modes:
        for name in trial.n:
            for rows in (None, *left_out):
                found = _columns(trial, name, mode, rows)
                _add(out, trial.request(name, mode), found)
                if trial.claim.baseline is not None:
                    _add(out, trial.request(BASELINE, mode), found)
    return out


def together(parts: list[Needed]) -> Needed:
    """The neurons that any of several claims needs."""
    out: Needed = {}
    for part in parts:
        for request, columns in part.items():
            _add(out, request, columns)
    return out


def _add(found: Needed, request: TraceRequest, columns: Indices) -> None:
    found[request] = np.union1d(found[request], columns) if request in found else columns


def _columns(trial: Trial, name: str, mode: str, baseline: Indices | None) -> Indices:
    scores = trial.scores(name, mode, baseline)
    chosen = trial.selector(scores, trial.m)
    columns = np.sort(chosen.columns)
    own, shape = trial.claim.selection, trial.shape
    by_index = own.identity == "dimension"
    if isinstance(chosen, ConsistencySelector):
        # A prompt's own list is cut off by what else is in it.
        every = strongest(fixed_point(scores, len(scores)), shape.width if by_index else None)
        columns = np.union1d(columns, np.flatnonzero(top(every, own.per_prompt_k or own.k).any(axis=0)))
    # An index stands for the neurons of all layers.
    return (np.arange(shape.layers)[:, None] * shape.width + columns).ravel() if by_index else columns


class PrunedTrial(Trial):
    """A trial on activations of which only some neurons are at hand; its sets are those of a trial on all.

    Parameters
    ----------
    claim : Claim
    traces : mapping from TraceRequest to Pruned
    """

    def __init__(self, claim: Claim, traces: Mapping[TraceRequest, Pruned]) -> None:
        super().__init__(claim, {request: one.activations for request, one in traces.items()})
        self._columns = {request: one.columns for request, one in traces.items()}

    def kept(self, concept: str, mode: str = "") -> Indices:
        """The neurons that are at hand of a concept: ``layer * width + index``, rising."""
        return self._columns[self.request(concept, mode)]

    def scores(self, concept: str, mode: str = "", baseline: Indices | None = None) -> Floats:
        """Normalized activations [prompt, column] of the neurons that are at hand of the concept."""
        selection = replace(self.claim.selection, normalize=self.modes[mode].normalize)  # type: ignore[arg-type]
        neutral = None
        if self.claim.baseline is not None:
            neutral = self.activations(BASELINE, mode)
            own, all_of_them = (self._columns[self.request(name, mode)] for name in (concept, BASELINE))
            rows = slice(None) if baseline is None else baseline
            neutral = replace(neutral, values=neutral.values[rows][:, np.searchsorted(all_of_them, own)])
        return scores_of(selection, self.activations(concept, mode), neutral)

    def columns(self, concept: str, mode: str, neurons: Indices) -> Floats:
        """As :meth:`Trial.columns`, of neurons that are at hand."""
        known = self._columns[self.request(concept, mode)]
        if not np.isin(neurons, known).all():
            raise EvidenceError(f"{self.claim.node}: the reference did not keep these neurons; record it anew")
        places = np.searchsorted(known, neurons)
        return super().columns(concept, mode, places)

    def selector_of(
        self, concept: str, mode: str, baseline: Indices | None = None
    ) -> MeanSelector | ConsistencySelector:
        """As :meth:`Trial.selector_of`, of the neurons by what they are called among all."""
        columns, shape = self._columns[self.request(concept, mode)], self.shape
        by_index = self.claim.selection.identity == "dimension"
        count = int((columns < shape.width).sum()) if by_index else None
        chosen = self.selector_over(self.scores(concept, mode, baseline), self.m, count)
        chosen.columns = columns[:count][chosen.columns]
        chosen.size = shape.width if by_index else shape.layers * shape.width
        return chosen
