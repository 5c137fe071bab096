"""Claims about subtracting the baseline: that it changes the sets, and that it tells concepts apart better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.halves import without_m
from neurontest.claims.slots import Mode, Slot, Terms
from neurontest.kinds.distinct import ModesMoreDistinct


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
    procedure: ClassVar[str] = "neurontest.evidence.kinds.normalization:SetsDifferProcedure"
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
