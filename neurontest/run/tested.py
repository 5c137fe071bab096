"""The claims of a suite on a model: families are traced and tested when first asked about, whole, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurontest.claims.base import Claim, Traces
from neurontest.claims.suite import Family, Suite
from neurontest.errors import EvidenceError
from neurontest.evidence.rates import with_error_rates
from neurontest.kinds.causal import Necessary
from neurontest.plan import make_plan, shown_requests
from neurontest.run.cache import Cache, evidence_key, text_digests
from neurontest.run.engines import Engines
from neurontest.run.known import KnownModel
from neurontest.run.record.processor import processor
from neurontest.run.record.shown import Shown
from neurontest.run.traced import Traced, asked_by
from neurontest.run.watch import Watch
from neurontest.text import together
from neurontest.trace.prompts.remembered import Prompts
from neurontest.types import (
    Activations,
    Finding,
    Generation,
    GivenText,
    ModelHandle,
    ModelRecord,
    NeuronSet,
    OverlapMatrix,
    PerPrompt,
    Progress,
    Thresholds,
    TraceRecord,
    TraceRequest,
    notices_of,
    silent,
)

if TYPE_CHECKING:
    from neurontest.run.since.against import Against


class Tested:
    """The claims of a suite on one model, and the neuron sets that they are about.

    Parameters
    ----------
    suite : Suite
    handle : ModelHandle
        Loaded only if a trace is missing.
    cache_dir : Path
        Where traces and evidence are kept.
    batch_size : int
        Texts written side by side.
    progress : Progress
        Told of what is traced and tested.
    moment : datetime, optional
        What chat templates take for the time; by default now. One for all processes of a run.
    against : Against, optional
        A reference that the claims are held against.
    engines : Engines, optional
        What traces and scores; by default this process.
    """

    def __init__(
        self,
        suite: Suite,
        handle: ModelHandle,
        *,
        cache_dir: Path,
        batch_size: int = 128,
        progress: Progress = silent,
        moment: datetime | None = None,
        against: Against | None = None,
        engines: Engines | None = None,
    ) -> None:
        self.suite = suite
        self.against = against
        self._handle = handle
        self._progress = progress
        self._notices: dict[str, None] = {}
        self._watch = Watch()
        self._prompts = Prompts(handle, cache_dir, progress, self.notice, moment)
        self._engines = engines or Engines()
        told: dict[str, Any] = {"cache_dir": cache_dir, "progress": progress, "notice": self.notice}
        tracer = self._engines.tracer(handle, self._prompts, batch_size=batch_size, given=suite.given, **told)
        self._traces = Traced(suite, tracer, self.notice, loads=self.loads)
        self._scorer = self._engines.scorer(handle, self._prompts, tracer.continuations, **told)
        self._cache = Cache(cache_dir, Finding, self.notice)
        self._findings: dict[str, Mapping[str, Finding]] = {}
        self._shown = Shown(suite, self._traces, self.notice)

    def notice(self, text: str) -> None:
        """Note what a reader of the results should know, once: the record holds it among its warnings."""
        self._notices.setdefault(text)

    @property
    def loads(self) -> bool:
        """Whether this process can load the model; else it reads what others have traced."""
        return not isinstance(self._handle, KnownModel)

    def noticed(self) -> list[str]:
        """What a reader of the results should know, each once."""
        # A handle is made before its runs, and tells what it noticed of the model's files to all of them.
        return list(dict.fromkeys((*self._notices, *notices_of(self._handle))))

    # Evidence.

    def findings(self, family: Family) -> Mapping[str, Finding]:
        """Evidence and verdicts of all claims of a family but those marked ``skip``, by claim id.

        The family is always evaluated whole, so what else was asked for changes no p-value.

        Raises
        ------
        NeurontestError
            If the model cannot be had, tracing fails or the traces cannot answer a claim.
        """
        if family.file not in self._findings:
            self._findings[family.file] = self._cached(family, self.traces(family))
        return self._findings[family.file]

    def finding(self, claim: Claim) -> Finding:
        """Evidence and verdict of one claim of the suite."""
        for family in self.suite.families:
            if family.file == claim.where.file:
                return self.findings(family)[claim.id]
        raise EvidenceError(f"{claim.node} is no claim of the suite {self.suite.folder}")

    def check(self, claim: str | Mapping[str, object]) -> tuple[Claim, Finding]:
        """Evidence and verdict of a claim that stands in no file: a family of its own, whose p-value is not corrected.

        Raises
        ------
        SpecError
            If it is no valid claim of this suite.
        """
        from neurontest.spec.single import claim_from

        asked = claim_from(self.suite, claim)
        family = Family(asked.where.file, (asked,), asked.statistics)
        requests = dict.fromkeys(asked.kind.requests(asked), asked)
        self._traces.ask(requests, make_plan(replace(self.suite, families=(*self.suite.families, family))))
        return asked, self._cached(family, self._traces.read_for(requests))[asked.id]

    def _cached(self, family: Family, traces: Mapping[TraceRequest, Activations]) -> Mapping[str, Finding]:
        found = self._cache.keep_or_find(self._key(family, traces), lambda: self._test(family, traces))
        # Looked up anew each time: what was measured of a test may be told after its evidence was kept.
        return {
            claim.id: replace(found[claim.id], evidence=with_error_rates(claim, found[claim.id].evidence))
            for claim in family.tested
        }

    def _key(self, family: Family, traces: Mapping[TraceRequest, Activations]) -> str:
        """Name of a family's evidence."""
        digests = [*(found.digest for found in traces.values()), *text_digests(family, self.suite.given)]
        reference = self.against.looked_at(family) if self.against is not None else ""
        return evidence_key(family, self._computes, digests, reference)

    @property
    def _computes(self) -> tuple[str, ...]:
        """What names the model and how it computes, the number of the device aside."""
        handle = self._handle
        return handle.fingerprint, handle.dtype, handle.device.split(":")[0], handle.attention

    def _test(self, family: Family, traces: Mapping[TraceRequest, Activations]) -> dict[str, Finding]:
        from neurontest.evidence.copies import copies_of
        from neurontest.run.settle import settle
        from neurontest.verdict import judge

        test = self.against.test if self.against is not None else None
        copies = {claim.id: copies_of(claim, traces) for claim in family.tested}
        evidence = settle(family, self._scored(family, traces), self._progress, self._watch, copies, test)
        verdicts = judge(family, evidence)
        return {one: Finding(evidence[one], verdicts[one]) for one in evidence}

    def _scored(self, family: Family, traces: Mapping[TraceRequest, Activations]) -> Mapping[TraceRequest, Activations]:
        """The traces, and what causal claims must know of the model with neurons forced."""
        from neurontest.evidence.procedure import procedure_of
        from neurontest.stats.family.correction import thresholds

        asked = family.statistics
        grid = Thresholds.of(*thresholds(asked.alpha, len(family.tested), asked.correction))
        known = dict(traces)
        for claim in family.tested:
            while wanted := procedure_of(claim.kind).scores(claim, known, grid):
                with self._watch.on(claim), asked_by(claim):
                    known.update((request, self._scorer.scores(request)) for request in wanted)
        return known

    def digests(self, claim: Claim) -> tuple[str, ...]:
        """Digests of all traces that a claim looks at."""
        return tuple(self.read(request).digest for request in claim.kind.requests(claim))

    def release(self) -> None:
        """Forget the activations that were read, to make room; they are read again when they are needed."""
        self._traces.found.clear()

    def seconds(self, claim: Claim) -> float:
        """What testing this claim took, and its replay where concepts mean nothing; tracing aside.

        About 0 if its evidence was found in the cache, or nobody asked about it.
        """
        return self._watch.spent.get(claim.node, 0.0)

    # Traces.

    def traces(self, family: Family) -> dict[TraceRequest, Activations]:
        """All that a family's claims look at; traced if need be.

        Raises
        ------
        NeurontestError
            If the model cannot be had, or tracing fails.
        """
        asked = asked_of(family)
        self._traces.ask(asked)
        return self._traces.read_for(asked)

    def trace(self) -> None:
        """Trace all that the claims look at and the report shows, and test nothing; :attr:`cost` tells what it cost.

        Raises
        ------
        NeurontestError
            If the model cannot be had, or tracing fails.
        """
        asked: dict[TraceRequest, Claim] = {}
        for family in self.suite.families:
            asked = {**asked_of(family), **asked}
        self._traces.ask(asked or list(shown_requests(self.suite)))
        self._traces.fail_for(asked)

    @property
    def reads_more(self) -> str:
        """The ids of claims that read texts once more when they are tested, with neurons set to other values."""
        return together([one.id for one in self.suite.claims if one.skip is None and one.kind.reads_texts])

    def alone(self, claim: Claim, traces: Traces) -> tuple[PerPrompt, ...]:
        """What ablating a claim's set takes from each prompt, random sets aside.

        Raises
        ------
        TypeError
            If it ablates none.
        NeurontestError
            If the model cannot be had, or something cannot be scored.
        """
        if not isinstance(claim.kind, Necessary):
            raise TypeError(f"{claim.node} ablates no set")
        from neurontest.evidence.causal.necessary import losses_alone

        known = dict(traces)
        while True:
            found, wanted = losses_alone(claim, known)
            if not wanted:
                return found
            known.update((request, self._scorer.scores(request)) for request in wanted)

    def written(self) -> dict[Generation, dict[str, tuple[GivenText, ...]]]:
        """What the model has written in each way that the suite asks for, by prompt, as texts that can be given.

        Raises
        ------
        TraceError, StoreError
            If some text cannot be had.
        """
        out: dict[Generation, dict[str, tuple[GivenText, ...]]] = {}
        for group in self._traces.plan.groups:
            if group.generation.replay is not None or not group.needs_text or group.match:
                continue
            own = out.setdefault(group.generation, {})
            for one in self._traces.tracer.continuations(group.prompts, group.generation):
                own[one.prompt] = (*own.get(one.prompt, ()), GivenText(one.text, one.ids, one.ended))
        return out

    @property
    def cost(self) -> TraceRecord:
        """What tracing cost so far."""
        return self._traces.cost

    def read(self, request: TraceRequest) -> Activations:
        """Traces that are there; as :meth:`neurontest.run.traced.Traced.read`."""
        return self._traces.read(request)

    @property
    def model(self) -> ModelRecord:
        """The model's facts."""
        handle = self._handle
        return ModelRecord(handle.name, handle.fingerprint, handle.dtype, handle.device, handle.attention, processor())

    @property
    def model_name(self) -> str:
        """As the suite or a person names it; nothing is looked at for it."""
        return self._handle.name

    # Neuron sets.

    def sets(self, concept: str) -> NeuronSet:
        """The neuron set of a concept at the suite's own selection; traced if need be.

        Raises
        ------
        KeyError
            If the suite has no such concept.
        EvidenceError
            If it is a published set, which nothing was traced for.
        """
        selection = self.suite.selection
        if self.suite.concepts[concept].published:
            raise EvidenceError(
                f"{concept!r} is a published set: it is not selected from traces;"
                f" its neurons are concepts[{concept!r}].published of the suite"
            )
        requests = self._shown.requests(self.suite.concepts[concept], selection)
        self._traces.ask(requests, make_plan(self.suite, requests))
        return self._shown.set_of(concept, selection)

    def activations(self, concept: str) -> Activations:
        """What a concept's prompts activate at the suite's own site and positions, not normalized; traced if need be.

        Raises
        ------
        KeyError, EvidenceError
            As :meth:`sets`.
        """
        self.sets(concept)
        return self._traces.read(self._shown.requests(self.suite.concepts[concept], self.suite.selection)[0])

    def overlaps(self) -> tuple[OverlapMatrix, ...]:
        """What every two concepts share, at the suite's own selection, raw and normalized; traced if need be.

        Raises
        ------
        NeurontestError
            If the model cannot be had, or the cache not be written to.
        """
        self._traces.ask(list(shown_requests(self.suite)))
        return self._shown.matrices()


def asked_of(family: Family) -> dict[TraceRequest, Claim]:
    """What a family's claims request, and the first that does."""
    asked: dict[TraceRequest, Claim] = {}
    for claim in family.tested:
        for request in claim.kind.requests(claim):
            asked.setdefault(request, claim)
    return asked
