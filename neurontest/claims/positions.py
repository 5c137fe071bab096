"""positions_more_distinct: averaging over all new tokens tells concepts apart better than the last token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from neurontest.claims.base import Kind, Slot, Traces
from neurontest.types import Claim, Evidence


class PositionsMoreDistinct(Kind):
    """``all generated tokens separate tulip, vietnam, hanoi and violent better than the last token``."""

    name: ClassVar[str] = "positions_more_distinct"
    sentence: ClassVar[str] = "all generated tokens separate {concepts} better than the last token"
    slots: ClassVar[tuple[Slot, ...]] = (Slot("concepts", "concepts", "The concepts, two or more", least=2),)
    summary: ClassVar[str] = "The sets of concepts are more distinct over all generated tokens than at the last one"
    minimum: ClassVar[int] = 8

    def positions(self, claim: Claim) -> tuple[str, ...]:
        """Both, whatever the claim's own setting."""
        return ("generated", "last")

    def evidence(self, claim: Claim, traces: Traces, thresholds: Sequence[float]) -> Evidence:
        """``D`` over all generated tokens above ``D`` at the last one, on the same half-samples: half-t."""
        from neurontest.claims.trial import Mode, Trial, distinctness, t_null
        from neurontest.stats.half_t import Hypothesis
        from neurontest.stats.terms import HalfSamples

        names = list(claim.concepts)
        how = claim.selection.normalize
        trial = Trial(claim, traces, [Mode(where, where, how) for where in self.positions(claim)])

        def hypotheses(samples: HalfSamples) -> list[Hypothesis]:
            every, every_within, every_between = distinctness(samples, names, "generated")
            last, last_within, last_between = distinctness(samples, names, "last")
            return [
                Hypothesis(every - last),
                Hypothesis(every, level=True),
                Hypothesis(last, level=True),
                Hypothesis(every_within, level=True),
                Hypothesis(every_between),
                Hypothesis(last_within, level=True),
                Hypothesis(last_between),
            ]

        decisive = trial.settle(lambda samples: hypotheses(samples)[:1], thresholds)[0]
        labels = (
            "all tokens: within minus between",
            "last token: within minus between",
            "all tokens: within",
            "all tokens: between",
            "last token: within",
            "last token: between",
        )
        described = trial.describe(lambda samples: hypotheses(samples)[1:])
        return trial.evidence(
            trial.estimate("distinctness over all tokens minus at the last", decisive),
            decisive,
            [trial.key(decisive, ".007-.062 (nominal .05)")],
            [t_null(decisive)],
            [trial.estimate(label, result, tested=False) for label, result in zip(labels, described, strict=True)],
            thresholds,
        )
