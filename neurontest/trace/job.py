"""The work of one call: texts written and read in batches, each stored as soon as its batch is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from neurontest.errors import StoreError, TraceError
from neurontest.text import time_left
from neurontest.trace.architecture import is_encoder
from neurontest.trace.faults import Faults
from neurontest.trace.sites.find import Site
from neurontest.trace.store import Store, Trace
from neurontest.types import Continuation, ModelHandle, Progress, TraceGroup, TraceRecord

if TYPE_CHECKING:
    from neurontest.trace.selftest.sites import Lengths
    from neurontest.trace.texts.write import Row, Written


class Work:
    """The batches of one call: gathered first, so that progress knows how many texts there are.

    Parameters
    ----------
    handle : ModelHandle
        Loaded by :meth:`trace`.
    store : Store
        What is traced is kept there.
    batch_size : int
        Texts side by side, at most; halved where memory does not suffice.
    progress : Progress
    what : str
        What progress is told that is being done.
    faults : Faults
        Receives what cannot be traced.
    is_in_vain : callable
        Whether what was found so far is at fault for all that is asked: then nothing is written.
    """

    def __init__(
        self,
        handle: ModelHandle,
        store: Store,
        batch_size: int,
        progress: Progress,
        what: str,
        faults: Faults,
        is_in_vain: Callable[[], bool],
    ) -> None:
        self._handle, self._store, self._batch_size = handle, store, batch_size
        self._progress, self._what, self._faults = progress, what, faults
        self._is_in_vain = is_in_vain
        self._groups: list[TraceGroup] = []
        self._cost, self._total, self._begun = TraceRecord(), 0, 0.0

    def add(self, group: TraceGroup) -> None:
        """Note a group of which something is to be traced."""
        self._groups.append(group)

    def trace(self) -> TraceRecord:
        """Trace what is possible of what was noted and is missing, and say what it cost."""
        if not self._groups:
            return TraceRecord()
        self._progress(self._what, 0, 1, "loading the model")
        model, tokenizer = self._handle.load()
        from neurontest.trace.passes.halving import Halving
        from neurontest.trace.passes.packed_weights import packed
        from neurontest.trace.possible import Possible
        from neurontest.trace.quiet import quiet
        from neurontest.trace.texts import read_texts, write
        from neurontest.trace.wrapped import uncompiled

        with quiet(), uncompiled(), packed(model):
            possible = Possible(
                model,
                tokenizer,
                self._store.prompts,
                self._faults,
                padded=self._batch_size > 1,
                lengths=self._lengths(),
            )
            parts = [part for part in map(possible.part, self._groups) if part is not None]
            work = [
                (group, sites, self._batches(possible.rows(group), self._missing(group)))
                for group, sites in parts
                if not read_texts.is_known(group)
            ]
            known = [
                (group, sites, missing, None if _is_to_come(group) else possible.texts(self._store, group))
                for group, sites in parts
                if read_texts.is_known(group) and (missing := self._missing(group))
            ]
            if self._is_in_vain():
                return self._cost
            self._total = sum(len(batch) for *_, batches in work for batch in batches)
            self._total += sum(len(missing) for *_, missing, _ in known)
            self._begun = time.monotonic()
            halving = Halving(lambda most: self._say(f"out of memory; batches of {most} from here on"))

            for group, sites, batches in work:
                written = partial(
                    write.write,
                    model,
                    tokenizer,
                    generation=group.generation,
                    sites=sites,
                    positions=group.positions,
                    on_step=partial(self._on_step, group.generation.max_new_tokens),
                )
                attempt = possible.attempt(group, written, lambda row: row.prompt)
                for texts in halving.each(batches, attempt, lambda row: row.prompt, partial(possible.lost, group)):
                    self._take(texts, group, sites, tokenizer)
            # Afterwards: what is looked for in the model's own texts must be written by then.
            for group, sites, missing, found in known:
                readable = possible.texts(self._store, group) if found is None else found
                parts_of = [
                    batch
                    for batch in read_texts.cut(readable, self._batch_size, padded=not is_encoder(model.config))
                    if any((text.row.prompt, text.row.sample) in missing for text in batch)
                ]
                self._total += sum(map(len, parts_of)) - len(missing)
                read = partial(read_texts.read, model, sites=sites, positions=group.positions)
                attempted = possible.attempt(group, read, lambda text: text.row.prompt)
                lost = partial(possible.lost, group)
                for texts in halving.each(parts_of, attempted, lambda text: text.row.prompt, lost):
                    self._take(texts, group, sites, tokenizer)
                    self._say(f"{self._rate():.0f} tokens/s", self._left())
        self._cost = replace(self._cost, seconds=time.monotonic() - self._begun)
        self._say(f"{self._rate():.0f} tokens/s")
        return self._cost

    def _missing(self, group: TraceGroup) -> set[tuple[str, int]]:
        return self._store.missing(group.prompts, group.generation, group.sites, group.positions)

    def _lengths(self) -> Lengths:
        """The lengths that the self-test looks at: no text of any group is longer."""
        from neurontest.trace.selftest.sites import Lengths

        found = [Lengths()]
        for group in self._groups:
            for prompt in group.prompts:
                with suppress(StoreError, TraceError):  # a prompt, or a replay, that is at fault is told elsewhere
                    new = group.generation.max_new_tokens if group.needs_text else 0
                    if group.needs_text and group.generation.replay is not None:
                        given = self._store.given(prompt, group.generation)
                        # No tokenizer makes more tokens of a text than it has bytes.
                        new = max(len(one.ids) or len(one.text.encode("utf-8", "replace")) for one in given)
                    found.append(Lengths(len(self._store.prompts.of(prompt, group.generation).ids), new))
        return Lengths(max(one.prompt for one in found), max(one.new for one in found))

    def _say(self, *details: str) -> None:
        self._progress(f"{self._what}: text", self._cost.texts, self._total, ", ".join(filter(None, details)))

    def _on_step(self, steps: int, step: int, new: int) -> None:
        # A text counts by how much of it is written.
        self._say(f"token {step} of {steps}", f"{self._rate(new):.0f} tokens/s", self._left(new / steps))

    def _left(self, begun: float = 0.0) -> str:
        return time_left(self._cost.texts + begun, self._total, time.monotonic() - self._begun)

    def _rate(self, new: int = 0) -> float:
        return (self._cost.tokens + new) / max(time.monotonic() - self._begun, 1e-9)

    def _take(self, texts: Sequence[Written], group: TraceGroup, sites: Sequence[Site], tokenizer: object) -> None:
        for text in texts:
            self._keep(text, group, sites, tokenizer)
        self._cost = replace(
            self._cost,
            texts=self._cost.texts + len(texts),
            tokens=self._cost.tokens + sum(len(text.ids) for text in texts),
            near_boundary=self._cost.near_boundary + sum(text.near_boundary for text in texts),
        )

    def _batches(self, rows: Sequence[Row], missing: set[tuple[str, int]]) -> list[tuple[Row, ...]]:
        """The batches that hold a missing row, whole: a row's rounding depends on what it was batched with."""
        from neurontest.trace.texts.write import batches

        return [
            batch
            for batch in batches(rows, self._batch_size)
            if any((row.prompt, row.sample) in missing for row in batch)
        ]

    def _keep(self, written: Written, group: TraceGroup, sites: Sequence[Site], tokenizer: object) -> None:
        prompt, sample = written.row.prompt, written.row.sample
        for site in sites:
            for where in group.positions:
                if sample < self._store.samples(prompt, group.generation, where):
                    key = self._store.key(prompt, sample, group.generation, site.name, where)
                    first = written.shares.get((site.name, where))
                    trace = Trace(written.activations[site.name, where], site.layers, site.width, first, site.heads)
                    self._store.write(key, trace)
        is_anothers = group.match and group.generation.replay is None
        if is_anothers or not group.needs_text:
            return
        text = Continuation(
            prompt=prompt,
            sample=sample,
            text=tokenizer.decode(list(written.ids), skip_special_tokens=True),  # type: ignore[attr-defined]
            tokens=len(written.ids),
            ended=written.ended,
            near_boundary=written.near_boundary,
            ids=written.ids,
        )
        self._store.write_text(self._store.text_key(prompt, sample, group.generation), text)


def _is_to_come(group: TraceGroup) -> bool:
    """Whether the texts of a group are those that the model is about to write."""
    return group.needs_text and group.generation.replay is None
