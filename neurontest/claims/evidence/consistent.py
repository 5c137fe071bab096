"""The tests of consistent neurons: of what two halves share, and against neutral prompts."""

from __future__ import annotations

from dataclasses import replace

from neurontest.claims.base import Kind, Traces
from neurontest.claims.conclusion import t_null
from neurontest.claims.describe import occurrence_across_halves
from neurontest.claims.permutation import largest, largest_key
from neurontest.claims.single import LISTED, label, tallies, top_lists
from neurontest.claims.trial import Trial
from neurontest.stats.max_t import Occurrences
from neurontest.types import Claim, Estimate, Evidence, PerPrompt, Thresholds


def across_halves(kind: Kind, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence that two halves share more than a part of k: half-t of ``W``, its variance counted twice."""
    name = claim.said("of")
    trial = Trial(kind, claim, traces)
    (decisive,) = trial.decide(thresholds)
    return trial.evidence(
        trial.estimate(f"{name}, shared by two halves of {trial.m} prompts", decisive),
        decisive,
        [trial.key(decisive)],
        [t_null(decisive)],
        [occurrence_across_halves(trial, name)],
    )


def against_neutral(kind: Kind, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence by the largest excess occurrence of any neuron, under relabeling (max-T)."""
    name, neutral = claim.said("of"), claim.said("against")
    trial = Trial(kind, claim, traces)
    lists, columns = top_lists(trial, (name, neutral))
    n = trial.n[name]
    found = largest(trial, Occurrences(lists), name, [neutral], thresholds)
    key, null = largest_key(
        trial,
        found,
        int(found.observed.argmax()),
        name,
        [neutral],
    )
    order = found.observed.argsort(kind="stable")[::-1]
    own, usual = lists[:n].mean(axis=0), lists[n:].mean(axis=0)
    listed = [one for one in order if found.adjusted[one] <= thresholds.largest] or list(order[:1])
    best = int(order[0])

    def named(one: int) -> str:
        return label(trial, int(columns[one]))

    evidence = trial.found(
        Estimate(
            f"{named(best)}, occurrence in the lists of {name} minus in those of {neutral}",
            float(own[best] - usual[best]),
            "share",
            reference=0.0,
        ),
        [key],
        [null],
        [
            Estimate(
                named(int(one)),
                float(own[one]),
                "share",
                note=f"of the lists of {name}; {100 * usual[one]:.0f}% of {neutral}; p {found.adjusted[one]:.2g}",
            )
            for one in listed[: trial.claim.selection.k]
        ],
        None,
        p_opposite=1.0,
        tallies=tallies(found.adjusted, thresholds, "occur more often than by relabeling", order, named),
    )
    kept = dict.fromkeys([int(one) for one in listed[:LISTED]])
    return replace(
        evidence,
        by_prompt=tuple(
            PerPrompt(side, trial.units(side), {named(one): tuple(map(float, rows[:, one])) for one in kept})
            for side, rows in ((name, lists[:n]), (neutral, lists[n:]))
        ),
    )
