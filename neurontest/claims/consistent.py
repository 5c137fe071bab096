"""consistent: different prompts of a concept select the same neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from neurontest.claims.base import Kind, Slot, Traces
from neurontest.types import Claim, Evidence


class Consistent(Kind):
    """``tulip has consistent neurons``."""

    name: ClassVar[str] = "consistent"
    sentence: ClassVar[str] = "{of} has consistent neurons"
    slots: ClassVar[tuple[Slot, ...]] = (Slot("of", "concept", "The concept"),)
    summary: ClassVar[str] = "Two halves of a concept's prompts share more than a given part of their neurons"
    minimum: ClassVar[int] = 8

    def evidence(self, claim: Claim, traces: Traces, thresholds: Sequence[float]) -> Evidence:
        """See STATISTICS."""
        raise NotImplementedError
