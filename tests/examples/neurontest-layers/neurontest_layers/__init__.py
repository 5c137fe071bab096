"""What the kind declares. Collecting a suite imports this: nothing here needs numpy."""

from __future__ import annotations

from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.slots import Slot


class LayerShare(Kind):
    """``hanoi has 40% of its neurons in layer 3``."""

    name: ClassVar[str] = "layer_share"
    sentence: ClassVar[str] = "{of} has {share} of its neurons in layer {layer}"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", "The concept"),
        Slot("share", "amount", "The least share of its set, such as 40%", shares=True, example="40%"),
        Slot("layer", "number", "The layer, from 0"),
    )
    summary: ClassVar[str] = "At least a share of a concept's set is in one layer"
    procedure: ClassVar[str] = "neurontest_layers.procedure:LayerShareProcedure"
    compares: ClassVar[bool] = False

    def half_sampled(self, claim: Claim) -> bool:
        """Not in null worlds: prompts that are dealt to other concepts have their neurons in layers as well."""
        return False

    def faults(self, claim: Claim) -> list[str]:
        """What no model can show, or fail to show."""
        found = super().faults(claim)
        if not claim.said("share").endswith("%"):
            found.append("the share is one of the set, such as 40%")
        if claim.number("layer") != int(claim.number("layer")):
            found.append("a layer is a whole number, from 0")
        return found
