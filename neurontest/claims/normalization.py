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
        Slot("for", "concepts", "The concepts it must be true of, each (default: all of the suite)", optional=True),
    )
    summary: ClassVar[str] = "Normalized and raw sets of a concept share little, and less than two halves of its prompts do"

    def named(self, terms: Terms, known: Sequence[str]) -> tuple[str, ...]:
        """All concepts of the suite, if none is named."""
        return super().named(terms, known) or tuple(known)

    def faults(self, claim: Claim) -> list[str]:
        """A claim about normalization cannot be made at ``normalize: raw``."""
        found = super().faults(claim)
        if claim.selection.normalize == "raw":
            found.append("this claim compares with raw sets; 'normalize' must be difference or zscore")
        return found

    def evidence(self, claim: Claim, traces: Traces, thresholds: Sequence[float]) -> Evidence:
        """See STATISTICS."""
        raise NotImplementedError
