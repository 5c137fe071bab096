"""Who runs the plan: traces what it asks for and the store lacks, and hands out what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from neurontest.errors import StoreError, TraceError
from neurontest.trace.locks import hold
from neurontest.trace.sites import SITES
from neurontest.trace.store import Store
from neurontest.trace.work import Work
from neurontest.types import (
    Activations,
    Continuation,
    Generation,
    GivenText,
    ModelHandle,
    Notice,
    Positions,
    Progress,
    TraceGroup,
    TracePlan,
    TraceRecord,
    TraceRequest,
    reading_of,
    unnoticed,
)
from neurontest.words import quoted

if TYPE_CHECKING:
    import numpy.typing as npt


POSITIONS = ("generated", "last", "prompt")

#: Above this part of the norm the first position weighs more than all others of a prompt together: a mean over the
#: prompt is then mostly that of a token which, whatever it is, models give hundreds of times the activations of others.
DOMINATES = 0.5


class Tracer:
    """Traces of one model.

    Parameters
    ----------
    handle : ModelHandle
        Loaded only if something is missing.
    cache_dir : Path
        Where traces are kept.
    batch_size : int
        Texts written side by side; halved where memory does not suffice, which may move activations within rounding.
    progress : Progress
    given : mapping from file to mapping from prompt to tuple of GivenText, optional
        What `replay` of a generation names.
    notice : Notice, optional
        Told of what a reader of the results should know.
    """

    def __init__(
        self,
        handle: ModelHandle,
        *,
        cache_dir: Path,
        batch_size: int,
        progress: Progress,
        given: Mapping[str, Mapping[str, tuple[GivenText, ...]]] | None = None,
        notice: Notice = unnoticed,
    ) -> None:
        self._handle = handle
        self._cache_dir = cache_dir
        self._batch_size = batch_size
        self._progress = progress
        self._notice = notice
        self._store = Store(cache_dir, handle, given, notice)
        self._whole: dict[TraceGroup, TracePlan] = {}

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
        asked = [group for group in plan.groups if groups is None or group in groups]
        wanted = [group for group in asked if group not in self._whole]
        for group in wanted:
            _check(group)
        # All that is asked for: a group of which the texts are read may have lost them since it was found whole.
        cost = self._trace(plan, asked) if any(self._missing(group) for group in wanted) else TraceRecord()
        self._whole.update(dict.fromkeys(wanted, plan))
        return cost

    def _trace(self, plan: TracePlan, wanted: Collection[TraceGroup]) -> TraceRecord:
        # Workers that wait here find everything traced when they come in, and then load nothing.
        with hold(self._cache_dir, f"trace-{self._plan_key(plan)}", self._what, self._progress):
            run = Work(self._handle, self._store, self._batch_size, self._progress, self._what)
            for group in (part for whole in wanted for part in whole.passes):
                missing = self._missing(group)
                if missing:
                    run.add(group, missing)
            return run.trace()

    def activations(self, request: TraceRequest) -> Activations:
        """Activations that were traced, averaged over samples; rows in the order of the request's prompts.

        Samples of which no position counts are left out of their prompt's average. What was damaged since it was
        traced, is traced again.

        Raises
        ------
        StoreError
            If one of them was never traced.
        TraceError
            If no position of a prompt's texts counts.
        """
        try:
            return self._averaged(request)
        except StoreError:
            if not self._trace_again(request):
                raise
        return self._averaged(request)

    def _averaged(self, request: TraceRequest) -> Activations:
        import numpy as np

        rows: list[npt.NDArray[np.float32]] = []
        shapes: set[tuple[int, int, int | None]] = set()
        dominated: list[str] = []
        for prompt in request.prompts:
            total: npt.NDArray[np.float64] | None = None
            samples = 0
            for sample in range(self._store.samples(prompt, request.generation, request.positions)):
                key = self._store.key(prompt, sample, request.generation, request.site, request.positions)
                trace = self._store.read(key)
                if trace is None:
                    raise StoreError(
                        f"The activations of the prompt {quoted(prompt)} (sample {sample}, site {request.site}, "
                        f"positions {reading_of(request.positions).positions}) are not in "
                        f"{self._cache_dir}; run again to trace them."
                    )
                shapes.add((trace.layers, trace.width, trace.heads))
                if trace.first is not None and trace.first > DOMINATES:
                    dominated.append(prompt)
                if not trace.values.size:
                    continue
                values = trace.values.astype(np.float64)
                total = values if total is None else total + values
                samples += 1
            if total is None:
                raise _nothing_counts(prompt, request.positions)
            rows.append((total / samples).astype(np.float32))
        if len(shapes) != 1:
            raise StoreError(
                f"The traces at site {request.site} are of {len(shapes)} different shapes; "
                f"remove {self._cache_dir}/traces and run again."
            )
        layers, width, heads = shapes.pop()
        values32 = np.stack(rows)
        digest = hashlib.sha256(repr(values32.shape).encode() + values32.astype("<f4", copy=False).tobytes())
        return Activations(values32, layers, width, digest.hexdigest(), tuple(dict.fromkeys(dominated)), heads)

    def continuations(self, prompts: Sequence[str], generation: Generation) -> tuple[Continuation, ...]:
        """What the model wrote, prompt by prompt and sample by sample; traced again if it was damaged since.

        Raises
        ------
        StoreError
            If a text was never traced.
        """
        try:
            return self._texts(prompts, generation)
        except StoreError:
            groups = [one for one in self._whole if one.generation == generation and one.needs_text and not one.match]
            holding = [one for one in groups if set(prompts) <= set(one.prompts)]
            if not holding:
                raise
            self._trace(self._whole[holding[0]], holding[:1])
        return self._texts(prompts, generation)

    def _texts(self, prompts: Sequence[str], generation: Generation) -> tuple[Continuation, ...]:
        texts = []
        for prompt in prompts:
            for sample in range(self._store.samples(prompt, generation)):
                text = self._store.read_text(self._store.text_key(prompt, sample, generation))
                if text is None:
                    raise StoreError(
                        f"What the model wrote to the prompt {quoted(prompt)} (sample {sample}) is not in "
                        f"{self._cache_dir}; run again to trace it."
                    )
                texts.append(text)
        return tuple(texts)

    def _trace_again(self, request: TraceRequest) -> bool:
        """Trace what was there before and is there no more; whether there is such a thing."""
        match = reading_of(request.positions).match
        for group, plan in self._whole.items():
            if group.generation == request.generation and group.match == match and _holds(group, request):
                self._trace(plan, [one for one in plan.groups if one in (group, _writer(plan, group))])
                return True
        if not self._store.was_damaged(request.prompts, request.generation, request.site, request.positions):
            return False
        # Of another run's plan, which is not known here: alone, it may come out different within rounding.
        prompts = tuple(sorted(set(request.prompts)))
        alone = TraceGroup(request.generation, prompts, (request.site,), (request.positions,))
        texts = TraceGroup(request.generation, prompts, (), ())
        self.ensure(TracePlan((texts, alone) if match and alone.needs_text else (alone,)))
        return True

    @property
    def _what(self) -> str:
        return f"tracing {self._handle.name}"

    def _missing(self, group: TraceGroup) -> set[tuple[str, int]]:
        return self._store.missing(group.prompts, group.generation, group.sites, group.positions)

    def _plan_key(self, plan: TracePlan) -> str:
        handle = self._handle
        model = [handle.fingerprint, handle.dtype, handle.device, handle.attention]
        return hashlib.sha256(msgspec.json.encode([model, plan])).hexdigest()[:32]


def _holds(group: TraceGroup, request: TraceRequest) -> bool:
    return (
        request.site in group.sites
        and request.positions in group.positions
        and set(request.prompts) <= set(group.prompts)
    )


def _writer(plan: TracePlan, group: TraceGroup) -> TraceGroup | None:
    """The group in which the texts are written that a group finds a word in."""
    return next((one for one in plan.groups if one.generation == group.generation and not one.match), None)


def _nothing_counts(prompt: str, positions: Positions) -> TraceError:
    reading = reading_of(positions)
    tokens = f"tokens of the word {reading.match!r}" if reading.match else "tokens"
    place = "The prompt" if reading.positions == "prompt" else "What follows the prompt"
    left = f" beyond the first {reading.exclude_first} (exclude_first)" if reading.exclude_first else ""
    return TraceError(
        f"{place} {quoted(prompt)} has no {tokens} to be read{left}; change the prompt, or what is read of it."
    )


def _check(group: TraceGroup) -> None:
    positions = [reading_of(where).positions for where in group.positions]
    for name, values, valid in (("site", group.sites, SITES), ("positions", positions, POSITIONS)):
        for value in values:
            if value not in valid:
                raise TraceError(f"{name}: {value} cannot be traced; valid: {', '.join(valid)}.")
