"""distinct: the neurons of several concepts tell the concepts apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from neurontest.claims.base import Kind, Slot, Traces
from neurontest.types import Claim, Evidence


class Distinct(Kind):
    """``tulip, vietnam, hanoi and violent have distinct neurons``."""

    name: ClassVar[str] = "distinct"
    sentence: ClassVar[str] = "{concepts} have distinct neurons"
    slots: ClassVar[tuple[Slot, ...]] = (Slot("concepts", "concepts", "The concepts, two or more", least=2),)
    summary: ClassVar[str] = "Two halves of a concept's prompts share more neurons than two concepts do"

    def evidence(self, claim: Claim, traces: Traces, thresholds: Sequence[float]) -> Evidence:
        """See STATISTICS."""
        raise NotImplementedError
