"""sets_differ: subtracting the baseline changes which neurons are selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from neurontest.claims.base import Kind, Slot, Terms, Traces
from neurontest.types import Claim, Evidence


class SetsDiffer(Kind):
    """``baseline-normalized sets differ from raw [for tulip]``."""

    name: ClassVar[str] = "sets_differ"
    sentence: ClassVar[str] = "baseline-normalized sets differ from raw[ for {for}]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot(
            "for", "concepts", "The concepts it must be true of, each (default: all that have prompts)", optional=True
        ),
    )
    summary: ClassVar[str] = (
        "Normalized and raw sets of a concept share little, and less than two halves of its prompts do"
    )

    def named(self, terms: Terms, known: Sequence[str]) -> tuple[str, ...]:
        """All concepts of the suite that have prompts, if none is named."""
        return super().named(terms, known) or tuple(known)

    def faults(self, claim: Claim) -> list[str]:
        """A claim about normalization cannot be made at ``normalize: raw``."""
        found = super().faults(claim)
        if claim.selection.normalize == "raw":
            found.append("this claim compares with raw sets; 'normalize' must be difference or zscore")
        return found

    def evidence(self, claim: Claim, traces: Traces, thresholds: Sequence[float]) -> Evidence:
        """For every concept, raw and normalized sets of disjoint halves share little, and less than halves in one mode.

        Both must be shown of each (an intersection-union test): the cross overlap is below a share of k, and the drift
        ``(W_raw + W_normalized) / 2 - cross`` is above 0.
        """
        from neurontest.claims.trial import Mode, Trial, t_null
        from neurontest.stats.half_t import Hypothesis
        from neurontest.stats.terms import HalfSamples, mean

        names = list(claim.concepts)
        where, how = claim.selection.positions, claim.selection.normalize
        trial = Trial(claim, traces, [Mode("raw", where, "raw"), Mode(how, where, how)])
        most = claim.statistics.differ_below * claim.selection.k

        def hypotheses(samples: HalfSamples) -> list[Hypothesis]:
            out = []
            for name in names:
                cross = samples.cross((name, "raw"), (name, how))
                within = mean([samples.within((name, "raw")), samples.within((name, how))])
                out += [Hypothesis(cross, most, side=-1), Hypothesis(within - cross)]
            return out

        results = trial.settle(hypotheses, thresholds)
        worst = max(range(len(results)), key=lambda at: results[at].p)
        decisive, side = results[worst], -1 if worst % 2 == 0 else 1
        # The opposite of "all of these" is "not one of them": the smallest of its p-values, for as many chances.
        opposite = min(1.0, len(results) * min(result.p_opposite for result in results))
        binding = ("raw and normalized share", "drift beyond split-half noise")[worst % 2]
        parts = [
            trial.estimate(f"{name}, {what}", result)
            for name, pair in zip(names, zip(results[::2], results[1::2], strict=True), strict=True)
            for what, result in zip(("raw and normalized share", "drift beyond split-half noise"), pair, strict=True)
        ]
        return trial.evidence(
            trial.estimate(f"{names[worst // 2]}, {binding} (the weakest of {len(results)} parts)", decisive),
            decisive,
            [trial.key(decisive, ".022-.062 for one part; less for all together (nominal .05)")],
            [t_null(decisive)],
            [*parts, *(trial.ceiling(name, mode) for name in names for mode in ("raw", how))],
            thresholds,
            side=side,
            p=decisive.p,
            p_opposite=opposite,
        )
