"""A twin of a model that has learnt nothing: the same architecture and tokenizer, random weights.

Named after the dead salmon in which a scanner found thoughts (Bennett et al. 2010, J. Serendip. Unexp. Results 1:1):
what is found in such a model is not about what the model knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from neurontest.trace.prompts.remembered import reader_of
from neurontest.types import ModelHandle


@dataclass(frozen=True)
class RandomTwin:
    """A :class:`~neurontest.types.ModelHandle`: `of` with its weights drawn anew, as its own code initialises them."""

    of: ModelHandle
    seed: int = 0

    @property
    def name(self) -> str:
        """Says whose twin it is."""
        return f"{self.of.name} with random weights"

    @property
    def dtype(self) -> str:
        """As the model's."""
        return self.of.dtype

    @property
    def device(self) -> str:
        """As the model's."""
        return self.of.device

    @property
    def attention(self) -> str:
        """As the model's."""
        return self.of.attention

    @property
    def fingerprint(self) -> str:
        """Decided by the model's and the seed."""
        return hashlib.sha256(f"random twin\x1f{self.seed}\x1f{self.of.fingerprint}".encode()).hexdigest()

    def reader(self) -> Callable[[], tuple[Any, Any]]:
        """What reads the model's configuration and tokenizer."""
        return reader_of(self.of)

    def load(self) -> tuple[Any, Any]:
        """The twin, in evaluation mode, and the model's tokenizer."""
        import torch

        model, tokenizer = self.of.load()
        # The caller's own random numbers stay as they are.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            twin = type(model)(model.config)
        return twin.to(device=model.device, dtype=model.dtype).eval(), tokenizer
