"""Drift of a concept's set: how far the neurons that a changed model selects are others than the reference's.

Two sets of one concept from disjoint halves of its prompts share less than k neurons even in one model: that is the
ceiling. Drift is what two models share less than that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from neurontest.arrays import Floats, Indices
from neurontest.gate.neurons.matching import Matches, matched
from neurontest.gate.ways.paired import CANDIDATE, REFERENCE, PairedTrial
from neurontest.stats.half_samples.half_t import HalfT, Hypothesis
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.terms import Key, Term
from neurontest.types import BASELINE, Thresholds


@dataclass(frozen=True)
class Drift:
    """How far a concept's set has moved.

    Attributes
    ----------
    drift : HalfT
        ``(W_ref + W_new) / 2 - cross``, in neurons, against 0.
    then, now : HalfT
        What two halves share in either model: the ceilings.
    cross : HalfT
        What a half in one model shares with the other half in the other.
    """

    drift: HalfT
    then: HalfT
    now: HalfT
    cross: HalfT


def drift(
    trial: PairedTrial, concept: str, mode: str, thresholds: Thresholds, matching: Matching | None = None
) -> Drift:
    """Test whether a concept's set has moved by more than prompts make it.

    Parameters
    ----------
    trial : PairedTrial
        Of a claim about the concept.
    matching : Matching, optional
        By which the candidate's neurons are called what the reference's are; by default by layer and index.
    """

    def terms(samples: HalfSamples) -> list[Term]:
        found = drifted(matching(samples) if matching else samples, concept, mode)
        return [matching.unnamed(term, samples) for term in found] if matching else list(found)

    # Split-half overlaps are quadratic in one set: their second-order variance counts. Half-samples are drawn until the
    # drift is clear; what it is made of is described.
    (moved,) = trial.settle(lambda samples: [Hypothesis(terms(samples)[0], level=True)], thresholds)
    then, now, cross = trial.describe(
        lambda samples: [Hypothesis(one, level=level) for one, level in zip(terms(samples)[1:], _LEVELS, strict=True)]
    )
    return Drift(moved, then, now, cross)


#: Whether the ceilings, then what two models share, are levels.
_LEVELS = (True, True, False)


def drifted(samples: HalfSamples, concept: str, mode: str) -> tuple[Term, Term, Term, Term]:
    """Drift, the two ceilings, and what a set shares across models, as terms."""
    old, new = (concept, f"{REFERENCE}/{mode}"), (concept, f"{CANDIDATE}/{mode}")
    then, now, cross = samples.within(old), samples.within(new), samples.cross(old, new)
    return (then + now) * 0.5 - cross, then, now, cross


class Matching:
    """Half-samples in which the candidate's neurons are called what the reference's that they match are called.

    Neurons that some half-sample selects are matched, over the concept's prompts and the baseline's. What matches none
    keeps a name of its own, which no neuron of the reference has.

    Parameters
    ----------
    trial : PairedTrial
    concept, mode : str
    """

    def __init__(self, trial: PairedTrial, concept: str, mode: str) -> None:
        self._trial, self._concept, self._mode = trial, concept, mode
        self._known: dict[bytes, Matches] = {}

    def __call__(self, samples: HalfSamples) -> HalfSamples:
        """The same half-samples under these names."""
        old, new = (self._concept, f"{REFERENCE}/{self._mode}"), (self._concept, f"{CANDIDATE}/{self._mode}")
        names = self._names(samples)
        size = samples.sizes[old] + len(names)
        return HalfSamples.given(
            {**samples.sizes, old: size, new: size},
            {**samples.columns, new: names},
            samples.sets,
            samples.halves,
            samples.sample_of,
            samples.fixed,
        )

    def unnamed(self, term: Term, samples: HalfSamples) -> Term:
        """A term of half-samples under these names as one of those as they were, by which its variance is taken."""
        new = (self._concept, f"{CANDIDATE}/{self._mode}")
        columns, names = samples.columns[new], self._names(samples)

        def back(by_key: Mapping[Key, Floats]) -> dict[Key, Floats]:
            out = dict(by_key)
            if new in out:
                own = np.zeros(samples.sizes[new])
                own[columns] = out[new][names]
                out[new] = own
            return out

        return replace(term, gradient=back(term.gradient), split=back(term.split))

    def _names(self, samples: HalfSamples) -> Indices:
        """What each column of the candidate is called."""
        old, new = (self._concept, f"{REFERENCE}/{self._mode}"), (self._concept, f"{CANDIDATE}/{self._mode}")
        mine, theirs = samples.columns[old], samples.columns[new]
        matches = self.between(mine, theirs)
        names = samples.sizes[old] + np.arange(len(theirs))
        # One to one, every neuron gets a partner, whatever it does.
        taken = matches.alike
        names[matches.partner[taken]] = mine[taken]
        return names

    def between(self, reference: Indices, candidate: Indices) -> Matches:
        """Matches of neurons of the reference, which must be at hand, with some of the candidate's."""
        key = reference.tobytes() + b"/" + candidate.tobytes()
        if key not in self._known:
            values = [self._trial.side_by_side(name, self._mode, reference, candidate) for name in self._shared]
            self._known[key] = matched(*(np.concatenate(side) for side in zip(*values, strict=True)))
        return self._known[key]

    @property
    def _shared(self) -> list[str]:
        return [self._concept, *([BASELINE] if self._trial.claim.baseline is not None else [])]
