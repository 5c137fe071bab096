"""A suite against a model: families are traced and tested when first asked about, whole, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from neurontest.claims import kind_named
from neurontest.claims.rates import with_error_rates
from neurontest.errors import EvidenceError, ModelError, TraceError
from neurontest.plan import make_plan
from neurontest.run import nulls
from neurontest.run.against import Against
from neurontest.run.assemble import Outcome, claim_record, make_record
from neurontest.run.evidence import Cache, evidence_key, text_digests
from neurontest.run.known import KnownModel
from neurontest.run.positions import first_positions
from neurontest.run.repeats import Repeats
from neurontest.run.shown import Shown
from neurontest.run.stated import Stated, stated_records
from neurontest.run.traced import Traced, asked_by
from neurontest.run.watch import Watch
from neurontest.trace.engine import Tracer
from neurontest.trace.prompts import Prompts
from neurontest.trace.scoring import Scorer
from neurontest.types import (
    Activations,
    Claim,
    ClaimRecord,
    Comparison,
    Family,
    Finding,
    ModelHandle,
    ModelRecord,
    NeuronSet,
    Progress,
    Record,
    Repeat,
    Suite,
    Thresholds,
    TraceRecord,
    TraceRequest,
    Vacuity,
    notices_of,
    silent,
)


def default_cache_dir() -> Path:
    """The user's cache folder of this program."""
    import platformdirs

    return platformdirs.user_cache_path("neurontest", appauthor=False)


