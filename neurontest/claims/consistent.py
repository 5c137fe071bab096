"""consistent: different prompts of a concept select the same neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from neurontest.claims.base import Kind, Slot, Traces, ways_to_pick
from neurontest.types import Claim, Evidence, Thresholds

if TYPE_CHECKING:
    from neurontest.claims.trial import Trial
    from neurontest.stats.half_samples import HalfSamples
    from neurontest.stats.half_t import Hypothesis

#: Neutral prompts that the relabeling form needs.
NEUTRAL = 10


class Consistent(Kind):
    """``tulip has consistent neurons``, or ``tulip has consistent neurons against neutral``."""

    name: ClassVar[str] = "consistent"
    sentence: ClassVar[str] = "{of} has consistent neurons[ against {against}]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", "The concept"),
        Slot(
            "against",
            "concept",
            "A concept of neutral prompts of the same template: some neuron must be in more of the concept's top lists",
            optional=True,
        ),
    )
    summary: ClassVar[str] = "Two halves of a concept's prompts share more than a given part of their neurons"
    about_method: ClassVar[str] = (
        "prompts of all concepts mixed up pass it too; '... against NEUTRAL' asks for more than what all have in common"
    )

    def prompts_needed(self, claim: Claim) -> tuple[int, int]:
        """The relabeling form does with fewer."""
        return (6, 10) if "against" in claim.terms else (8, 10)

    def smallest_p(self, claim: Claim) -> float:
        """One over the number of ways to deal the prompts to concept and neutral."""
        if "against" not in claim.terms:
            return 0.0
        own, neutral = (claim.concepts[claim.said(slot)] for slot in ("of", "against"))
        return 1 / ways_to_pick(own, [neutral])

    def faults(self, claim: Claim) -> list[str]:
        """Lists of few neutral prompts say little of what is usual."""
        found = super().faults(claim)
        if "against" in claim.terms:
            neutral = claim.concepts[claim.said("against")]
            if neutral.units < NEUTRAL:
                found.append(f"{neutral.name!r} has {neutral.units} prompts; to compare with takes {NEUTRAL}")
        return found

    def half_sampled(self, claim: Claim) -> bool:
        """In the threshold form."""
        return "against" not in claim.terms

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """``W``, the overlap of sets from disjoint halves, above a share of k; nothing in the relabeling form."""
        from neurontest.stats.half_t import Hypothesis

        if "against" in claim.terms:
            return []
        least = claim.statistics.consistent_above * claim.selection.k
        return [Hypothesis(samples.within((claim.said("of"), "")), least, level=True)]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Half-t of ``W``, its variance counted twice; or the relabeling of concept and neutral prompts."""
        from neurontest.claims.describe import occurrence_across_halves
        from neurontest.claims.trial import Trial, t_null

        name = claim.said("of")
        trial = Trial(self, claim, traces)
        if "against" in claim.terms:
            return self._against_neutral(trial, name, claim.said("against"), thresholds)
        (decisive,) = trial.decide(thresholds)
        return trial.evidence(
            trial.estimate(f"{name}, shared by two halves of its prompts", decisive),
            decisive,
            [trial.key(decisive)],
            [t_null(decisive)],
            [occurrence_across_halves(trial, name)],
        )

    def _against_neutral(self, trial: Trial, name: str, neutral: str, thresholds: Thresholds) -> Evidence:
        """The largest excess occurrence of any neuron, by relabeling (max-T)."""
        from neurontest.claims.permutation import largest, largest_key
        from neurontest.claims.single import label, tallies, top_lists
        from neurontest.stats.max_t import Occurrences
        from neurontest.types import Estimate

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
        return trial.found(
            Estimate(
                f"{label(trial, int(columns[best]))}, occurrence in the lists of {name} minus in those of {neutral}",
                float(own[best] - usual[best]),
                "share",
                reference=0.0,
            ),
            [key],
            [null],
            [
                Estimate(
                    label(trial, int(columns[one])),
                    float(own[one]),
                    "share",
                    note=f"of the lists of {name}; {100 * usual[one]:.0f}% of {neutral}; p {found.adjusted[one]:.2g}",
                )
                for one in listed[: trial.claim.selection.k]
            ],
            None,
            p_opposite=1.0,
            tallies=tallies(found.adjusted, thresholds, "occur more often than by relabeling"),
        )
