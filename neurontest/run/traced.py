"""The traces of a suite: asked for family by family, read one by one, and mended where they are gone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from neurontest.claims.base import Claim
from neurontest.claims.suite import Suite
from neurontest.errors import EvidenceError, StoreError, TraceError
from neurontest.plan import group_of, groups_for, make_plan, shown_requests
from neurontest.trace.engine import Tracer
from neurontest.types import (
    Activations,
    Continuation,
    Generation,
    Notice,
    TraceGroup,
    TracePlan,
    TraceRecord,
    TraceRequest,
    reading_of,
)


class Traced:
    """What was traced of a suite.

    Parameters
    ----------
    suite : Suite
    tracer : Tracer
    notice : Notice
        Told of what a reader of the results should know.
    loads : bool
        False where others have traced, and what is not there is not to be had.

    Attributes
    ----------
    plan : TracePlan
    cost : TraceRecord
        What tracing cost so far.
    found : dict from TraceRequest to Activations
        What was read so far.
    """

    def __init__(self, suite: Suite, tracer: Tracer, notice: Notice, *, loads: bool = True) -> None:
        self.plan = make_plan(suite)
        self.cost = TraceRecord()
        self.found: dict[TraceRequest, Activations] = {}
        self.tracer = tracer
        self._suite, self._notice, self._loads = suite, notice, loads
        self._asked: dict[TraceGroup, None] = {}
        self._planned: dict[TraceRequest, bool] = {}

    def ask(self, requests: Collection[TraceRequest], plan: TracePlan | None = None) -> None:
        """Have traces made, and those of the report's figures on the way; what is there is not made again.

        Raises
        ------
        NeurontestError
            If the model cannot be had, or the cache not be written to. What of the requests cannot be traced is told
            where it is read.
        """
        plan = plan or self.plan
        groups = groups_for(plan, requests)
        besides = [one for one in shown_requests(self._suite) if group_of(plan, one) in groups]
        if self._loads:
            self.cost += self.tracer.ensure(plan, groups, list(requests), besides)
        if any(map(self.tracer.faults.of, requests)):
            return  # Nothing was traced on their behalf.
        self._asked.update(dict.fromkeys(groups))
        for one in besides:
            fault = self.tracer.faults.of(one)
            if fault is not None:
                self._notice(f"the report's figures are not whole: {fault}")

    def read(self, request: TraceRequest) -> Activations:
        """Traces that are there.

        Raises
        ------
        TraceError
            If they cannot be traced.
        StoreError
            If they are not there, since nobody asked for them, or can no longer be read.
        """
        if request not in self.found:
            self._fail_for(request)
            try:
                self.found[request] = self.tracer.activations(request)
            except StoreError:
                if not (self._loads and self.was_asked_for(request)):
                    raise
                positions = reading_of(request.positions).positions
                self._notice(f"traces at site {request.site}, positions {positions}, were gone and were made anew")
                self.tracer.forget()
                self.ask([request])
                self.found[request] = self.tracer.activations(request)
        return self.found[request]

    def read_for(self, asked: Mapping[TraceRequest, Claim]) -> dict[TraceRequest, Activations]:
        """Traces that claims ask for; as :meth:`read`, and the claim at fault is named."""
        # First: where one of them cannot be traced, the others were not.
        self.fail_for(asked)
        out = {}
        for request, claim in asked.items():
            with asked_by(claim):
                out[request] = self.read(request)
        return out

    def fail_for(self, asked: Mapping[TraceRequest, Claim]) -> None:
        """Raise what kept traces from being made, if anything did; the claim at fault is named.

        Raises
        ------
        TraceError
            If so.
        """
        for request, claim in asked.items():
            with asked_by(claim):
                self._fail_for(request)

    def _fail_for(self, request: TraceRequest) -> None:
        fault = self.tracer.faults.of(request)
        if fault is not None:
            raise fault

    def texts(self, prompts: tuple[str, ...], generation: Generation | None = None) -> tuple[Continuation, ...]:
        """What the model wrote, or was given, by default under the suite's own settings.

        Raises
        ------
        TraceError
            If it cannot be written.
        StoreError
            If it is not there.
        """
        return self.tracer.continuations(prompts, generation or self._suite.generation)

    def is_planned(self, request: TraceRequest) -> bool:
        """Whether the suite asks for this somewhere, or for what is traced together with it."""
        if request not in self._planned:
            self._planned[request] = group_of(self.plan, request) is not None
        return self._planned[request]

    def was_asked_for(self, request: TraceRequest) -> bool:
        """Whether something was asked for that this is traced with, so that it should be there."""
        return group_of(TracePlan(tuple(self._asked)), request) is not None

    def wrote(self, prompts: Collection[str], generation: Generation | None = None) -> bool:
        """The same of texts, by default under the suite's own settings."""
        return any(
            group.needs_text
            and set(prompts) <= set(group.prompts)
            # What the model writes of its own for a word's sake has a group beside, without the word.
            and (not group.match or group.generation.replay is not None)
            for group in self._asked
            if group.generation == (generation or self._suite.generation)
        )


@contextmanager
def asked_by(claim: Claim) -> Iterator[None]:
    """Name the claim in what goes wrong on its behalf: a family fails as a whole, and any of it would seem at fault."""
    try:
        yield
    except (TraceError, StoreError, EvidenceError) as error:
        if str(error).startswith(f"{claim.node}: "):
            raise
        raise type(error)(f"{claim.node}: {error}") from error
