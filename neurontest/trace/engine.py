"""Who runs the plan: traces what it asks for and the store lacks, and hands out what is there."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from neurontest.errors import StoreError, TraceError
from neurontest.text import quoted
from neurontest.trace.faults import Faults
from neurontest.trace.job import Work
from neurontest.trace.locks import hold
from neurontest.trace.prompts.remembered import Prompts
from neurontest.trace.sites.find import SITES
from neurontest.trace.store import Store
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
    notices_of,
    reading_of,
    unnoticed,
)

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
    prompts : Prompts, optional
        What prompts become.

    Attributes
    ----------
    faults : Faults
        What turned out not to be traceable.
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
        prompts: Prompts | None = None,
    ) -> None:
        self._handle = handle
        self._cache_dir = cache_dir
        self._batch_size = batch_size
        self._progress = progress
        self._notice = notice
        self._prompts = prompts or Prompts(handle, cache_dir, progress, notice)
        self._store = Store(cache_dir, handle, given, notice, self._prompts)
        self._whole: dict[TraceGroup, TracePlan] = {}
        self._there: set[TraceRequest] = set()
        self.faults = Faults()
        for text in notices_of(handle):
            notice(text)

    def ensure(
        self,
        plan: TracePlan,
        groups: Collection[TraceGroup] | None = None,
        requests: Collection[TraceRequest] | None = None,
        besides: Collection[TraceRequest] = (),
    ) -> TraceRecord:
        """Trace what the store lacks.

        Parameters
        ----------
        plan : TracePlan
        groups : collection of TraceGroup, optional
            Those of the plan that are needed now; by default all.
        requests : collection of TraceRequest, optional
            What is needed of these groups; by default all of it. If one of them cannot be traced, nothing is written,
            and whoever reads it is told.
        besides : collection of TraceRequest
            What is traced as well, as far as it can be.

        Returns
        -------
        TraceRecord
            What it cost; all zero if the store had everything.

        Notes
        -----
        Groups are traced whole, as far as the model can be traced, whatever is needed of them: so batches, and with
        them the last digits, do not depend on it. One that was found or made whole is not looked at again: each file of
        it would be opened for each family.

        Raises
        ------
        TraceError
            If a prompt, module or activation is at fault, and no requests are named.
        ModelError
            If the model cannot be loaded.
        StoreError
            If the cache cannot be written to.
        """
        chosen = [group for group in plan.groups if groups is None or group in groups]
        wanted = [group for group in chosen if group not in self._whole]
        for group in wanted:
            _check(group)
            self._understand(group)

        def fault() -> TraceError | None:
            if requests is None:
                return self.faults.within(chosen)
            return next(filter(None, map(self.faults.of, requests)), None)

        asked = None if requests is None else [one for one in (*requests, *besides) if one not in self._there]
        cost = TraceRecord()
        if self._lacks(wanted, asked):
            # All that is asked for: a group of which the texts are read may have lost them since it was found whole.
            cost = self._trace(plan, chosen, lambda: fault() is not None)
        elif asked is not None:
            self._there.update(asked)
            return cost
        found = fault()
        if found is None:
            self._whole.update(dict.fromkeys(wanted, plan))
        elif requests is None:
            raise found
        return cost

    def _understand(self, group: TraceGroup) -> None:
        """Find what the prompts of a group become; those that become nothing that can be traced are its faults."""
        sound = self._sound(group, group.prompts)
        same = Counter(self._prompts.of(prompt, group.generation).ids for prompt in sound)
        alike = [prompt for prompt in sound if same[self._prompts.of(prompt, group.generation).ids] > 1]
        try:
            self._prompts.ensure(alike, group.generation)
        except TraceError as error:
            self.faults.note(group, error, text=True, prompts=alike)

    def _sound(self, group: TraceGroup, prompts: Sequence[str]) -> Sequence[str]:
        # By halves: each attempt reads the tokenizer anew, and most prompts of most groups are sound.
        try:
            self._prompts.ensure(prompts, group.generation)
        except TraceError as error:
            if len(prompts) > 1:
                middle = len(prompts) // 2
                return [*self._sound(group, prompts[:middle]), *self._sound(group, prompts[middle:])]
            self.faults.note(group, error, text=True, prompts=prompts)
            return ()
        return prompts

    def _lacks(self, groups: Sequence[TraceGroup], requests: Sequence[TraceRequest] | None) -> bool:
        """Whether something of these groups is not there; with requests, something of these."""
        if requests is None:
            return any(self._missing(group) for group in groups)
        ways = {(group.generation, group.match) for group in groups}
        return any(
            self._store.missing(one.prompts, one.generation, (one.site,), (one.positions,))
            for one in requests
            if (one.generation, reading_of(one.positions).match) in ways
        )

    def forget(self) -> None:
        """Look at everything again when it is asked for: something of it is gone."""
        self._whole.clear()
        self._there.clear()

    def _trace(self, plan: TracePlan, wanted: Collection[TraceGroup], is_in_vain: Callable[[], bool]) -> TraceRecord:
        # Workers that wait here find everything traced when they come in, and then load nothing.
        with hold(self._cache_dir, f"trace-{self._plan_key(plan)}", self._what, self._progress):
            run = Work(self._handle, self._store, self._batch_size, self._progress, self._what, self.faults, is_in_vain)
            for group in (part for whole in wanted for part in whole.passes):
                if self._missing(group):
                    run.add(group)
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
            If one of them cannot be traced, or no position of a prompt's texts counts.
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
                    fault = self.faults.of(request)
                    if fault is not None:
                        raise fault
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
        TraceError
            If the model cannot write it.
        """
        try:
            return self._texts(prompts, generation)
        except StoreError:
            groups = [one for one in self._whole if one.generation == generation and one.needs_text and not one.match]
            holding = [one for one in groups if set(prompts) <= set(one.prompts)]
            if not holding:
                raise
            self._trace(self._whole[holding[0]], holding[:1], _never)
        return self._texts(prompts, generation)

    def _texts(self, prompts: Sequence[str], generation: Generation) -> tuple[Continuation, ...]:
        texts = []
        for prompt in prompts:
            for sample in range(self._store.samples(prompt, generation)):
                text = self._store.read_text(self._store.text_key(prompt, sample, generation))
                if text is None:
                    fault = self.faults.of_texts([prompt], generation)
                    if fault is not None:
                        raise fault
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
                again = [one for one in plan.groups if one in (group, _writer(plan, group))]
                self._trace(plan, again, _never)
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


def _never() -> bool:
    return False


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
