"""What prompts become for a model: found once, by its tokenizer alone, and remembered on disk.

So that traces can be named by what the model was given, and a run that finds them needs no tokenizer to know their
names. A chat template that looks at the clock makes something else of a prompt on another day: what it made is
remembered for the moment of one run, which all its processes share, and found anew at the next.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from neurontest.errors import ModelError, StoreError, TraceError
from neurontest.seals import Kept
from neurontest.text import quoted
from neurontest.trace.locks import hold
from neurontest.trace.prompts.budget import READING, RENDERING, Enter, within
from neurontest.trace.prompts.encoding import Encoded, check_apart, encode
from neurontest.types import Generation, ModelHandle, Notice, Progress, silent, unnoticed

#: Raise it when the same prompt becomes something else.
PROMPTS_VERSION = 1


class _Remembered(msgspec.Struct):
    """A file: what became of a prompt, or None if that hangs on the moment."""

    encoded: Encoded | None


class Prompts:
    """What prompts become for one model.

    Parameters
    ----------
    handle : ModelHandle
        Its tokenizer is loaded if a prompt is not known.
    cache_dir : Path
    progress : Progress, optional
    notice : Notice, optional
        Told of what a reader of the results should know.
    moment : datetime, optional
        What chat templates take for the time; by default now.
    """

    def __init__(
        self,
        handle: ModelHandle,
        cache_dir: Path,
        progress: Progress = silent,
        notice: Notice = unnoticed,
        moment: datetime | None = None,
    ) -> None:
        self._handle, self._cache_dir = handle, cache_dir
        self._progress, self._notice = progress, notice
        self.moment = moment or datetime.now()
        self._kept = Kept(cache_dir, notice)
        self._known: dict[tuple[str, str], Encoded] = {}
        self._failed: dict[str, TraceError] = {}

    def ensure(self, prompts: Sequence[str], generation: Generation) -> None:
        """Find what prompts become.

        Raises
        ------
        TraceError
            If one of them does not become what it should, or two become the same; the message names them.
        ModelError
            If the tokenizer cannot be loaded, or takes more time or memory than it may.
        StoreError
            If the cache cannot be written to.
        """
        lacking = self._lacking(prompts, generation)
        if lacking:
            # One process finds it for all that ask at once.
            with hold(self._cache_dir, f"prompts-{self._key('', generation)[:32]}", self._what, self._progress):
                lacking = self._lacking(lacking, generation)
                if lacking:
                    self._find(lacking, generation)
        found = {prompt: self._known[generation.format, prompt] for prompt in prompts}
        check_apart(found)
        self._tell(found)

    def knows(self, prompt: str, generation: Generation) -> bool:
        """Whether it is known what a prompt became."""
        return not self._lacking((prompt,), generation)

    def of(self, prompt: str, generation: Generation) -> Encoded:
        """What a prompt became.

        Raises
        ------
        StoreError
            If that is not known.
        """
        if not self.knows(prompt, generation):
            raise StoreError(
                f"What the prompt {quoted(prompt)} is to the model is not in {self._cache_dir}; run again to trace it."
            )
        return self._known[generation.format, prompt]

    @property
    def _what(self) -> str:
        return f"tracing {self._handle.name}"

    def _lacking(self, prompts: Sequence[str], generation: Generation) -> list[str]:
        """Those that are not known yet, once what is on disk is."""
        for prompt in prompts:
            if (generation.format, prompt) not in self._known:
                found = self._read(prompt, generation)
                if found is not None:
                    self._known[generation.format, prompt] = found
        return [prompt for prompt in dict.fromkeys(prompts) if (generation.format, prompt) not in self._known]

    def _find(self, prompts: Sequence[str], generation: Generation) -> None:
        if generation.format in self._failed:
            raise self._failed[generation.format].with_traceback(None)
        self._progress(self._what, 0, 1, "tokenizing the prompts")
        read = reader_of(self._handle)
        name, format, moment = self._handle.name, generation.format, self.moment
        if not any((self._cache_dir / self._name(prompt, generation)).exists() for prompt in prompts):
            # New prompts are to be traced, and this process will need what the copy of it would else import alone.
            _import_tokenizers()

        def work(enter: Enter) -> Any:
            _import_tokenizers()  # ahead of any limit: libraries for accelerators take gigabytes of addresses
            enter(f"Reading the configuration and tokenizer of the model {name!r}", READING)
            config, tokenizer = read()
            stage = "The chat template" if format == "chat" else "The tokenizer"
            enter(f"{stage} of the model {name!r}", RENDERING)
            from neurontest.trace.quiet import quiet

            with quiet():
                found = encode(tokenizer, prompts, format, config=config, now=moment)
            return [msgspec.to_builtins(found[prompt]) for prompt in prompts]

        try:
            made = within(work)
        except ModelError as error:
            if not str(error).startswith(("The chat template", "The tokenizer")):
                raise
            # The same time is not spent again on the next family's prompts.
            said = f"{error} It was asked about the prompt {quoted(prompts[0])} and others."
            self._failed[format] = TraceError(said)
            raise self._failed[format] from error
        for prompt, plain in zip(prompts, made, strict=True):
            encoded = msgspec.convert(plain, Encoded)
            self._known[format, prompt] = encoded
            if encoded.clock:
                self._write(self._name(prompt, generation, self.moment), encoded)
            self._write(self._name(prompt, generation), None if encoded.clock else encoded)

    def _tell(self, found: Mapping[str, Encoded]) -> None:
        """Say what a reader of the results should know of these prompts."""
        model = f"of {self._handle.name}"
        one = next(iter(found.values()), None)
        if one is not None and one.clock:
            self._notice(
                f"the chat template {model} looks at the clock: prompts are traced as of "
                f"{self.moment:%Y-%m-%d %H:%M}, and at another time it may make other texts of them"
            )
        if one is not None and not one.opens:
            self._notice(
                f"the chat template {model} opens no answer (it passes over add_generation_prompt): the model goes on "
                "where the user's turn ends, and may go on with it"
            )
        for tokens in dict.fromkeys(encoded.left_out for encoded in found.values() if encoded.left_out):
            self._notice(
                f"the tokenizer {model} puts {' '.join(tokens)} behind prompts, after which a model would not go on "
                "writing: it was left out"
            )
        for token in dict.fromkeys(encoded.doubled for encoded in found.values() if encoded.doubled):
            self._notice(f"the tokenizer {model} begins prompts with {token} twice: one of the two was left out")
        unknown = [prompt for prompt, encoded in found.items() if encoded.unknown]
        if unknown:
            self._notice(
                f"the tokenizer {model} does not know all words of {len(unknown)} of {len(found)} prompts, such as "
                f"{quoted(unknown[0])}: to the model they are the same as any others that it does not know"
            )
        special = [(encoded.special, prompt) for prompt, encoded in found.items() if encoded.special]
        if special:
            token, prompt = special[0]
            self._notice(
                f"{len(special)} prompts have a special token {model} written out, such as {token} in "
                f"{quoted(prompt)}: the model reads it as what it stands for"
            )

    def _read(self, prompt: str, generation: Generation) -> Encoded | None:
        found = self._kept.read_json(self._name(prompt, generation), _Remembered)
        if found is not None and found.encoded is None:
            found = self._kept.read_json(self._name(prompt, generation, self.moment), _Remembered)
        return None if found is None else found.encoded

    def _write(self, name: str, encoded: Encoded | None) -> None:
        self._kept.write_json(name, _Remembered(encoded))

    def _name(self, prompt: str, generation: Generation, moment: datetime | None = None) -> str:
        key = self._key(prompt, generation, "" if moment is None else moment.isoformat())
        return f"prompts/{key[:2]}/{key}.json"

    def _key(self, prompt: str, generation: Generation, moment: str = "") -> str:
        said = [PROMPTS_VERSION, self._handle.fingerprint, generation.format, moment]
        # A prompt may hold what is no character, which it is told at its first use.
        return hashlib.sha256(msgspec.json.encode(said) + prompt.encode("utf-8", "surrogatepass")).hexdigest()


def _import_tokenizers() -> None:
    from neurontest.trace.quiet import quiet

    with quiet():
        importlib.import_module("transformers.models.auto.tokenization_auto")


def reader_of(handle: ModelHandle) -> Callable[[], tuple[Any, Any]]:
    """What gives the configuration and tokenizer of a model: without loading it, where its handle knows how."""
    reader = getattr(handle, "reader", None)
    if reader is not None:
        return cast("Callable[[], tuple[Any, Any]]", reader())
    model, tokenizer = handle.load()
    return lambda: (model.config, tokenizer)
