"""Seconds that each claim's own test took: of a family that is tested whole, whoever asks first would pay for all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from neurontest.claims.base import Claim


class Watch:
    """A clock for each claim, by :attr:`Claim.node`."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    @contextmanager
    def on(self, claim: Claim) -> Iterator[None]:
        """What is done within is done for this claim, also if it fails."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.add(claim.node, time.perf_counter() - begun)

    def add(self, node: str, seconds: float) -> None:
        """Count what was measured elsewhere."""
        self.spent[node] = self.spent.get(node, 0.0) + seconds
