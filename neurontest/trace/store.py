"""Traces on disk: content-addressed, so that whatever decides a value is in its address, and sealed.

An entry that is not what was written, to the last bit, counts as missing: it is set aside, told, and traced again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from neurontest.errors import TraceError
from neurontest.seals import BLANK, Kept
from neurontest.text import quoted
from neurontest.trace.prompts.remembered import Prompts
from neurontest.types import Continuation, Generation, GivenText, ModelHandle, Notice, Positions, reading_of, unnoticed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Raise it when what a step, position or site means changes, how it is stored, or the last digits of what is traced.
FORMAT_VERSION = 4

#: One key of metadata for all: safetensors writes several in an order that changes from run to run.
_ABOUT = "neurontest"


class _About(msgspec.Struct):
    layers: int
    width: int
    seal: str = BLANK
    first: float | None = None
    heads: int | None = None


@dataclass(frozen=True)
class Trace:
    """What is stored of a prompt and sample at one site and over some positions.

    Attributes
    ----------
    values : float32 array [neuron]
        Neurons layer by layer; empty if no position counted.
    layers, width : int
    first : float or None
        The first position's part of the activations over the whole prompt, 0 to 1; None if not looked at.
    heads : int or None
        At site attention, the heads of a block.
    """

    values: npt.NDArray[np.float32]
    layers: int
    width: int
    first: float | None = None
    heads: int | None = None


class Store:
    """The traces of one model.

    Parameters
    ----------
    cache_dir : Path
    handle : ModelHandle
        Its fingerprint, dtype, device and attention implementation are part of every address.
    given : mapping from file to mapping from prompt to tuple of GivenText, optional
        What `replay` of a generation names.
    notice : Notice, optional
        Told of what a reader of the results should know.
    prompts : Prompts, optional
        What prompts become: the tokens that the model is given are part of every address.
    """

    def __init__(
        self,
        cache_dir: Path,
        handle: ModelHandle,
        given: Mapping[str, Mapping[str, tuple[GivenText, ...]]] | None = None,
        notice: Notice = unnoticed,
        prompts: Prompts | None = None,
    ) -> None:
        self.prompts = prompts or Prompts(handle, cache_dir, notice=notice)
        self._kept = Kept(cache_dir, notice)
        self._given = given or {}
        self._model = {
            "version": FORMAT_VERSION,
            "fingerprint": handle.fingerprint,
            "dtype": handle.dtype,
            "device": handle.device.split(":")[0],
            "attention": handle.attention,
        }

    def text_key(self, prompt: str, sample: int, generation: Generation) -> str:
        """Address of what the model wrote, or of what was given."""
        return self._key(prompt, sample, generation, {})

    def key(self, prompt: str, sample: int, generation: Generation, site: str, positions: Positions) -> str:
        """Address of an activation."""
        return self._key(prompt, sample, generation, {"site": site, **asdict(reading_of(positions))})

    def given(self, prompt: str, generation: Generation) -> tuple[GivenText, ...]:
        """The texts that are read after a prompt.

        Raises
        ------
        TraceError
            If there are none.
        """
        found = self._given.get(generation.replay or "", {}).get(prompt, ())
        if not found:
            raise TraceError(
                f"There is no text for the prompt {quoted(prompt)} in {generation.replay}; add one to replay."
            )
        return found

    def samples(self, prompt: str, generation: Generation, positions: Positions | None = None) -> int:
        """Texts after a prompt that have activations of their own.

        Over the prompt's own tokens all texts have the same ones, and only the first has them stored.
        """
        if positions is not None and reading_of(positions).positions == "prompt":
            return 1
        return generation.samples if generation.replay is None else len(self.given(prompt, generation))

    def missing(
        self, prompts: Iterable[str], generation: Generation, sites: Iterable[str], positions: Iterable[Positions]
    ) -> set[tuple[str, int]]:
        """The (prompt, sample) of which the text or one of the activations is not there, or damaged.

        Every file is read whole, so that what is damaged is traced again before anything is concluded from the rest.
        Where only prompts are read no text is missed.
        """
        sites, positions = tuple(sites), tuple(positions)
        alone = bool(positions) and all(reading_of(at).positions == "prompt" for at in positions)
        return {
            (prompt, sample)
            for prompt in prompts
            for sample in range(1 if alone else self.samples(prompt, generation))
            if not self.prompts.knows(prompt, generation)
            or not self._complete(
                prompt,
                sample,
                generation,
                [(site, at) for at in positions if sample < self.samples(prompt, generation, at) for site in sites],
                with_text=not alone,
            )
        }

    def read(self, key: str) -> Trace | None:
        """The activation at an address; None if it is missing, or damaged and so set aside."""
        from safetensors.numpy import load

        data = self._kept.read(_name(key))
        if data is None:
            return None
        # The format: the length of the head, and the head, which is JSON.
        head = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about = msgspec.json.decode(head["__metadata__"][_ABOUT], type=_About)
        return Trace(load(data)["activation"], about.layers, about.width, about.first, about.heads)

    def write(self, key: str, trace: Trace) -> None:
        """Store an activation.

        Raises
        ------
        StoreError
            If the cache cannot be written to.
        """
        from safetensors.numpy import save

        about = msgspec.json.encode(_About(trace.layers, trace.width, first=trace.first, heads=trace.heads))
        self._kept.write(_name(key), save({"activation": trace.values}, metadata={_ABOUT: about.decode()}))

    def was_damaged(self, prompts: Iterable[str], generation: Generation, site: str, positions: Positions) -> bool:
        """Whether any of these activations was there and was set aside."""
        return any(
            _name(self.key(prompt, sample, generation, site, positions)) in self._kept.damaged
            for prompt in prompts
            for sample in range(self.samples(prompt, generation, positions))
        )

    def read_text(self, key: str) -> Continuation | None:
        """What the model wrote; None if it is missing, or damaged and so set aside."""
        return self._kept.read_json(_name(key, ".json"), Continuation)

    def write_text(self, key: str, text: Continuation) -> None:
        """Store what the model wrote.

        Raises
        ------
        StoreError
            If the cache cannot be written to.
        """
        self._kept.write_json(_name(key, ".json"), text)

    def _complete(
        self,
        prompt: str,
        sample: int,
        generation: Generation,
        where: Iterable[tuple[str, Positions]],
        *,
        with_text: bool,
    ) -> bool:
        whole = [
            self._kept.read(_name(self.key(prompt, sample, generation, site, at))) is not None for site, at in where
        ]
        # All of them are looked at, so that all that is damaged is found, and told, at once.
        if with_text:
            whole.append(self.read_text(self.text_key(prompt, sample, generation)) is not None)
        return all(whole)

    def _key(self, prompt: str, sample: int, generation: Generation, where: Mapping[str, object]) -> str:
        if generation.replay is None:
            decides: dict[str, object] = {"generation": _settings(generation), "sample": sample}
        else:
            # Not where the text is from: of the settings of a text that is given, its format alone decides anything.
            decides = {"format": generation.format, "replay": self.given(prompt, generation)[sample].digest}
        given = self.prompts.of(prompt, generation).ids
        address = {"model": self._model, **decides, "prompt": prompt, "ids": given, **where}
        return hashlib.sha256(json.dumps(address, sort_keys=True).encode()).hexdigest()


@cache
def _settings(generation: Generation) -> dict[str, object]:
    """What of it decides a text: how many samples there are does not change any one of them."""
    settings = asdict(generation)
    del settings["samples"], settings["replay"]
    settings["temperature"] = float(generation.temperature)
    return settings


def _name(key: str, suffix: str = ".safetensors") -> str:
    return f"traces/{key[:2]}/{key}{suffix}"
