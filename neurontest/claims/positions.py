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
        """See STATISTICS."""
        raise NotImplementedError
