"""consistent: different prompts of a concept select the same neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from neurontest.claims.base import Kind, Slot, Traces
from neurontest.types import Claim, Evidence


class Consistent(Kind):
    """``tulip has consistent neurons``."""

    name: ClassVar[str] = "consistent"
    sentence: ClassVar[str] = "{of} has consistent neurons"
    slots: ClassVar[tuple[Slot, ...]] = (Slot("of", "concept", "The concept"),)
    summary: ClassVar[str] = "Two halves of a concept's prompts share more than a given part of their neurons"
    minimum: ClassVar[int] = 8

    def evidence(self, claim: Claim, traces: Traces, thresholds: Sequence[float]) -> Evidence:
        """``W``, the overlap of sets from disjoint halves, above a share of k: half-t, its variance counted twice."""
        from neurontest.claims.describe import occurrence_across_halves
        from neurontest.claims.trial import Trial, t_null
        from neurontest.stats.half_t import Hypothesis

        name = str(claim.terms["of"])
        trial = Trial(claim, traces)
        least = claim.statistics.consistent_above * claim.selection.k
        decisive = trial.settle(lambda s: [Hypothesis(s.within((name, "")), least, level=True)], thresholds)[0]
        return trial.evidence(
            trial.estimate(f"{name}, shared by two halves of its prompts", decisive),
            decisive,
            [trial.key(decisive, ".022-.062 (nominal .05)")],
            [t_null(decisive)],
            [occurrence_across_halves(trial, name)],
            thresholds,
        )
