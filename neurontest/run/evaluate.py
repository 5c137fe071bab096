"""A suite against a model: what its claims found, what that is worth, and the record of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family, Suite
from neurontest.errors import EvidenceError, ModelError, TraceError
from neurontest.gate.rates import with_change_rates
from neurontest.gate.reference.texts import by_way
from neurontest.run import nulls
from neurontest.run.cache import Cache
from neurontest.run.engines import Engines
from neurontest.run.known import KnownModel
from neurontest.run.record.assemble import Outcome, claim_record, make_record
from neurontest.run.record.positions import first_positions
from neurontest.run.record.stated import Stated, stated_records
from neurontest.run.record.tokens import Tokens, tokens_record
from neurontest.run.repeats import Repeats
from neurontest.run.tested import Tested, asked_of
from neurontest.types import (
    ClaimRecord,
    Comparison,
    ConceptDrift,
    ConceptTokens,
    Finding,
    ModelHandle,
    ModelRecord,
    Progress,
    Record,
    Repeat,
    TraceRecord,
    Vacuity,
    silent,
)

if TYPE_CHECKING:
    from neurontest.run.since.against import Against
    from neurontest.run.since.drifts import Drifts


class Run(Tested):
    """One suite against one model: its claims as tested, what they are worth, and the record of it all.

    Parameters
    ----------
    suite, handle, cache_dir, batch_size, progress, moment, against, engines
        As :class:`neurontest.run.tested.Tested` takes them.
    twin : Run or None
        The same suite on a model that has learnt nothing, to compare with.
    """

    def __init__(
        self,
        suite: Suite,
        handle: ModelHandle,
        *,
        cache_dir: str | PathLike[str],
        batch_size: int = 128,
        progress: Progress = silent,
        twin: Run | None = None,
        moment: datetime | None = None,
        against: Against | None = None,
        engines: Engines | None = None,
    ) -> None:
        cache_dir = Path(cache_dir)
        super().__init__(
            suite,
            handle,
            cache_dir=cache_dir,
            batch_size=batch_size,
            progress=progress,
            moment=moment,
            against=against,
            engines=engines,
        )
        self._nulls = Cache(cache_dir, Vacuity, self.notice)
        self._compared: dict[str, Mapping[str, Comparison]] = {}
        self._comparisons = Cache(cache_dir, Comparison, self.notice)
        self._drifts = self._drifts_of(against, cache_dir)
        self._vacuity: dict[str, Mapping[str, Vacuity]] = {}
        self._twin = twin
        self.cache_dir, self.batch_size = cache_dir, batch_size
        self._others = Repeats(suite, lambda other, told: self.again(other, told), progress)
        self._repeats: dict[str, Mapping[str, tuple[Repeat, ...]]] = {}
        self._tokens: dict[str, ConceptTokens] = {}

    def again(
        self, suite: Suite, progress: Progress, *, cache_dir: Path | None = None, batch_size: int | None = None
    ) -> Run:
        """Another suite on the same model; where nothing else is said, with the same cache and in batches of its size.

        Parameters
        ----------
        progress : Progress
            Told of what is traced and tested.
        """
        # Of the run's own class: what stands in for it in a test stands in for these as well.
        return type(self)(
            suite,
            self._handle,
            cache_dir=cache_dir or self.cache_dir,
            batch_size=batch_size or self.batch_size,
            progress=progress,
            moment=self._prompts.moment,
            engines=self._engines,
        )

    def noticed(self) -> list[str]:
        """What a reader of the results should know, each once; of the twin and of repeats as well."""
        twins = () if self._twin is None else self._twin.noticed()
        return list(dict.fromkeys((*super().noticed(), *twins, *self._others.noticed())))

    @property
    def cost(self) -> TraceRecord:
        """What tracing cost so far, that for repeats included."""
        return super().cost + self._others.cost

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
            findings, traces = self.findings(family), self._traces.read_for(asked_of(family))
            written = (one for texts in self._shown.texts().values() for one in texts)
            read = by_way(self.suite.generation, written, self._shown.others())
            unlike = against.unlike(family, read)
            found = self._comparisons.keep_or_find(
                against.key(self._key(family, traces), unlike),
                lambda: against.compare(family, findings, traces, unlike),
            )
            # Looked up anew each time, as of verdicts.
            self._compared[family.file] = with_change_rates(family.tested, found)
            if self._drifts is not None:
                self._drifts.look(family, traces, unlike, lambda asked: against.unmatched(asked, read))
        return self._compared.get(family.file, {})

    def _drifts_of(self, against: Against | None, cache_dir: Path) -> Drifts | None:
        if against is None:
            return None
        from neurontest.run.since.drifts import Drifts

        return Drifts(against.then, self.notice, Cache(cache_dir, ConceptDrift, self.notice))

    # Where the texts or the baseline are others.

    def trace(self) -> None:
        """As :meth:`neurontest.run.tested.Tested.trace`, for the repeats at other seeds and baselines as well."""
        super().trace()
        self._others.trace(self._traces.cost.seconds)

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

    # Token by token.

    def read_tokens(self, count: int) -> None:
        """Read `count` texts of each concept that was traced once more, for the record; no verdict rests on it.

        Raises
        ------
        NeurontestError
            If the model cannot be had, or the cache not be written to.
        """
        tokens = Tokens(
            self.suite,
            self._shown,
            self._traces,
            self._handle,
            computes=self._computes,
            cache_dir=self.cache_dir,
            batch_size=self.batch_size,
            progress=self._progress,
            notice=self.notice,
            prompts=self._prompts,
        )
        self._tokens.update(tokens.read(count))

    # The record.

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
                "tokens": self._tokens,
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
        self._tokens |= msgspec.convert(told["tokens"], dict[str, ConceptTokens])
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
            record = self.against.told_by(record, self.suite, self._drifts)
        # Only now is all read that the record shows.
        warnings = (*record.warnings, *self.noticed(), *first_positions(self._traces.found))
        return replace(record, warnings=warnings, tokens=tokens_record(self.suite, self._tokens))
