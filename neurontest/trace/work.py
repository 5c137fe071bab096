"""The work of one call: texts written and read in batches, each stored as soon as its batch is done."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from neurontest.trace.architecture import check_reads, check_writes, is_encoder
from neurontest.trace.encoding import check_rows
from neurontest.trace.sites import Site
from neurontest.trace.store import Store, Trace
from neurontest.types import Continuation, ModelHandle, Progress, TraceGroup, TraceRecord

if TYPE_CHECKING:
    from neurontest.trace.generation import Row, Written
    from neurontest.trace.selftest import Lengths


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
    """

    def __init__(self, handle: ModelHandle, store: Store, batch_size: int, progress: Progress, what: str) -> None:
        self._handle, self._store, self._batch_size = handle, store, batch_size
        self._progress, self._what = progress, what
        self._groups: list[tuple[TraceGroup, set[tuple[str, int]]]] = []
        self._cost, self._total, self._begun = TraceRecord(), 0, 0.0

    def add(self, group: TraceGroup, missing: set[tuple[str, int]]) -> None:
        """Note a group of which the (prompt, sample) in `missing` are to be traced."""
        self._groups.append((group, missing))

    def trace(self) -> TraceRecord:
        """Trace what was noted, and say what it cost.

        Raises
        ------
        TraceError
            If a prompt, text, module or activation is at fault.
        """
        if not self._groups:
            return TraceRecord()
        self._progress(self._what, 0, 1, "loading the model")
        model, tokenizer = self._handle.load()
        from neurontest.trace import forced, generation
        from neurontest.trace.memory import Halving
        from neurontest.trace.packed import packed
        from neurontest.trace.quiet import quiet
        from neurontest.trace.selftest import checked_sites
        from neurontest.trace.wrapped import uncompiled

        with quiet(), uncompiled(), packed(model):
            for group, _ in self._groups:
                if group.needs_text and not forced.is_forced(group):
                    check_writes(model)
                check_reads(model, group)
            lengths = self._lengths(model, tokenizer)
            found = {
                sites: checked_sites(model, sites, padded=self._batch_size > 1, lengths=lengths)
                for sites in sorted({group.sites for group, _ in self._groups})
            }
            work = [
                (group, found[group.sites], self._batches(model, tokenizer, group, missing))
                for group, missing in self._groups
                if not forced.is_forced(group)
            ]
            known = [(group, missing) for group, missing in self._groups if forced.is_forced(group)]
            self._total = sum(len(batch) for *_, batches in work for batch in batches)
            self._total += sum(len(missing) for _, missing in known)
            self._begun = time.monotonic()
            halving = Halving(lambda most: self._say(f"out of memory; batches of {most} from here on"))

            for group, sites, batches in work:
                write = partial(
                    generation.write,
                    model,
                    tokenizer,
                    generation=group.generation,
                    sites=sites,
                    positions=group.positions,
                    on_step=partial(self._on_step, group.generation.max_new_tokens),
                )
                for texts in halving.each(batches, write, lambda row: row.prompt):
                    self._take(texts, group, sites, tokenizer)
            # Afterwards: what is looked for in the model's own texts must be written by then.
            for group, missing in known:
                sites = found[group.sites]
                texts_known = forced.known_texts(model, tokenizer, self._store, group)
                parts = [
                    batch
                    for batch in forced.cut(texts_known, self._batch_size, padded=not is_encoder(model.config))
                    if any((text.row.prompt, text.row.sample) in missing for text in batch)
                ]
                self._total += sum(map(len, parts)) - len(missing)
                read = partial(forced.read, model, sites=sites, positions=group.positions)
                for texts in halving.each(parts, read, lambda text: text.row.prompt):
                    self._take(texts, group, sites, tokenizer)
                    self._say(f"{self._rate():.0f} tokens/s")
        self._cost = replace(self._cost, seconds=time.monotonic() - self._begun)
        self._progress(self._what, self._total, self._total, f"{self._rate():.0f} tokens/s")
        return self._cost

    def _say(self, detail: str) -> None:
        self._progress(self._what, self._cost.texts, self._total, detail)

    def _on_step(self, steps: int, step: int, new: int) -> None:
        self._say(f"token {step} of {steps}, {self._rate(new):.0f} tokens/s")

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

    def _lengths(self, model: object, tokenizer: object) -> Lengths:
        """The lengths that the self-test looks at: no text of any group is longer."""
        from neurontest.trace import forced
        from neurontest.trace.selftest import Lengths

        found = [Lengths()]
        for group, _ in self._groups:
            if group.needs_text and group.generation.replay is not None:
                texts = forced.known_texts(model, tokenizer, self._store, group)
                found.extend(Lengths(len(text.row.ids), len(text.new)) for text in texts)
            else:
                new = group.generation.max_new_tokens if group.needs_text else 0
                ids = (self._store.prompts.of(prompt, group.generation).ids for prompt in group.prompts)
                found.extend(Lengths(len(one), new) for one in ids)
        return Lengths(max(one.prompt for one in found), max(one.new for one in found))

    def _batches(
        self, model: object, tokenizer: object, group: TraceGroup, missing: set[tuple[str, int]]
    ) -> list[tuple[Row, ...]]:
        """The batches that hold a missing row, whole: a row's rounding depends on what it was batched with."""
        from neurontest.trace.generation import Row, batches, check_lengths

        encoded = [(prompt, self._store.prompts.of(prompt, group.generation).ids) for prompt in group.prompts]
        for prompt, ids in encoded:
            check_rows(model, tokenizer, prompt, ids)
        rows = [Row(prompt, sample, ids) for prompt, ids in encoded for sample in range(group.generation.samples)]
        check_lengths(model, rows, group.generation)
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
