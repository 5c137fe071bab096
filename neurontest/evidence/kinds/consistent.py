"""The tests of consistent neurons: of what two halves share, and against neutral prompts."""

from __future__ import annotations

from dataclasses import replace

from neurontest.claims.base import Claim, Traces
from neurontest.evidence.conclusion import t_null
from neurontest.evidence.describe import occurrence_across_halves
from neurontest.evidence.permutation import largest, largest_key
from neurontest.evidence.procedure import Procedure
from neurontest.evidence.single_neurons import LISTED, label, tallies, top_lists
from neurontest.evidence.trial import Trial
from neurontest.stats.half_samples.half_t import Hypothesis
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.relabeling.max_t import Occurrences
from neurontest.types import Estimate, Evidence, PerPrompt, Thresholds


class ConsistentProcedure(Procedure):
    """Half-t of ``W``, its variance counted twice; or the relabeling of concept and neutral prompts."""

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """``W``, the overlap of sets from disjoint halves, above a share of k; nothing in the relabeling form."""
        if "against" in claim.terms:
            return []
        least = claim.statistics.consistent_above * claim.selection.k
        return [Hypothesis(samples.within((claim.said("of"), "")), least, level=True)]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence in the form that the claim has."""
        test = _against_neutral if "against" in claim.terms else _across_halves
        return test(claim, traces, thresholds)


def _across_halves(claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence that two halves share more than a part of k: half-t of ``W``, its variance counted twice."""
    name = claim.said("of")
    trial = Trial(claim, traces)
    (decisive,) = trial.decide(thresholds)
    return trial.evidence(
        trial.estimate(f"{name}, shared by two halves of {trial.m} prompts", decisive),
        decisive,
        [trial.key(decisive)],
        [t_null(decisive)],
        [occurrence_across_halves(trial, name)],
    )


def _against_neutral(claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence by the largest excess occurrence of any neuron, under relabeling (max-T)."""
    name, neutral = claim.said("of"), claim.said("against")
    trial = Trial(claim, traces)
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
