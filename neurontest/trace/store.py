"""Traces on disk: content-addressed, so that whatever decides a value is in its address, and crash-safe.

An entry is written under a temporary name and renamed. One that cannot be read counts as missing: it is traced again
and replaced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from neurontest.errors import StoreError, TraceError
from neurontest.trace.files import replace_bytes
from neurontest.trace.prompts import Prompts
from neurontest.types import Continuation, Generation, GivenText, ModelHandle, Notice, Positions, reading_of, unnoticed
from neurontest.words import quoted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Raise it when what a step, position or site means changes, how it is stored, or the last digits of what is traced.
FORMAT_VERSION = 4

#: What is left out of an address: what every reading said before there was more to say.
_PLAIN = {"match": "", "exclude_first": 0, "reduce": "mean"}

#: One key of metadata for all: safetensors writes several in an order that changes from run to run.
_ABOUT = "neurontest"


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
        self._notice = notice
        self.prompts = prompts or Prompts(handle, cache_dir, notice=notice)
        self._folder = cache_dir / "traces"
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
        said = {name: value for name, value in asdict(reading_of(positions)).items() if value != _PLAIN.get(name)}
        return self._key(prompt, sample, generation, {"site": site, **said})

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
        """The (prompt, sample) of which the text or one of the activations is not there, or not legible.

        Only the head of a file is read: a damaged body is found by :meth:`read`, a truncated one here. Where only
        prompts are read no text is missed.
        """
        sites, positions = tuple(sites), tuple(positions)
        alone = bool(positions) and all(reading_of(at).positions == "prompt" for at in positions)
        return {
            (prompt, sample)
            for prompt in prompts
            for sample in range(1 if alone else self.samples(prompt, generation))
            if not self._complete(
                prompt,
                sample,
                generation,
                [(site, at) for at in positions if sample < self.samples(prompt, generation, at) for site in sites],
                with_text=not alone,
            )
        }

    def read(self, key: str) -> Trace | None:
        """The activation at an address; None if it is missing, or damaged and so removed."""
        import numpy as np
        from safetensors import SafetensorError, safe_open

        path = self._path(key, ".safetensors")
        try:
            with safe_open(path, framework="np") as file:
                about = json.loads(file.metadata()[_ABOUT])
                values = file.get_tensor("activation")
            if values.dtype != np.float32 or about["sha256"] != _digest(values):
                raise ValueError("damaged")
            return Trace(values, about["layers"], about["width"], about.get("first"), about.get("heads"))
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            # It would else pass for there at the next run as well.
            path.unlink(missing_ok=True)
            return None

    def write(self, key: str, trace: Trace) -> None:
        """Store an activation.

        Raises
        ------
        StoreError
            If the cache cannot be written to.
        """
        from safetensors.numpy import save

        about: dict[str, object] = {"layers": trace.layers, "width": trace.width, "sha256": _digest(trace.values)}
        about |= {} if trace.first is None else {"first": trace.first}
        about |= {} if trace.heads is None else {"heads": trace.heads}
        replace_bytes(
            self._path(key, ".safetensors"), save({"activation": trace.values}, metadata={_ABOUT: json.dumps(about)})
        )

    def read_text(self, key: str) -> Continuation | None:
        """What the model wrote; None if it is missing or not legible."""
        try:
            return msgspec.json.decode(self._path(key, ".json").read_bytes(), type=Continuation)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        except OSError as error:
            raise StoreError(f"{error.filename} cannot be read: {error.strerror}.") from error

    def write_text(self, key: str, text: Continuation) -> None:
        """Store what the model wrote.

        Raises
        ------
        StoreError
            If the cache cannot be written to.
        """
        replace_bytes(self._path(key, ".json"), msgspec.json.encode(text))

    def _complete(
        self,
        prompt: str,
        sample: int,
        generation: Generation,
        where: Iterable[tuple[str, Positions]],
        *,
        with_text: bool,
    ) -> bool:
        addresses = self._addresses(prompt, sample, generation, where)
        return all(self._legible(key) for key in addresses) and (
            not with_text or self.read_text(self.text_key(prompt, sample, generation)) is not None
        )

    def _addresses(
        self, prompt: str, sample: int, generation: Generation, where: Iterable[tuple[str, Positions]]
    ) -> Iterator[str]:
        return (self.key(prompt, sample, generation, site, at) for site, at in where)

    def _legible(self, key: str) -> bool:
        from safetensors import SafetensorError, safe_open

        try:
            # Opening reads the head and compares what it declares with the file's length.
            with safe_open(self._path(key, ".safetensors"), framework="np") as file:
                return _ABOUT in (file.metadata() or {})
        except (OSError, SafetensorError):
            return False

    def _key(self, prompt: str, sample: int, generation: Generation, where: Mapping[str, object]) -> str:
        if generation.replay is None:
            decides: dict[str, object] = {"generation": _settings(generation), "sample": sample}
        else:
            # Not where the text is from: of the settings of a text that is given, its format alone decides anything.
            decides = {"format": generation.format, "replay": self.given(prompt, generation)[sample].digest}
        given = self.prompts.of(prompt, generation).ids
        address = {"model": self._model, **decides, "prompt": prompt, "ids": given, **where}
        return hashlib.sha256(json.dumps(address, sort_keys=True).encode()).hexdigest()

    def _path(self, key: str, suffix: str) -> Path:
        return self._folder / key[:2] / (key + suffix)


@cache
def _settings(generation: Generation) -> dict[str, object]:
    """What of it decides a text: how many samples there are does not change any one of them."""
    settings = asdict(generation)
    del settings["samples"], settings["replay"]
    settings["temperature"] = float(generation.temperature)
    return settings


def _digest(values: npt.NDArray[np.float32]) -> str:
    return hashlib.sha256(values.astype("<f4", copy=False).tobytes()).hexdigest()
