"""Who runs the plan: traces what it asks for and the store lacks, and hands out what is there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from neurontest.errors import StoreError, TraceError
from neurontest.trace.architecture import check_writes
from neurontest.trace.locks import hold
from neurontest.trace.sites import SITES, Site
from neurontest.trace.store import Store, Trace
from neurontest.types import (
    Activations,
    Continuation,
    Generation,
    ModelHandle,
    Progress,
    TraceGroup,
    TracePlan,
    TraceRecord,
    TraceRequest,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from neurontest.trace.generation import Row, Written

POSITIONS = ("generated", "last")


class Tracer:
    """Traces of one model.

    Parameters
    ----------
    handle : ModelHandle
        Loaded only if something is missing.
    cache_dir : Path
        Where traces are kept.
    batch_size : int
        Texts written side by side.
    progress : Progress
    """

    def __init__(self, handle: ModelHandle, *, cache_dir: Path, batch_size: int, progress: Progress) -> None:
        self._handle = handle
        self._cache_dir = cache_dir
        self._batch_size = batch_size
        self._progress = progress
        self._store = Store(cache_dir, handle)
        self._whole: set[TraceGroup] = set()

    def ensure(self, plan: TracePlan, groups: Collection[TraceGroup] | None = None) -> TraceRecord:
        """Trace what the store lacks.

        Parameters
        ----------
        plan : TracePlan
        groups : collection of TraceGroup, optional
            Those of the plan that are needed now; by default all.

        Returns
        -------
        TraceRecord
            What it cost; all zero if the store had everything.

        Notes
        -----
        A group that was found or made whole is not looked at again: each file of it would be opened for each family.

        Raises
        ------
        TraceError
            If a prompt, module or activation is at fault. What was traced before stays; nothing is half-written.
        ModelError
            If the model cannot be loaded.
        StoreError
            If the cache cannot be written to.
        """
        wanted = [group for group in plan.groups if (groups is None or group in groups) and group not in self._whole]
        for group in wanted:
            _check(group)
        cost = self._trace(plan, wanted) if any(self._missing(group) for group in wanted) else TraceRecord()
        self._whole.update(wanted)
        return cost

    def _trace(self, plan: TracePlan, wanted: Collection[TraceGroup]) -> TraceRecord:
        # Workers that wait here find everything traced when they come in, and then load nothing.
        with hold(self._cache_dir, f"trace-{self._plan_key(plan)}", self._what, self._progress):
            run = _Run(self._handle, self._store, self._batch_size, self._progress, self._what)
            for group in wanted:
                missing = self._missing(group)
                if missing:
                    run.add(group, missing)
            return run.trace()

    def activations(self, request: TraceRequest) -> Activations:
        """Activations that were traced, averaged over samples; rows in the order of the request's prompts.

        Raises
        ------
        StoreError
            If one of them is not in the store.
        """
        import numpy as np

        rows: list[npt.NDArray[np.float32]] = []
        shapes: set[tuple[int, int, int | None]] = set()
        samples = request.generation.samples
        for prompt in request.prompts:
            total: npt.NDArray[np.float64] | None = None
            for sample in range(samples):
                key = self._store.key(prompt, sample, request.generation, request.site, request.positions)
                trace = self._store.read(key)
                if trace is None:
                    raise StoreError(
                        f"The activations of the prompt {prompt!r} (sample {sample}, site {request.site}, positions "
                        f"{request.positions}) are not in {self._cache_dir}; run again to trace them."
                    )
                shapes.add((trace.layers, trace.width, trace.heads))
                values = trace.values.astype(np.float64)
                total = values if total is None else total + values
            if total is not None:
                rows.append((total / samples).astype(np.float32))
        if len(shapes) != 1:
            raise StoreError(
                f"The traces at site {request.site} are of {len(shapes)} different shapes; "
                f"remove {self._cache_dir}/traces and run again."
            )
        layers, width, heads = shapes.pop()
        values32 = np.stack(rows)
        digest = hashlib.sha256(repr(values32.shape).encode() + values32.astype("<f4", copy=False).tobytes())
        return Activations(values32, layers, width, digest.hexdigest(), heads)

    def continuations(self, prompts: Sequence[str], generation: Generation) -> tuple[Continuation, ...]:
        """What the model wrote, prompt by prompt and sample by sample.

        Raises
        ------
        StoreError
            If a text is not in the store.
        """
        texts = []
        for prompt in prompts:
            for sample in range(generation.samples):
                text = self._store.read_text(self._store.text_key(prompt, sample, generation))
                if text is None:
                    raise StoreError(
                        f"What the model wrote to the prompt {prompt!r} (sample {sample}) is not in {self._cache_dir}; "
                        "run again to trace it."
                    )
                texts.append(text)
        return tuple(texts)

    @property
    def _what(self) -> str:
        return f"tracing {self._handle.name}"

    def _missing(self, group: TraceGroup) -> set[tuple[str, int]]:
        return self._store.missing(group.prompts, group.generation, group.sites, group.positions)

    def _plan_key(self, plan: TracePlan) -> str:
        handle = self._handle
        model = [handle.fingerprint, handle.dtype, handle.device, handle.attention]
        return hashlib.sha256(msgspec.json.encode([model, plan])).hexdigest()[:32]


class _Run:
    """The batches of one call: gathered first, so that progress knows how many texts there are."""

    def __init__(self, handle: ModelHandle, store: Store, batch_size: int, progress: Progress, what: str) -> None:
        self._handle, self._store, self._batch_size = handle, store, batch_size
        self._progress, self._what = progress, what
        self._groups: list[tuple[TraceGroup, set[tuple[str, int]]]] = []

    def add(self, group: TraceGroup, missing: set[tuple[str, int]]) -> None:
        self._groups.append((group, missing))

    def trace(self) -> TraceRecord:
        if not self._groups:
            return TraceRecord()
        self._progress(self._what, 0, 1, "loading the model")
        model, tokenizer = self._handle.load()
        from neurontest.trace import generation
        from neurontest.trace.quiet import quiet
        from neurontest.trace.selftest import checked_sites

        with quiet():
            for group, _ in self._groups:
                if set(group.positions) - {"prompt"}:
                    check_writes(model)
            found = {
                sites: checked_sites(model, sites, padded=self._batch_size > 1)
                for sites in sorted({group.sites for group, _ in self._groups})
            }
            work = [
                (group, found[group.sites], batch)
                for group, missing in self._groups
                for batch in self._batches(model, tokenizer, group, missing)
            ]
            total = sum(len(batch) for _, _, batch in work)
            texts = tokens = near = 0
            begun = time.monotonic()

            for group, sites, batch in work:
                steps = group.generation.max_new_tokens

                def on_step(
                    step: int, new: int, *, done: int = texts, before: int = tokens, steps: int = steps
                ) -> None:
                    rate = (before + new) / max(time.monotonic() - begun, 1e-9)
                    self._progress(self._what, done, total, f"token {step} of {steps}, {rate:.0f} tokens/s")

                written = generation.write(
                    model, tokenizer, batch, group.generation, sites, group.positions, on_step=on_step
                )
                for text in written:
                    self._keep(text, group, sites, tokenizer)
                texts += len(written)
                tokens += sum(len(text.ids) for text in written)
                near += sum(text.near_boundary for text in written)
            seconds = time.monotonic() - begun
        self._progress(self._what, total, total, f"{tokens / max(seconds, 1e-9):.0f} tokens/s")
        return TraceRecord(texts, tokens, seconds, near)

    def _batches(
        self, model: object, tokenizer: object, group: TraceGroup, missing: set[tuple[str, int]]
    ) -> list[tuple[Row, ...]]:
        """The batches that hold a missing row, whole: a row's rounding depends on what it was batched with."""
        from neurontest.trace.generation import Row, batches, check_lengths, encode

        encoded = [(prompt, encode(tokenizer, prompt, group.generation)) for prompt in group.prompts]
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
                key = self._store.key(prompt, sample, group.generation, site.name, where)
                values = written.activations[site.name, where]
                self._store.write(key, Trace(values, site.layers, site.width, heads=site.heads))
        text = Continuation(
            prompt=prompt,
            sample=sample,
            text=tokenizer.decode(list(written.ids), skip_special_tokens=True),  # type: ignore[attr-defined]
            tokens=len(written.ids),
            ended=written.ended,
            near_boundary=written.near_boundary,
        )
        self._store.write_text(self._store.text_key(prompt, sample, group.generation), text)


def _check(group: TraceGroup) -> None:
    for name, values, valid in (("site", group.sites, SITES), ("positions", group.positions, POSITIONS)):
        for value in values:
            if value not in valid:
                raise TraceError(f"{name}: {value} cannot be traced; valid: {', '.join(valid)}.")
