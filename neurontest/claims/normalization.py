"""Claims about subtracting the baseline: that it changes the sets, and that it tells concepts apart better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from neurontest.claims.base import Kind, Mode, Slot, Terms, Traces
from neurontest.claims.distinct import ModesMoreDistinct
from neurontest.claims.halves import without_m
from neurontest.types import Claim, Evidence, Thresholds

if TYPE_CHECKING:
    from neurontest.stats.half_samples import HalfSamples
    from neurontest.stats.half_t import Hypothesis


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
        "Normalized and raw sets of a concept share little of what two halves of its prompts do in one of the two ways"
    )
    about_method: ClassVar[str] = (
        "it says something about the method and nothing about the concept; "
        "'normalization separates A, B and C better than raw' (normalization_helps) would"
    )
    compares: ClassVar[bool] = False

    def named(self, terms: Terms, known: Sequence[str]) -> tuple[str, ...]:
        """All concepts of the suite that have prompts, if none is named."""
        return super().named(terms, known) or tuple(known)

    def faults(self, claim: Claim) -> list[str]:
        """A claim about normalization cannot be made at ``normalize: raw``."""
        return [*super().faults(claim), *_not_raw(claim)]

    def modes(self, claim: Claim) -> tuple[Mode, ...]:
        """Raw, and as the claim's settings say."""
        where, how = claim.selection.reading, claim.selection.normalize
        return Mode("raw", where, "raw"), Mode("normalized", where, how)

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """For every concept: the cross overlap is below a share of the ceiling, ``(W_raw + W_normalized) / 2``."""
        from neurontest.stats.half_samples import beyond_ceiling
        from neurontest.stats.half_t import Hypothesis

        part = claim.statistics.differ_below
        both = [((name, "raw"), (name, "normalized")) for name in claim.concepts]
        return [
            Hypothesis(beyond_ceiling(samples, samples.cross(*keys), keys, part), side=-1, level=True) for keys in both
        ]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """For every concept, raw and normalized sets of disjoint halves share little of what halves in one mode do."""
        from neurontest.claims.evidence import normalization

        return normalization.differ(self, claim, traces, thresholds)


class NormalizationHelps(ModesMoreDistinct):
    """``normalization separates tulip, vietnam, hanoi and violent better than raw [by at least 1 neuron]``."""

    name: ClassVar[str] = "normalization_helps"
    sentence: ClassVar[str] = "normalization separates {concepts} better than raw[ by at least {by} (neurons|neuron)]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("concepts", "concepts", "The concepts, two or more", least=2),
        Slot("by", "number", "Smallest difference of interest, in neurons (default 0)", optional=True),
    )
    summary: ClassVar[str] = "The sets of concepts are more distinct after normalization than raw"

    def faults(self, claim: Claim) -> list[str]:
        """It cannot be made at ``normalize: raw``, and a smallest difference is one of sets of m prompts."""
        return [*super().faults(claim), *_not_raw(claim), *(without_m(self, claim) if claim.number("by") else [])]

    def modes(self, claim: Claim) -> tuple[Mode, ...]:
        """As the claim's settings say, and raw."""
        where, how = claim.selection.reading, claim.selection.normalize
        return Mode("normalized", where, how), Mode("raw", where, "raw")


def _not_raw(claim: Claim) -> list[str]:
    if claim.selection.normalize != "raw":
        return []
    return ["this claim compares with raw sets; 'normalize' must be difference or zscore"]
