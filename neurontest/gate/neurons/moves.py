"""Drift of a concept as it is shown: which neurons stayed, entered and left, beside what chance would let them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from neurontest.arrays import Indices
from neurontest.evidence.conclusion import HALF_T_METHOD
from neurontest.evidence.single_neurons import label
from neurontest.evidence.trial import Trial
from neurontest.gate.neurons.drift import Drift, Matching, drift
from neurontest.gate.ways.paired import CANDIDATE, REFERENCE, PairedTrial
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.types import ConceptDrift, Drifted, Estimate, Interval, Moved, Place, Thresholds

#: A set: its neurons by ``layer * width + index``, by rank.
Places = Mapping[int, Place]

_BY_INDEX = "an index that stands for the neurons of all layers is matched with none"


def concept_drift(
    trial: PairedTrial, concept: str, thresholds: Thresholds, mode: str = "", unmatched: str = ""
) -> ConceptDrift:
    """How far a concept's set has moved between the two models of a trial, by number and by match.

    Parameters
    ----------
    trial : PairedTrial
        Of a claim about the concept, one that half-samples decide.
    concept : str
        One that has prompts.
    thresholds : Thresholds
        The p-values that these may be compared with.
    unmatched : str
        Why neurons cannot be told by what they do; empty if they can.
    """
    then, now = trial.then.shape, trial.shape
    alike = (then.layers, then.width) == (now.layers, now.width)
    unmatched = _BY_INDEX if trial.claim.selection.identity == "dimension" else unmatched
    sets = _ranked(trial.then, concept, mode), _ranked(trial.now, concept, mode)
    reasons = []
    by_number = by_match = None
    found: Drift | None = None
    if alike:
        found = drift(trial, concept, mode, thresholds)
        by_number = _told(trial, found, *_by_number(*sets))
    else:
        reasons.append(
            f"a number names no neuron of both: {then.layers} layers of {then.width} neurons then,"
            f" {now.layers} of {now.width} now"
        )
    if unmatched:
        reasons.append(unmatched)
    else:
        matching = Matching(trial, concept, mode)
        matched = drift(trial, concept, mode, thresholds, matching)
        by_match = _told(trial, matched, *_by_match(trial, concept, mode, matching, *sets))
        found = found or matched
    if found is None:
        # The ceilings are either model's own, whatever the neurons are called.
        found = drift(trial, concept, mode, thresholds)
    return ConceptDrift(
        concept,
        trial.claim.selection,
        trial.n[concept],
        trial.m,
        _estimate(trial, f"two halves of {trial.m} prompts, then", found.then),
        _estimate(trial, f"two halves of {trial.m} prompts, now", found.now),
        by_number,
        by_match,
        "; ".join(reasons),
    )


def _told(trial: Trial, found: Drift, stayed: list[Moved], entered: list[Moved], left: list[Moved]) -> Drifted:
    return Drifted(
        replace(_estimate(trial, "drift", found.drift), reference=0.0),
        _estimate(trial, "a half then and the other half now", found.cross),
        found.drift.p,
        tuple(stayed),
        tuple(entered),
        tuple(left),
    )


def _by_number(then: Places, now: Places) -> tuple[list[Moved], list[Moved], list[Moved]]:
    both = {column: Moved(then[column], now[column]) for column in then if column in now}
    return (
        list(both.values()),
        [Moved(now=place) for column, place in now.items() if column not in both],
        [Moved(then=place) for column, place in then.items() if column not in both],
    )


def _by_match(
    trial: PairedTrial, concept: str, mode: str, matching: Matching, then: Places, now: Places
) -> tuple[list[Moved], list[Moved], list[Moved]]:
    samples = trial.half_samples()
    mine = np.union1d(samples.columns[concept, f"{REFERENCE}/{mode}"], _columns(then))
    theirs = np.union1d(samples.columns[concept, f"{CANDIDATE}/{mode}"], _columns(now))
    matches = matching.between(mine, theirs)
    stayed, left, taken = [], [], set()
    for column, place in then.items():
        at = int(np.searchsorted(mine, column))
        partner = int(theirs[matches.partner[at]]) if matches.alike[at] else None
        one = Moved(
            then=place,
            correlation=float(matches.correlation[at]),
            second=float(matches.second[at]),
            poor=bool(matches.poor[at]),
        )
        if partner is not None and partner in now:
            stayed.append(replace(one, now=now[partner]))
            taken.add(partner)
        else:
            left.append(one if partner is None else replace(one, partner=label(trial.now, partner)))
    return stayed, [Moved(now=place) for column, place in now.items() if column not in taken], left


def _ranked(trial: Trial, concept: str, mode: str) -> Places:
    """The set that all prompts select, by what it was selected by, as it is shown: ties are broken by index."""
    chosen = trial.selector_of(concept, mode)
    scored = chosen.scored()
    means = scored.middle if scored.starts is None else np.maximum.reduceat(scored.middle, scored.starts)
    member = chosen.memberships(np.ones((1, trial.n[concept])))[0]
    places = np.flatnonzero(member > 0)
    order = places[np.lexsort((chosen.columns[places], -means[places]))][: trial.claim.selection.k]
    columns = [int(chosen.columns[at]) for at in order]
    return {column: Place(label(trial, column), rank) for rank, column in enumerate(columns, 1)}


def _columns(places: Places) -> Indices:
    return np.array(sorted(places), dtype=np.intp)


def _estimate(trial: Trial, name: str, result: HalfT) -> Estimate:
    level = trial.claim.statistics.confidence
    return Estimate(name, result.estimate, interval=Interval(*result.interval(level), level, HALF_T_METHOD))
