"""How likely a model finds texts, as it is and with neurons set to given values: one forward pass over each text."""

from __future__ import annotations

import hashlib
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError
from neurontest.text import quoted, time_left
from neurontest.trace.locks import hold
from neurontest.trace.passes.halving import Halving
from neurontest.trace.passes.lengths import check_length
from neurontest.trace.passes.text import Text, context_of
from neurontest.trace.prompts.encoding import bare, check_rows, unknown_among
from neurontest.trace.prompts.remembered import Prompts
from neurontest.trace.prompts.tokens import tokens_after
from neurontest.trace.sites.find import find_sites
from neurontest.trace.sites.writes import Writes
from neurontest.trace.store import FORMAT_VERSION, Store, Trace
from neurontest.trace.texts.score import likelihoods
from neurontest.types import (
    Activations,
    Continuation,
    Generation,
    ModelHandle,
    ModelRequest,
    Notice,
    Progress,
    ScoreRequest,
    WriteRequest,
    unnoticed,
)

#: Raise it when other numbers are measured, or how they are stored.
SCORES_VERSION = 2

_OF_FIRSTS = ("first", "controls", "spread")

Continuations = Callable[[Sequence[str], Generation], Sequence[Continuation]]


class Scorer:
    """Scores of one model.

    Parameters
    ----------
    handle : ModelHandle
        Loaded only if a score is missing.
    cache_dir : Path
        Where scores are kept, beside the traces.
    continuations : callable
        From prompts and generation settings to what the model wrote.
    progress : Progress
    notice : Notice, optional
        Told of what a reader of the results should know.
    prompts : Prompts, optional
        What prompts become.
    """

    def __init__(
        self,
        handle: ModelHandle,
        *,
        cache_dir: Path,
        continuations: Continuations,
        progress: Progress,
        notice: Notice = unnoticed,
        prompts: Prompts | None = None,
    ) -> None:
        self._handle, self._cache_dir = handle, cache_dir
        self._continuations, self._progress = continuations, progress
        self._prompts = prompts or Prompts(handle, cache_dir, progress, notice)
        self._store = Store(cache_dir, handle, notice=notice, prompts=self._prompts)

    def scores(self, request: ModelRequest) -> Activations:
        """What a claim asks of the model once its traces are there; computed if it is not in the store.

        Raises
        ------
        TraceError
            If a text cannot be scored; the message names the prompt. Or if what neurons write cannot be told.
        ModelError
            If the model cannot be loaded.
        StoreError
            If the cache cannot be written to, or a continuation is not in it.
        """
        self._prompts.ensure(request.prompts, request.generation)
        key = self._key(request)
        found = self._store.read(key)
        if found is None:
            with hold(self._cache_dir, f"score-{key[:32]}", self._what, self._progress):
                found = self._store.read(key)
                if found is None:
                    found = self._writes(request) if isinstance(request, WriteRequest) else self._score(request)
                    self._store.write(key, found)
        if isinstance(request, WriteRequest):
            values = found.values[None]
        else:
            values = found.values.reshape(len(request.prompts), -1)
        return Activations(values, found.layers, found.width, hashlib.sha256(values.tobytes()).hexdigest())

    @property
    def _what(self) -> str:
        return f"forcing neurons of {self._handle.name}"

    def _key(self, request: ModelRequest) -> str:
        handle = self._handle
        model = [
            "scores",
            SCORES_VERSION,
            FORMAT_VERSION,
            handle.fingerprint,
            handle.dtype,
            handle.device,
            handle.attention,
        ]
        if isinstance(request, WriteRequest):
            return hashlib.sha256(msgspec.json.encode(["writes", model, request.site])).hexdigest()
        decides: list[object] = [model, request, self._ids(request)]
        if request.generation.replay is not None and not request.words:
            # The settings decide a text that the model writes; of one that is given they name the file alone.
            decides.append([(one.ids, one.text) for one in self._continuations(request.prompts, request.generation)])
        return hashlib.sha256(msgspec.json.encode(decides)).hexdigest()

    def _ids(self, request: ScoreRequest) -> list[tuple[int, ...]]:
        return [self._prompts.of(prompt, request.generation).ids for prompt in request.prompts]

    def _writes(self, request: WriteRequest) -> Trace:
        self._progress(self._what, 0, 1, "loading the model")
        model, _ = self._handle.load()
        (site,) = find_sites(model, (request.site,))
        norms = Writes(site).norms()
        return Trace(norms, 1, len(norms))

    def _score(self, request: ScoreRequest) -> Trace:
        self._progress(self._what, 0, 1, "loading the model")
        model, tokenizer = self._handle.load()
        from neurontest.trace.passes.packed_weights import packed
        from neurontest.trace.quiet import quiet
        from neurontest.trace.wrapped import uncompiled

        with quiet(), uncompiled(), packed(model):
            (site,) = find_sites(model, (request.site,))
            texts, owner = self._texts(request, tokenizer)
            for text, at in zip(texts, owner, strict=True):
                check_rows(model, tokenizer, request.prompts[at], (*text.prompt, *text.after))
            context = context_of(model)
            for text, at in zip(texts, owner, strict=True):
                check_length(model, request.prompts[at], text.size - 1)
                if context is not None and text.size - 1 > context:
                    raise TraceError(
                        f"The prompt {quoted(request.prompts[at])} and what is scored after it have {text.size} "
                        f"tokens, and the model's context has {context}. Shorten the prompt."
                    )
            forced = [
                [(forcing.neurons, forcing.values[min(own, len(forcing.values) - 1)]) for own in owner]
                for forcing in request.forcings
            ]
            total = len(texts) * len(forced)
            scored, begun = 0, time.monotonic()

            def on_pass(done: int) -> None:
                nonlocal scored
                scored = done
                self._progress(f"{self._what}: text", done, total, time_left(done, total, time.monotonic() - begun))

            def on_halved(most: int) -> None:
                self._progress(
                    f"{self._what}: text", scored, total, f"out of memory; passes of {most} texts from here on"
                )

            scores = likelihoods(
                model,
                site,
                texts,
                forced,
                on_pass=on_pass,
                halving=Halving(on_halved),
                prompt=lambda at: request.prompts[owner[at]],
                equal_write=Writes(site),
            )
        out = np.empty((len(request.prompts), len(request.scores), 1 + len(forced)))
        lengths = np.array([len(text.after) for text in texts])
        opens = np.array([bool(text.firsts) for text in texts])
        for prompt in range(len(request.prompts)):
            own = np.array(owner) == prompt
            for place, name in enumerate(request.scores):
                values: npt.NDArray[np.float64] = getattr(scores, name)
                if name != "likelihood":
                    # One of a prompt's words stands for all in what is asked of the first token after it.
                    out[prompt, place] = values[:, own & opens if name in _OF_FIRSTS else own].mean(axis=1)
                elif request.words:
                    out[prompt, place] = np.logaddexp.reduce(values[:, own], axis=1)
                else:
                    out[prompt, place] = (values[:, own] / lengths[own]).mean(axis=1)
        return Trace(out.astype(np.float32).reshape(-1), len(request.scores), 1 + len(forced))

    def _texts(self, request: ScoreRequest, tokenizer: Any) -> tuple[list[Text], list[int]]:
        """All texts to be scored, and the prompt that each belongs to."""
        encoded = self._ids(request)
        if request.words:
            words = openings([word_after(tokenizer, word, request.generation) for word in request.words])
            firsts = tuple(dict.fromkeys(word[0] for word in words))
            texts = [Text(ids, word, () if at else firsts) for ids in encoded for at, word in enumerate(words)]
            return texts, [at for at in range(len(encoded)) for _ in words]
        row = {prompt: at for at, prompt in enumerate(request.prompts)}
        texts, owner = [], []
        # As many for each prompt as there are: a replay may give one prompt more texts than another.
        for one in self._continuations(request.prompts, request.generation):
            after = one.ids or tokens_after(tokenizer, one.text)
            # A text that ended at once has nothing to be more or less likely than.
            if after:
                texts.append(Text(encoded[row[one.prompt]], after))
                owner.append(row[one.prompt])
        for prompt, text in enumerate(request.prompts):
            if prompt not in owner:
                raise TraceError(
                    f"The model wrote nothing to the prompt {quoted(text)}, so that nothing of it can be scored."
                )
        return texts, owner


def word_after(tokenizer: Any, word: str, generation: Generation) -> tuple[int, ...]:
    """Tokens of a word that follows a prompt: after a space, but for the first word of an answer in a chat.

    Raises
    ------
    TraceError
        If the word is empty to the tokenizer, or unknown.
    """
    # Models write letters and their accents as one character, whichever way the word was typed.
    word = unicodedata.normalize("NFC", word)
    ids = tuple(bare(tokenizer, word)) if generation.format == "chat" else tokens_after(tokenizer, f" {word}")
    if not ids:
        raise TraceError(f"The word {word!r} is empty to the tokenizer; name another one.")
    if unknown_among(tokenizer, word, ids):
        raise TraceError(f"The tokenizer does not know the word {word!r}: it makes {tokenizer.unk_token!r} of it.")
    return ids


def openings(words: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The words that begin with no other one: a text that begins with any of the words begins with just one of these.

    Examples
    --------
    >>> openings([(7, 8, 9), (7, 8), (5,), (7, 8)])
    [(7, 8), (5,)]
    """
    return [one for one in dict.fromkeys(words) if not any(one[:at] in words for at in range(len(one)))]
