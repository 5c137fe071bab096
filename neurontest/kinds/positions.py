"""positions_more_distinct: averaging over all new tokens tells concepts apart better than the last token."""

from __future__ import annotations

from typing import ClassVar

from neurontest.claims.base import Claim
from neurontest.claims.slots import Mode, Slot
from neurontest.kinds.distinct import ModesMoreDistinct


class PositionsMoreDistinct(ModesMoreDistinct):
    """``all generated tokens separate tulip, vietnam, hanoi and violent better than the last token``."""

    name: ClassVar[str] = "positions_more_distinct"
    sentence: ClassVar[str] = "all generated tokens separate {concepts} better than the last token"
    slots: ClassVar[tuple[Slot, ...]] = (Slot("concepts", "concepts", "The concepts, two or more", least=2),)
    summary: ClassVar[str] = "The sets of concepts are more distinct over all generated tokens than at the last one"

    def modes(self, claim: Claim) -> tuple[Mode, ...]:
        """The mean over all new tokens, and the last of them, whatever the claim's own setting."""
        how = claim.selection.normalize
        return Mode("all tokens", "generated", how), Mode("last token", "last", how)
