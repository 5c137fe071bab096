"""Some texts of each concept read once more, token by token, for the report: no verdict rests on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import isnan
from pathlib import Path

import msgspec

from neurontest import __version__
from neurontest.claims.suite import Suite
from neurontest.errors import StoreError, TraceError
from neurontest.run.cache import Cache
from neurontest.run.record.shown import Shown
from neurontest.run.traced import Traced
from neurontest.trace.locks import hold
from neurontest.trace.prompts.remembered import Prompts
from neurontest.trace.texts.read_tokens import TokenReader
from neurontest.types import (
    TOKENS_VERSION,
    Activations,
    Concept,
    ConceptTokens,
    ModelHandle,
    Notice,
    Progress,
    TokensRecord,
    TokenText,
    reading_of,
)

#: Changed whenever the same traces and texts would give other numbers.
CACHE_VERSION = 1
#: Significant digits that are kept: more than a shade of a colour shows.
DIGITS = 3


@dataclass(frozen=True)
class _Wanted:
    """Texts of one concept, and what their numbers hang on."""

    concept: Concept
    texts: tuple[tuple[str, int], ...]
    baseline: Activations | None
    key: str


class Tokens:
    """What is read token by token of the concepts of a suite, at its own selection.

    Parameters
    ----------
    suite : Suite
    shown : Shown
    traced : Traced
    handle : ModelHandle
        Loaded only if something was not read before.
    computes : sequence of str
        What names the model and how it computes.
    cache_dir : Path
        Where what was traced is kept, and what is read.
    batch_size : int
        Texts read side by side.
    progress : Progress
    notice : Notice
        Told of what a reader of the results should know.
    prompts : Prompts
        What prompts become.
    """

    def __init__(
        self,
        suite: Suite,
        shown: Shown,
        traced: Traced,
        handle: ModelHandle,
        *,
        computes: Sequence[str],
        cache_dir: Path,
        batch_size: int,
        progress: Progress,
        notice: Notice,
        prompts: Prompts,
    ) -> None:
        self._suite, self._shown, self._traced = suite, shown, traced
        self._computes, self._cache_dir, self._progress = tuple(computes), cache_dir, progress
        self._cache = Cache(cache_dir, ConceptTokens, notice)
        self._reader = TokenReader(
            handle,
            cache_dir=cache_dir,
            batch_size=batch_size,
            given=suite.given,
            notice=notice,
            prompts=prompts,
        )
        self._what = f"reading texts of {handle.name} token by token"

    def read(self, count: int) -> dict[str, ConceptTokens]:
        """So many texts of each concept that was traced, by concept: the first of every prompt before a second of any.

        What was read before is not read again.

        Raises
        ------
        ModelError
            If something must be read and the model cannot be loaded.
        StoreError
            If the cache cannot be written to.
        """
        concepts = (one for one in self._suite.concepts.values() if not one.published)
        wanted = [each for one in concepts if (each := self._wanted(one, count)) is not None]
        found = {each.key: self._cache.find(each.key) for each in wanted}
        if None in found.values():
            # Of several workers one reads; the others would load the model for nothing.
            about = hashlib.sha256("".join(self._computes).encode()).hexdigest()
            with hold(self._cache_dir, f"tokens-{about[:32]}", self._what, self._progress):
                for at, each in enumerate(wanted):
                    self._progress(self._what, at, len(wanted), "")
                    found[each.key] = self._cache.keep_or_find(each.key, partial(self._made, each))
        return {name: tokens for kept in found.values() if kept is not None for name, tokens in kept.items()}

    def _wanted(self, concept: Concept, count: int) -> _Wanted | None:
        """What is to be read of a concept; None if it was not traced, of which others tell."""
        suite = self._suite
        try:
            own, *neutral = map(self._traced.read, self._shown.requests(concept, suite.selection))
            if reading_of(suite.selection.reading).positions == "prompt":
                written: list[tuple[object, ...]] = [(prompt, 0) for prompt in concept.prompts]
            else:
                every = sorted(self._traced.texts(concept.prompts), key=lambda one: one.sample)
                written = [(one.prompt, one.sample, one.text, one.ids) for one in every]
        except (TraceError, StoreError):
            return None
        chosen = list(islice(written, count))
        said = {
            "neurontest": __version__,
            "tokens": [CACHE_VERSION, TOKENS_VERSION],
            "model": self._computes,
            "concept": [concept.name, concept.prompts, concept.groups],
            "texts": chosen,
            "generation": suite.generation,
            "selection": suite.selection,
            "traces": [one.digest for one in (own, *neutral)],
        }
        key = hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()
        texts = tuple((str(prompt), int(str(sample))) for prompt, sample, *_ in chosen)
        return _Wanted(concept, texts, neutral[0] if neutral else None, key)

    def _made(self, wanted: _Wanted) -> dict[str, ConceptTokens]:
        import numpy as np

        from neurontest.neurons.activity import activity

        name, selection = wanted.concept.name, self._suite.selection
        chosen = [(one.layer, one.index) for one in self._shown.set_of(name, selection).neurons]
        try:
            read = self._reader.read(
                wanted.texts, self._suite.generation, selection.site, selection.reading, tuple(chosen)
            )
        except TraceError as error:
            return {name: ConceptTokens(name, (), len(chosen), reason=str(error))}
        width = self._traced.read(self._shown.requests(wanted.concept, selection)[0]).width
        columns = np.array([layer * width + index for layer, index in chosen], dtype=np.int64)
        texts = []
        for one in read:
            values = activity(one.values, columns, selection, wanted.baseline).tolist()
            texts.append(TokenText(one.prompt, one.sample, one.pieces, one.own, tuple(map(_rounded, values))))
        return {name: ConceptTokens(name, tuple(texts), len(chosen))}


def _rounded(value: float) -> float | None:
    return None if isnan(value) else float(f"{value:.{DIGITS}g}")


def tokens_record(suite: Suite, found: Mapping[str, ConceptTokens]) -> TokensRecord | None:
    """What was found as the record holds it: in the suite's order, whoever told of it first; None if nothing was."""
    own = tuple(found[name] for name in suite.concepts if name in found)
    return TokensRecord(TOKENS_VERSION, own) if own else None
