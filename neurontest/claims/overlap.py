"""overlap_greater: one concept shares more neurons with a second than with a third."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import ClassVar

from neurontest.claims.base import Kind, Slot, Traces
from neurontest.types import Claim, Evidence


class OverlapGreater(Kind):
    """``hanoi overlaps vietnam more than violent [by at least 1 neuron]``."""

    name: ClassVar[str] = "overlap_greater"
    sentence: ClassVar[str] = "{of} overlaps {with} more than {than}[ by at least {by} (neurons|neuron)]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", "The concept whose neurons are looked for in the two others"),
        Slot("with", "concept", "The concept that it shares more with"),
        Slot("than", "concept", "The concept that it shares less with"),
        Slot("by", "number", "Smallest difference of interest, in neurons (default 0)", optional=True),
    )
    summary: ClassVar[str] = "The sets of two concepts share more neurons than the first shares with a third"
    published_slots: ClassVar[tuple[str, ...]] = ("of", "with", "than")

    def prompts_needed(self, claim: Claim) -> tuple[int, int]:
        """Five suffice for the permutation key alone."""
        return (5, 6) if claim.statistics.test == "permutation" else (self.minimum, self.advised)

    def smallest_p(self, claim: Claim) -> float:
        """One over the number of ways to deal the prompts to the two concepts that are compared."""
        b, c = (claim.concepts[str(claim.terms[slot])] for slot in ("with", "than"))
        # What is published is not dealt anew.
        if claim.statistics.test == "half-sample" or b.published or c.published:
            return 0.0
        return 1 / comb(b.units + c.units, b.units)

    def evidence(self, claim: Claim, traces: Traces, thresholds: Sequence[float]) -> Evidence:
        """``theta(a, b) - theta(a, c)`` above `by`: the half-t test and the studentised relabeling of b and c.

        Both keys must turn, unless the claim asks for one of them (an intersection-union test: Berger 1982).
        """
        from neurontest.claims.describe import headline
        from neurontest.claims.permutation import both_keys, overlap_key
        from neurontest.claims.trial import Trial
        from neurontest.stats.half_t import Hypothesis
        from neurontest.stats.terms import HalfSamples

        a, b, c = (str(claim.terms[slot]) for slot in ("of", "with", "than"))
        by = float(claim.terms.get("by", 0.0))  # type: ignore[arg-type]
        trial = Trial(claim, traces)

        def hypotheses(samples: HalfSamples) -> list[Hypothesis]:
            nearer, farther = samples.overlap((a, ""), (b, "")), samples.overlap((a, ""), (c, ""))
            return [Hypothesis(nearer - farther, by), Hypothesis(nearer), Hypothesis(farther)]

        # The overlaps themselves are described, not tested: they must not ask for more half-samples.
        decisive = trial.settle(lambda samples: hypotheses(samples)[:1], thresholds)[0]
        keys, nulls = both_keys(
            trial,
            decisive,
            ".010-.034 (nominal .05)",
            lambda still_open: overlap_key(trial, a, b, c, still_open, by),
            thresholds,
        )
        nearer, farther = trial.describe(lambda samples: hypotheses(samples)[1:])
        whole = {other: headline(trial, a, other) for other in (b, c)}
        # As overlaps are usually quoted; the effect itself is what sets of fresh prompts would share.
        counts = {other: round(found[0].value, 1) for other, found in whole.items()}
        quoted = ", ".join(f"{a}/{other} {shared:g} of {claim.selection.k}" for other, shared in counts.items())
        return trial.evidence(
            trial.estimate(f"{a}/{b} minus {a}/{c}", decisive, note=f"All prompts: {quoted}"),
            decisive,
            keys,
            nulls,
            [
                trial.estimate(f"{a}/{b}, halves of {trial.m} prompts", nearer, tested=False),
                trial.estimate(f"{a}/{c}, halves of {trial.m} prompts", farther, tested=False),
                *(trial.ceiling(name) for name in (a, b, c)),
                *whole[b],
                *whole[c],
            ],
            thresholds,
        )
