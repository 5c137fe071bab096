"""sets_similar: the sets of all concepts are nearly the same, whatever the concept."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

from neurontest.claims.base import Kind, Mode, Slot, Traces
from neurontest.types import Claim, Evidence, Thresholds

if TYPE_CHECKING:
    from neurontest.stats.half_samples import HalfSamples
    from neurontest.stats.half_t import Hypothesis


class SetsSimilar(Kind):
    """``raw neurons of tulip, vietnam, hanoi and violent are nearly identical``: the write-up's first lesson."""

    name: ClassVar[str] = "sets_similar"
    sentence: ClassVar[str] = "{how} neurons of {concepts} are nearly identical"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot(
            "how", "choice", "raw activations, or normalized as the claim's settings say", choices=("raw", "normalized")
        ),
        Slot("concepts", "concepts", "The concepts, two or more", least=2),
    )
    summary: ClassVar[str] = "The sets of different concepts share nearly all of their neurons"
    about_method: ClassVar[str] = (
        "it says that the neurons do not depend on the concept, which is as true of prompts that were mixed up"
    )

    def modes(self, claim: Claim) -> tuple[Mode, ...]:
        """Raw, or the claim's own."""
        how = "raw" if claim.terms["how"] == "raw" else claim.selection.normalize
        return (Mode("", claim.selection.reading, how),)

    def faults(self, claim: Claim) -> list[str]:
        """Normalized sets need a normalization."""
        found = super().faults(claim)
        if claim.terms["how"] == "normalized" and claim.selection.normalize == "raw":
            found.append("this claim is about normalized sets; 'normalize' must be difference or zscore")
        return found

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """The mean over pairs of what two concepts share, above a share of the ceiling, the mean of ``W``."""
        from neurontest.stats.half_samples import beyond_ceiling
        from neurontest.stats.half_t import Hypothesis
        from neurontest.stats.terms import mean

        keys = [(name, "") for name in claim.concepts]
        shared = mean([samples.overlap(a, b) for a, b in combinations(keys, 2)])
        apart = beyond_ceiling(samples, shared, keys, claim.statistics.similar_above)
        # Sets near their ceiling are often the same in every half, and then their spread is told too small: without as
        # much again as the least variance there is, the opposite was declared in .09 of data sets where it was untrue.
        unseen = samples.least_variance(shared)
        return [Hypothesis(apart, level=True, extra_variance=unseen)]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Test it by half-t alone; the worst pair is shown."""
        from neurontest.claims.evidence import similar

        return similar.evidence_of(self, claim, traces, thresholds)
