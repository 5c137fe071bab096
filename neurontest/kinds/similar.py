"""sets_similar: the sets of all concepts are nearly the same, whatever the concept."""

from __future__ import annotations

from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.slots import Mode, Slot


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
    procedure: ClassVar[str] = "neurontest.evidence.kinds.similar:SetsSimilarProcedure"
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
