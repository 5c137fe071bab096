"""preserved: a concept's neurons are still those that a reference recorded."""

from __future__ import annotations

from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.slots import Slot

#: The slot by which neurons are told by what they do, and not by number.
BY_DEED = "by what they do"
#: What may be lost if nothing is said, of what two halves of a concept's prompts share.
WITHIN = 0.5


class Preserved(Kind):
    """``vietnam's neurons are preserved [within 30%] [by what they do]``."""

    name: ClassVar[str] = "preserved"
    sentence: ClassVar[str] = "{of}'s neurons are preserved[ within {within}][ {meant}]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", "The concept whose neurons are compared with those of a reference"),
        Slot(
            "within",
            "amount",
            "How much less of the ceiling two models may share than two halves in one do, such as 30% (default: 50%)",
            optional=True,
            shares=True,
            example="30%",
        ),
        Slot(
            "meant",
            "choice",
            f"'{BY_DEED}' to match neurons by the correlation of their activations, in whatever place and layer"
            " (default: a neuron is its layer and index)",
            optional=True,
            choices=(BY_DEED,),
        ),
    )
    summary: ClassVar[str] = "The sets of two models share nearly as much as two halves do in one; needs a reference"
    procedure: ClassVar[str] = "neurontest.evidence.kinds.preserved:PreservedProcedure"
    compares: ClassVar[bool] = False

    def half_sampled(self, claim: Claim) -> bool:
        """Not on one model alone: there is nothing to be replayed with prompts that were dealt at random."""
        return False

    def faults(self, claim: Claim) -> list[str]:
        """What may be lost is a share of the ceiling, and not all of it."""
        found = super().faults(claim)
        if isinstance(claim.terms.get("within"), float):
            found.append("what two models may share less is said as a share of what two halves in one do, such as 30%")
        elif not 0 < within(claim) < 1:
            found.append("within 0% nothing is ever shown to be preserved, and within 100% everything is; say 30%")
        if claim.terms.get("meant") == BY_DEED and claim.selection.identity == "dimension":
            found.append("an index that stands for the neurons of all layers is matched with none; leave out 'by what'")
        return found


def within(claim: Claim) -> float:
    """The share of the ceiling that may be lost."""
    said = claim.terms.get("within")
    return float(said.partition("%")[0]) / 100 if isinstance(said, str) else WITHIN
