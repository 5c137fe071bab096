"""What is to be traced, and what was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from neurontest.types.reading import Positions, reading_of
from neurontest.types.sections import Generation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: ``progress(what, done, total, detail)``, called as often as the caller likes; the listener decides what to show.
Progress = Callable[[str, int, int, str], None]


def silent(what: str, done: int, total: int, detail: str) -> None:
    """A :data:`Progress` that shows nothing."""


#: Told, in one sentence, of what happened on the way that who reads the results should know, though the run goes on.
Notice = Callable[[str], None]


def unnoticed(text: str) -> None:
    """A :data:`Notice` that is told to nobody."""


@dataclass(frozen=True)
class TraceRequest:
    """Activations that a claim needs: those of some prompts, at one site, over some positions."""

    prompts: tuple[str, ...]
    generation: Generation
    site: str
    positions: Positions


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
    positions : tuple of str or Reading
        Sorted. If one of them matches a word, all of them match this one: other prompts need not have it. Empty if
        the texts alone are wanted.
    """

    generation: Generation
    prompts: tuple[str, ...]
    sites: tuple[str, ...]
    positions: tuple[Positions, ...]

    @property
    def match(self) -> str:
        """The word whose tokens are read; empty if all tokens count."""
        return next((reading_of(one).match for one in self.positions), "")

    @property
    def needs_text(self) -> bool:
        """Whether anything after the prompts is looked at."""
        return not self.positions or any(reading_of(one).positions != "prompt" for one in self.positions)

    @property
    def passes(self) -> tuple[TraceGroup, ...]:
        """What the model writes, and what is read of the prompts alone: neither is done again for the other's sake.

        Given texts and their prompts are read in one pass.
        """
        alone = tuple(one for one in self.positions if reading_of(one).positions == "prompt")
        if not alone or not self.needs_text or self.generation.replay is not None:
            return (self,)
        written = tuple(one for one in self.positions if one not in alone)
        return replace(self, positions=written), replace(self, positions=alone)


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
    dominated : tuple of str
        Prompts of which the first position outweighs all others together.
    heads : int or None
        At site attention, the heads that the neurons of a block belong to, as many neurons each, in order.
    typical : float or None
        Of a baseline of which not all neurons are at hand: the median over all of them of their variance over prompts.
    """

    values: npt.NDArray[np.float32]
    layers: int
    width: int
    digest: str
    dominated: tuple[str, ...] = ()
    heads: int | None = None
    typical: float | None = None


@dataclass(frozen=True)
class Continuation:
    """What the model wrote to a prompt, or what was given to be read as if it had.

    Attributes
    ----------
    tokens : int
        New tokens, the end-of-text token included.
    ended : bool
        Whether the text ended before the limit.
    near_boundary : int
        Draws that fell within rounding of a boundary between two tokens: another batch size or thread count might
        have written another token there.
    ids : tuple of int
        The new tokens; empty of a text that was stored before they were.
    """

    prompt: str
    sample: int
    text: str
    tokens: int
    ended: bool
    near_boundary: int
    ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class GivenText:
    """A text that is read instead of one that the model writes.

    Attributes
    ----------
    ids : tuple of int
        Its tokens, if they are known: one text can be cut into tokens in many ways.
    ended : bool
        Whether an end-of-text token comes after it.
    """

    text: str
    ids: tuple[int, ...] = ()
    ended: bool = False

    @property
    def digest(self) -> str:
        """sha256 in hexadecimal."""
        return hashlib.sha256(json.dumps([self.text, self.ids, self.ended]).encode()).hexdigest()


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


def notices_of(handle: ModelHandle) -> tuple[str, ...]:
    """What a reader of the results should know of a model; a handle need not say anything."""
    return tuple(getattr(handle, "notices", ()))
