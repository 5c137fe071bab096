"""What is to be traced, and what was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from neurontest.types.spec import Generation

#: ``progress(what, done, total, detail)``, called as often as the caller likes; the listener decides what to show.
Progress = Callable[[str, int, int, str], None]


def silent(what: str, done: int, total: int, detail: str) -> None:
    """A :data:`Progress` that shows nothing."""


@dataclass(frozen=True)
class TraceRequest:
    """Activations that a claim needs: those of some prompts, at one site, over some positions."""

    prompts: tuple[str, ...]
    generation: Generation
    site: str
    positions: str


@dataclass(frozen=True)
class TraceGroup:
    """Prompts that are written on under the same settings, and so in the same batches.

    Attributes
    ----------
    generation : Generation
    prompts : tuple of str
        Each once, sorted: batches are a function of this set alone.
    sites : tuple of str
        Sorted.
    positions : tuple of str
        Sorted.
    """

    generation: Generation
    prompts: tuple[str, ...]
    sites: tuple[str, ...]
    positions: tuple[str, ...]


@dataclass(frozen=True)
class TracePlan:
    """Everything that a suite can ask of the model, each piece once."""

    groups: tuple[TraceGroup, ...]


@dataclass(frozen=True)
class Activations:
    """The activations of some prompts at one site, averaged over positions and samples.

    Attributes
    ----------
    values : float32 array [prompt, neuron]
        Neurons layer by layer: column ``layer * width + index``.
    layers, width : int
        Blocks of the model, neurons of a block at this site.
    digest : str
        sha256 of prompts' values, in hexadecimal.
    heads : int or None
        At site attention, the heads that the neurons of a block belong to, as many neurons each, in order.
    """

    values: npt.NDArray[np.float32]
    layers: int
    width: int
    digest: str
    heads: int | None = None


@dataclass(frozen=True)
class Continuation:
    """What the model wrote to a prompt.

    Attributes
    ----------
    tokens : int
        New tokens, the end-of-text token included.
    ended : bool
        Whether the text ended before the limit.
    near_boundary : int
        Draws that fell within rounding of a boundary between two tokens: another batch size or thread count might
        have written another token there.
    """

    prompt: str
    sample: int
    text: str
    tokens: int
    ended: bool
    near_boundary: int


class ModelHandle(Protocol):
    """A model that is named but not yet loaded: the value of the fixture ``concept_model``."""

    @property
    def name(self) -> str:
        """As the spec or the command line names it."""

    @property
    def dtype(self) -> str:
        """Such as ``float32``."""

    @property
    def device(self) -> str:
        """As torch names it, such as ``cpu``."""

    @property
    def attention(self) -> str:
        """The attention implementation, such as ``sdpa``."""

    @property
    def fingerprint(self) -> str:
        """sha256 over weights, config and tokenizer, in hexadecimal; does not load the model."""

    def load(self) -> tuple[Any, Any]:
        """The transformers model, in evaluation mode, and its tokenizer."""
