"""At which of several checkpoints a claim is gone: each that is looked at is held against the good one's reference."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import msgspec

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family, Suite
from neurontest.errors import NeurontestError, SpecError
from neurontest.gate.bisect import Found, NothingToFindError, Seen, bisect
from neurontest.gate.margin import Margin
from neurontest.kinds.preserved import Preserved
from neurontest.report.text import numbers
from neurontest.report.text.since import sentence
from neurontest.run.cache import substance
from neurontest.run.evaluate import Run
from neurontest.run.gate.reference import record_reference
from neurontest.run.record.assemble import Outcome
from neurontest.run.since.against import Against
from neurontest.settings.setting import Value
from neurontest.spec.load import load_suite
from neurontest.text import plural, quoted
from neurontest.trace.models.named import model_named
from neurontest.types import Comparison, ModelHandle, Progress

_SEEN: dict[str, Seen] = {"preserved": "good", "weakened": "bad", "lost": "bad"}


@dataclass(frozen=True)
class Asked:
    """Which claim is looked for, and how.

    Attributes
    ----------
    folder : Path
        The suite.
    file, claim : str
        The spec file and the claim's id.
    cache_dir : Path
    dtype, device : str
    margin : Margin
    neurons : {"number", "match"}
        As :class:`~neurontest.run.since.against.Against` takes it.
    reference : str or None
        One that was recorded before; else the good checkpoint's is recorded.
    checks : int
        Others that are looked at on either side, to see whether the order is monotone.
    """

    folder: Path
    file: str
    claim: str
    cache_dir: Path
    dtype: str
    device: str
    margin: Margin
    neurons: str = "number"
    reference: str | None = None
    checks: int = 1

    @classmethod
    def node(cls, said: str, **rest: object) -> Asked:
        """Of a claim as pytest names it: ``concept_specs/geography.yaml::hanoi-vietnam``.

        Raises
        ------
        NeurontestError
            If it names none.
        """
        path, _, name = said.partition("::")
        if not name or not Path(path).is_file():
            raise NeurontestError(f"{quoted(said)} names no claim; say SUITE/FILE.yaml::ID, as pytest does")
        return cls(Path(path).parent, Path(path).name, name, **rest)  # type: ignore[arg-type]


class Bisection:
    """A search among checkpoints.

    Parameters
    ----------
    asked : Asked
    names : sequence of str
        The checkpoints in order, from the good one to the bad one.
    tell : callable
        Told of each look, a line.
    progress : Progress
    """

    def __init__(self, asked: Asked, names: Sequence[str], tell: Callable[[str], None], progress: Progress) -> None:
        self._asked, self._names, self._tell, self._progress = asked, names, tell, progress
        self._against: Against | None = None
        self.statuses: dict[int, str] = {}

    def search(self) -> Found:
        """Look at as many as it takes.

        Raises
        ------
        SpecError
            If the suite has faults.
        NeurontestError
            If the claim is not there at first, or not gone at last.
        """
        names, claim = self._names, self._claim(self._suite({}))
        self._tell(f"{claim.node}: {claim.sentence}")
        self._tell(f"{plural(len(names), 'checkpoint')}, from {names[0]} to {names[-1]}")
        try:
            return bisect(len(names), self._look, self._asked.checks)
        except NothingToFindError as error:
            raise NeurontestError(self._nothing(error)) from None

    def _nothing(self, error: NothingToFindError) -> str:
        name, status = self._names[error.place], self.statuses[error.place]
        if error.seen == "skip":
            return f"there is nothing to search between: it is {status} at {name}"
        if error.place == 0:
            return f"there is nothing to search for: it is {status} at {name} already"
        return f"there is nothing to search for: it is {status} at {name}, which should be a bad one"

    def _look(self, place: int) -> Seen:
        name = self._names[place]
        try:
            found = self._first(name) if self._against is None else self._compared(name, self._against)
        except SpecError:
            raise
        except NeurontestError as error:
            if place in (0, len(self._names) - 1):
                raise
            found = Comparison("incomparable", f"it cannot be looked at: {' '.join(str(error).split())}")
        self.statuses[place] = found.status
        self._tell(f"  {name}: {sentence(found)}")
        return _SEEN.get(found.status, "skip")

    def _first(self, name: str) -> Comparison:
        """The good checkpoint: its reference is recorded, or it is held against the one that is said."""
        asked = self._asked
        if asked.reference is not None:
            self._against = self._read(asked.reference, Path.cwd())
            return self._compared(name, self._against)
        suite = self._suite({"model": name})
        claim, family = self._claim(suite), suite.families[0]
        run = self._run(suite, self._handle(name))
        finding = run.findings(family)[claim.id]
        if finding.verdict.name != "holds" and not isinstance(claim.kind, Preserved):
            raise NeurontestError(
                f"there is nothing to search for: it does not hold at {name} ({finding.verdict.name}:"
                f" {finding.verdict.reason})"
            )
        record = run.record(outcomes={one.node: Outcome("passed") for one in family.tested})
        folder = asked.cache_dir / "references" / f"bisect-{_key(run, family)}"
        told = record_reference(run, record, folder, asked.margin)
        self._against = self._read(str(folder), Path.cwd())
        effect = finding.evidence.effect
        shown = " ".join(filter(None, (numbers.effect(effect), numbers.bounds(effect))))
        said = [] if finding.evidence.refusal else [shown]
        said += [
            f"power to call it preserved if nothing changes {power.power:.2f}"
            for one, power, _ in told.prospects
            if power is not None and one.id == claim.id
        ]
        return Comparison("preserved", ", ".join(["recorded here", *said]))

    def _compared(self, name: str, against: Against) -> Comparison:
        suite = self._suite({"model": name, "replay": str(against.folder)})
        claim = self._claim(suite)
        return self._run(suite, self._handle(name), against).comparisons(suite.families[0])[claim.id]

    def _read(self, said: str, base: Path) -> Against:
        asked = self._asked
        return Against.read(
            said,
            base,
            cache_dir=asked.cache_dir,
            today=date.today(),
            margin=asked.margin,
            neurons=asked.neurons,
            looks_at_bar=False,
        )

    def _suite(self, overrides: dict[str, Value]) -> Suite:
        """The suite, of which the claim's own file alone is tested: its claims are corrected together."""
        asked = self._asked
        suite = load_suite(asked.folder, overrides, partial="replay" in overrides)
        return replace(suite, families=tuple(one for one in suite.families if one.file == asked.file), seeds=())

    def _claim(self, suite: Suite) -> Claim:
        asked = self._asked
        known = {claim.id: claim for claim in suite.claims}
        if asked.claim not in known:
            there = f"; there are {', '.join(known)}" if known else ""
            raise NeurontestError(f"{asked.file} has no claim {quoted(asked.claim)}{there}")
        if known[asked.claim].skip is not None:
            raise NeurontestError(f"{asked.file}::{asked.claim} is marked skip: {known[asked.claim].skip}")
        return known[asked.claim]

    def _handle(self, name: str) -> ModelHandle:
        asked = self._asked
        return model_named(
            name,
            cache_dir=asked.cache_dir,
            dtype=asked.dtype,
            device=asked.device,
            suite_folder=None,
            progress=self._progress,
        )

    def _run(self, suite: Suite, handle: ModelHandle, against: Against | None = None) -> Run:
        return Run(suite, handle, cache_dir=self._asked.cache_dir, progress=self._progress, against=against)

    def concluded(self, found: Found) -> Iterator[str]:
        """What was found, in lines, and how far it can be relied on."""
        names = self._names
        last, first = names[found.last_good], names[found.first_bad]
        gone = self.statuses[found.first_bad]
        if found.exact:
            yield f"first {gone} at {first}; preserved at {last}, the one before"
        else:
            yield f"preserved at {last}, {gone} at {first}; the first bad one is one of these:"
            for place in found.between:
                yield f"  {names[place]}: {self.statuses.get(place, 'not looked at')}"
        looks = f"{len(found.seen)} of {len(names)} looked at, {found.searched} in the search"
        checks = list(found.seen)[found.searched :]
        if found.against:
            yield f"{looks}; the order is not monotone, so that what was found is one change of several:"
            for bad, good in found.against:
                yield f"  {names[bad]} is {self.statuses[bad]}, and {names[good]} behind it is preserved"
        elif len(found.seen) == len(names):
            yield f"{looks}: the order is monotone"
        else:
            also = f", and {', '.join(names[place] for place in checks)} besides" if checks else ""
            yield f"{looks}{also}; nothing speaks against a monotone order, of which the others were not asked"


def _key(run: Run, family: Family) -> str:
    """Name of the reference: of the model and what is claimed of it."""
    said = [run.model, [[claim.id, *substance(claim)] for claim in family.tested]]
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:24]
