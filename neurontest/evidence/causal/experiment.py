"""What a causal claim does to the model: the set, what it and its random likes are set to, and where it is measured.

The neurons are selected on other prompts than those that are measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neurontest.arrays import Floats, Indices
from neurontest.claims.base import Claim, Traces
from neurontest.errors import EvidenceError
from neurontest.evidence.trial import Trial
from neurontest.neurons.matched import matched_sets, write_sizes
from neurontest.neurons.normalize import normalize
from neurontest.neurons.table import unit_names, units
from neurontest.stats.random_sets import MOST, looks, sets_needed
from neurontest.types import BASELINE, Concept, Forcing, ModelRequest, ScoreRequest, Thresholds, WriteRequest

Rows = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Part:
    """Some of a concept's prompts, or of its groups of prompts.

    Attributes
    ----------
    rows : int array [unit]
        Which rows of the concept's activations.
    prompts, groups : tuple of str
    """

    rows: Indices
    prompts: tuple[str, ...]
    groups: tuple[str, ...]


#: Of what is measured under a forcing, by name: arrays [unit, 1 + random set], the claimed set's in the first column.
Seen = Mapping[str, Floats]


class Experiment:
    """The set of a causal claim, what it and random sets are put under, and what comes of it.

    Parameters
    ----------
    claim : Claim
    traces : mapping from TraceRequest to Activations
    of : str
        Whose neurons: a concept, or a published set.
    measured : sequence of str
        Concepts, or the baseline, whose prompts are measured.
    like : str
        The concept on whose prompts the neurons of a published set are looked at.
    """

    def __init__(self, claim: Claim, traces: Traces, of: str, measured: Sequence[str], like: str) -> None:
        self.trial = Trial(claim, traces)
        self.claim, self.traces, self.of = claim, traces, of
        #: On whose prompts the neurons' activity is judged.
        self.source = of if of in self.trial.n else like
        published = claim.concepts[of].published
        needed = {name: name == of or (name == BASELINE and not published) for name in measured}
        halves = {name: self._halves(name) if split else self._whole(name) for name, split in needed.items()}
        #: What is measured, by concept.
        self.measured = {name: half[1] for name, half in halves.items()}
        self._selecting = {name: half[0] for name, half in halves.items()}
        self.set = self._set()
        #: Random sets that there are to compare it with.
        self.random_sets = 0

    def observe(
        self,
        values: Mapping[str, Floats],
        thresholds: Thresholds,
        ended: Callable[[Mapping[str, Seen]], bool],
        words: tuple[str, ...] = (),
    ) -> tuple[dict[str, Seen], tuple[ModelRequest, ...]]:
        """What is measured so far, by concept, and the requests that are to go on with.

        Parameters
        ----------
        values : mapping from concept to float array [1 or prompt, neuron]
            What each neuron is set to on a concept's measured prompts, for all or for each.
        thresholds : Thresholds
            The smallest decides how many random sets there are at most.
        ended : callable
            Whether what was seen makes further random sets needless.
        words : tuple of str
            Scored after each prompt; empty: the texts that the model wrote.
        """
        writes = WriteRequest((), self.claim.generation, self.claim.selection.site, self.claim.selection.positions)
        if writes not in self.traces:
            return {}, (writes,)
        sets = self._random_sets(values, self.traces[writes].values[0], MOST * sets_needed(thresholds.smallest))
        self.random_sets = len(sets)
        seen: dict[str, Seen] = {}
        for look in looks(len(sets)):
            asked = {}
            for name, own in values.items():
                # The set itself in every look: what it writes is what the random sets are held to.
                forcings = tuple(_forcing(columns, own) for columns in (self.set, *sets[look]))
                asked[name] = self._request(name, forcings, words)
            missing = tuple(request for request in asked.values() if request not in self.traces)
            if missing:
                return seen, missing
            found = {name: self._measured(name, request) for name, request in asked.items()}
            seen = {name: _joined(seen[name], one) for name, one in found.items()} if seen else dict(found)
            if ended(seen):
                break
        return seen, ()

    def alone(
        self, values: Mapping[str, Floats], words: tuple[str, ...] = ()
    ) -> tuple[dict[str, Seen], tuple[ModelRequest, ...]]:
        """What is measured under the set itself, without random sets, by concept; or what is to be measured first.

        Parameters
        ----------
        values, words
            As of :meth:`observe`.
        """
        asked = {name: self._request(name, (_forcing(self.set, own),), words) for name, own in values.items()}
        missing = tuple(request for request in asked.values() if request not in self.traces)
        if missing:
            return {}, missing
        return {name: self._measured(name, request) for name, request in asked.items()}, ()

    def _random_sets(self, values: Mapping[str, Floats], norms: Rows, count: int) -> list[Indices]:
        sides = [(own, self._raw(name, self.measured[name])) for name, own in values.items()]
        stream = self.trial.stream("random sets")
        try:
            return matched_sets(self.set, write_sizes(sides, norms), self.trial.shape.width, count, stream)
        except ValueError as error:
            raise EvidenceError(f"{self.claim.node}: no random sets can be drawn: {error}; say a smaller k") from error

    def _request(self, name: str, forcings: tuple[Forcing, ...], words: tuple[str, ...]) -> ScoreRequest:
        claim, prompts = self.claim, self.measured[name].prompts
        selection = claim.selection
        return ScoreRequest(
            prompts, claim.generation, selection.site, selection.positions, words=words, forcings=forcings
        )

    def _measured(self, name: str, request: ScoreRequest) -> Seen:
        part = self.measured[name]
        found = units(self.traces[request], part.prompts, part.groups)
        scores = found.values.astype(np.float64).reshape(-1, found.layers, found.width)
        by_name = {one: scores[:, place] for place, one in enumerate(request.scores)}
        # Log-probabilities count as rises from what they are while the model is as it is.
        return {
            one: own[:, 1:] - own[:, :1] if one in ("likelihood", "first") else own[:, 1:]
            for one, own in by_name.items()
        }

    def units(self, names: Sequence[str]) -> tuple[str, ...]:
        """What the rows of what was measured of these stand for, one below the other."""
        parts = [self.measured[name] for name in names]
        return tuple(unit for part in parts for unit in unit_names(part.prompts, part.groups))

    def mean_on(self, name: str) -> Floats:
        """Mean activation [1, neuron] over the prompts of a concept that are not measured."""
        rows = self._raw(name, self._selecting.get(name))
        return np.asarray(rows.mean(axis=0, dtype=np.float64, keepdims=True))

    def resampled(self, name: str) -> Floats:
        """For each measured prompt of a concept, the activations [prompt, neuron] of some baseline prompt."""
        rows = self._raw(BASELINE, self._selecting.get(BASELINE))
        prompts = self.measured[name].prompts
        words = self.trial.stream("resample", name).words(len(prompts))
        # In the order of their texts, so that none hangs on the order of a list.
        place = {prompt: at for at, prompt in enumerate(sorted(prompts))}
        words = words[[place[prompt] for prompt in prompts]]
        return np.asarray(rows[(words % len(rows)).astype(np.intp)], dtype=np.float64)

    @property
    def zeros(self) -> Floats:
        """Zeros [1, neuron]."""
        shape = self.trial.shape
        return np.zeros((1, shape.layers * shape.width))

    def _raw(self, name: str, part: Part | None = None) -> Rows:
        values = self.trial.activations(name, "").values
        return values if part is None else values[part.rows]

    def _concept(self, name: str) -> Concept:
        if name != BASELINE:
            return self.claim.concepts[name]
        if self.claim.baseline is None:
            raise EvidenceError(f"{self.claim.node}: the suite has no baseline")
        return self.claim.baseline

    def _whole(self, name: str) -> tuple[Part, Part]:
        whole = self._part(name, np.arange(self._units(name)))
        return whole, whole

    def _halves(self, name: str) -> tuple[Part, Part]:
        """One half of a concept's prompts to select by, the other to be measured; the odd one is measured."""
        count = self._units(name)
        order = self.trial.stream("selected by", name).permutations(count)
        return self._part(name, np.sort(order[: count // 2])), self._part(name, np.sort(order[count // 2 :]))

    def _units(self, name: str) -> int:
        concept = self._concept(name)
        # The baseline's rows are its prompts, whatever their groups.
        return len(concept.prompts) if name == BASELINE else concept.units

    def _part(self, name: str, rows: Indices) -> Part:
        concept = self._concept(name)
        groups = () if name == BASELINE else concept.groups
        labels = groups or concept.prompts
        kept = {sorted(set(labels))[at] for at in rows}
        places = [at for at, label in enumerate(labels) if label in kept]
        return Part(
            rows, tuple(concept.prompts[at] for at in places), tuple(groups[at] for at in places) if groups else ()
        )

    def _set(self) -> Indices:
        if self.of not in self.trial.n:
            return np.flatnonzero(self.trial.published(self.of))
        how = self.claim.selection.normalize
        neutral = None if how == "raw" else self._raw(BASELINE, self._selecting.get(BASELINE))
        scores = normalize(self._raw(self.of, self._selecting.get(self.of)), neutral, how)
        chosen = self.trial.selector(scores, len(scores))
        # Neurons that tie for the last places are all in: ties are not broken by index where something is tested.
        return np.sort(chosen.columns[chosen.memberships(np.ones((1, len(scores))))[0] > 0])


def _joined(before: Seen, look: Seen) -> Seen:
    """Random sets of one more look; the claimed set is in both."""
    return {name: np.concatenate([before[name], own[:, 1:]], axis=1) for name, own in look.items()}


def _forcing(columns: Indices, values: Floats) -> Forcing:
    rows = tuple(tuple(float(one) for one in row[columns].astype(np.float32)) for row in values)
    return Forcing(tuple(int(one) for one in columns), rows)