class Run:
    """One suite against one model.

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
    twin : Run or None
        The same suite on a model that has learnt nothing, to compare with.
    moment : datetime, optional
        What chat templates take for the time; by default now. One for all processes of a run.
    against : Against, optional
        A reference that the claims are held against.
    """

    def __init__(
        self,
        suite: Suite,
        handle: ModelHandle,
        *,
        cache_dir: Path,
        batch_size: int = 128,
        progress: Progress = silent,
        twin: Run | None = None,
        moment: datetime | None = None,
        against: Against | None = None,
    ) -> None:
        self.suite = suite
        self._handle = handle
        self._progress = progress
        self._notices: dict[str, None] = {}
        self._watch = Watch()
        self._prompts = Prompts(handle, cache_dir, progress, self.notice, moment)
        tracer = Tracer(
            handle,
            cache_dir=cache_dir,
            batch_size=batch_size,
            progress=progress,
            given=suite.given,
            notice=self.notice,
            prompts=self._prompts,
        )
        self._traces = Traced(suite, tracer, self.notice, loads=not isinstance(handle, KnownModel))
        self._scorer = Scorer(
            handle,
            cache_dir=cache_dir,
            continuations=tracer.continuations,
            progress=progress,
            notice=self.notice,
            prompts=self._prompts,
        )
        self._cache = Cache(cache_dir, Finding, self.notice)
        self._nulls = Cache(cache_dir, Vacuity, self.notice)
        self.against = against
        self._compared: dict[str, Mapping[str, Comparison]] = {}
        self._comparisons = Cache(cache_dir, Comparison, self.notice)
        self._findings: dict[str, Mapping[str, Finding]] = {}
        self._vacuity: dict[str, Mapping[str, Vacuity]] = {}
        self._twin = twin
        self._shown = Shown(suite, self._traces, self.notice)

        def begin(other: Suite, told: Progress) -> Run:
            # Of the run's own class: what stands in for it in a test stands in for these as well.
            return type(self)(other, handle, cache_dir=cache_dir, batch_size=batch_size, progress=told, moment=moment)

        self._others = Repeats(suite, begin, progress)
        self._repeats: dict[str, Mapping[str, tuple[Repeat, ...]]] = {}

    def notice(self, text: str) -> None:
        """Note what a reader of the results should know, once: the record holds it among its warnings."""
        self._notices.setdefault(text)

    def noticed(self) -> list[str]:
        """What a reader of the results should know, each once."""
        # A handle is made before its runs, and tells what it noticed of the model's files to all of them.
        twins = () if self._twin is None else self._twin.noticed()
        return list(dict.fromkeys((*self._notices, *notices_of(self._handle), *twins, *self._others.noticed())))

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
            asked = _asked_of(family)
            self._traces.ask(asked)
            self._findings[family.file] = self._cached(family, self._traces.read_for(asked))
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
        requests = dict.fromkeys(kind_named(asked.kind).requests(asked), asked)
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
        digests = [*(found.digest for found in traces.values()), *text_digests(family, self.suite.given)]
        return evidence_key(family, self._computes, digests)

    @property
    def _computes(self) -> tuple[str, ...]:
        """What names the model and how it computes, the number of the device aside."""
        handle = self._handle
        return handle.fingerprint, handle.dtype, handle.device.split(":")[0], handle.attention

    def _test(self, family: Family, traces: Mapping[TraceRequest, Activations]) -> dict[str, Finding]:
        from neurontest.claims.evidence.copies import copies_of
        from neurontest.run.settle import settle
        from neurontest.verdict import judge

        copies = {claim.id: copies_of(kind_named(claim.kind), claim, traces) for claim in family.tested}
        evidence = settle(family, self._scored(family, traces), self._progress, self._watch, copies)
        verdicts = judge(family, evidence)
        return {one: Finding(evidence[one], verdicts[one]) for one in evidence}

    def _scored(self, family: Family, traces: Mapping[TraceRequest, Activations]) -> Mapping[TraceRequest, Activations]:
        """The traces, and what causal claims must know of the model with neurons forced."""
        from neurontest.stats.correction import thresholds

        asked = family.statistics
        grid = Thresholds.of(*thresholds(asked.alpha, len(family.tested), asked.correction))
        known = dict(traces)
        for claim in family.tested:
            while wanted := kind_named(claim.kind).scores(claim, known, grid):
                with self._watch.on(claim), asked_by(claim):
                    known.update((request, self._scorer.scores(request)) for request in wanted)
        return known

    # Where concepts mean nothing.

    def vacuity(self, family: Family) -> Mapping[str, Vacuity]:
        """How a family's claims fare when prompts are dealt to concepts at random, by id; those that can be replayed.

        Raises
        ------
        NeurontestError
            As :meth:`findings`.
        """
        if family.file not in self._vacuity:
            self.findings(family)
            self._vacuity[family.file] = nulls.vacuity(
                self.suite,
                family,
                self._traces,
                self._computes,
                self._nulls,
                self._progress,
                self._watch,
                self.notice,
            )
        return self._vacuity[family.file]

    def salmon(self, claim: Claim) -> float | None:
        """The claim's unadjusted p-value on the twin; None if there is none, or it cannot be tested there.

        Raises
        ------
        NeurontestError
            As :meth:`findings`, but for what cannot be traced on the twin or tested there: that is no fault of the
            model's, and noted.
        """
        if self._twin is None or claim.skip is not None:
            return None
        try:
            return self._twin.finding(claim).evidence.p
        except (TraceError, EvidenceError) as error:
            self.notice(f"{claim.where.file} was not tested on a twin of the model with random weights: {error}")
            return None

    # Since a reference.

    def comparisons(self, family: Family) -> Mapping[str, Comparison]:
        """What became of a family's claims since the reference, by id; nothing if the run is held against none.

        Raises
        ------
        NeurontestError
            As :meth:`findings`.
        """
        against = self.against
        if against is not None and family.file not in self._compared:
            findings, traces = self.findings(family), self._traces.read_for(_asked_of(family))
            written = (one for texts in self._shown.texts().values() for one in texts)
            unlike = against.unlike(family, {(one.prompt, one.sample): one for one in written})
            self._compared[family.file] = self._comparisons.keep_or_find(
                against.key(self._key(family, traces), unlike),
                lambda: against.compare(family, findings, traces, unlike),
            )
        return self._compared.get(family.file, {})

    # Where the texts or the baseline are others.

    def repeats(self, family: Family) -> Mapping[str, tuple[Repeat, ...]]:
        """What becomes of a family's claims at other seeds and with other baselines, by id; nothing if none are said.

        Raises
        ------
        NeurontestError
            As :meth:`findings`; what keeps a repeat alone from being tested is told by the repeat.
        """
        if family.file not in self._repeats:
            self.findings(family)
            self._repeats[family.file] = self._others.of(family, self, self._traces.cost.seconds)
        return self._repeats[family.file]

    def digests(self, claim: Claim) -> tuple[str, ...]:
        """Digests of all traces that a claim looks at."""
        return tuple(self.read(request).digest for request in kind_named(claim.kind).requests(claim))

    def release(self) -> None:
        """Forget the activations that were read, to make room; they are read again when they are needed."""
        self._traces.found.clear()

    def seconds(self, claim: Claim) -> float:
        """What testing this claim took, and its replay where concepts mean nothing; tracing aside.

        About 0 if its evidence was found in the cache, or nobody asked about it.
        """
        return self._watch.spent.get(claim.node, 0.0)

    # Traces.

    @property
    def cost(self) -> TraceRecord:
        """What tracing cost so far, that for repeats included."""
        return self._traces.cost + self._others.cost

    def read(self, request: TraceRequest) -> Activations:
        """Traces that are there; as :meth:`neurontest.run.traced.Traced.read`."""
        return self._traces.read(request)

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

    # The record.

    @property
    def model(self) -> ModelRecord:
        """The model's facts."""
        handle = self._handle
        return ModelRecord(handle.name, handle.fingerprint, handle.dtype, handle.device, handle.attention)

    def facts(self) -> dict[str, Any]:
        """What a worker tells the process that writes the reports; plain JSON values."""
        twin = None if self._twin is None else self._twin.facts()
        told: dict[str, Any] = msgspec.to_builtins(
            {
                "model": self.model,
                "families": sorted(self._findings),
                "vacuity": sorted(self._vacuity),
                "compared": sorted(self._compared),
                "repeats": self._repeats,
                "cost": self.cost,
                "notices": self.noticed(),
                "seconds": self._watch.spent,
                "moment": self._prompts.moment.isoformat(),
                "faults": self._traces.tracer.faults.told(),
                "twin": twin,
            }
        )
        return told

    def hear(self, told: Mapping[str, Any]) -> None:
        """Take up what a worker told: its evidence is in the cache."""
        self._traces.cost += msgspec.convert(told["cost"], TraceRecord)
        for text in told["notices"]:
            self.notice(text)
        for node, seconds in told["seconds"].items():
            self._watch.add(node, seconds)
        self._traces.tracer.faults.hear(told["faults"])
        self._repeats |= msgspec.convert(told["repeats"], dict[str, dict[str, tuple[Repeat, ...]]])
        for family in self.suite.families:
            if family.file in told["families"]:
                self.findings(family)
            if family.file in told["vacuity"]:
                self.vacuity(family)
            if family.file in told["compared"]:
                self.comparisons(family)

    @classmethod
    def merge(
        cls, suite: Suite, facts: Sequence[Mapping[str, Any]], *, cache_dir: Path, against: Against | None = None
    ) -> Run:
        """A run over what workers have left in the cache: reads, never loads a model.

        Raises
        ------
        ModelError
            If no worker told of a model, or they told of several.
        """
        models = {msgspec.convert(one["model"], ModelRecord) for one in facts}
        if len(models) != 1:
            raise ModelError(
                f"the workers speak of {len(models)} models; a run has one (one that cannot be told from others has "
                "another name in each worker: run it without -n)"
            )
        twins = [one["twin"] for one in facts if one["twin"] is not None]
        twin = cls.merge(suite, twins, cache_dir=cache_dir) if twins else None
        moment = datetime.fromisoformat(max(one["moment"] for one in facts))
        run = cls(suite, KnownModel(models.pop()), cache_dir=cache_dir, twin=twin, moment=moment, against=against)
        for one in facts:
            run.hear(one)
        return run

    def claim_record(self, claim: Claim, finding: Finding | None, outcome: Outcome | None = None) -> ClaimRecord:
        """One claim as the record holds it."""
        vacuity = self._vacuity.get(claim.where.file, {}).get(claim.id)
        salmon = None
        if self._twin is not None and claim.where.file in self._twin._findings:
            salmon = self.salmon(claim)
        repeats = self._repeats.get(claim.where.file, {}).get(claim.id, ())
        against = self._compared.get(claim.where.file, {}).get(claim.id)
        return claim_record(claim, finding, outcome, vacuity, salmon, repeats, against, model=self._handle.name)

    def record(self, *, outcomes: Mapping[str, Outcome], stated: Sequence[Stated] = ()) -> Record:
        """Everything found so far; `outcomes` by :attr:`Claim.node`, of the claims that were asked about.

        Claims that tests in Python `stated` come last, as a family of their own.
        """
        claims = tuple(
            self.claim_record(claim, self._findings.get(claim.where.file, {}).get(claim.id), outcomes.get(claim.node))
            for claim in self.suite.claims
        )
        own, family = stated_records(stated, self.check, self.suite.statistics, self.notice, model=self._handle.name)
        record = make_record(self.suite, self.model, self.cost, set(self._findings), (*claims, *own), self._shown)
        if family is not None:
            record = replace(record, families=(*record.families, family))
        if self.against is not None:
            record = replace(record, against=self.against.described(self.suite))
        # Only now is all read that the record shows.
        return replace(record, warnings=(*record.warnings, *self.noticed(), *first_positions(self._traces.found)))


def _asked_of(family: Family) -> dict[TraceRequest, Claim]:
    """What a family's claims request, and the first that does."""
    asked: dict[TraceRequest, Claim] = {}
    for claim in family.tested:
        for request in kind_named(claim.kind).requests(claim):
            asked.setdefault(request, claim)
    return asked
