"""A run as a reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from neurontest.claims import kind_named
from neurontest.claims.trial import Trial
from neurontest.errors import RecordError
from neurontest.gate.compare import Then, powers, untestable
from neurontest.gate.margin import Margin
from neurontest.gate.power import Power
from neurontest.gate.pruned import Pruned, needed, together
from neurontest.gate.reference import read_reference, write_reference
from neurontest.regular_files import size as size_in_words
from neurontest.report.numbers import plural
from neurontest.run.evaluate import Run
from neurontest.stats.power import POWER
from neurontest.types import Claim, Record, TraceRecord, TraceRequest


@dataclass(frozen=True)
class Recorded:
    """A reference that was written.

    Attributes
    ----------
    folder : Path
    size : int
        In bytes.
    prospects : tuple of (Claim, Power or None, str)
        Of every claim that was tested, in the suite's order: what its prompts can do to call it preserved if nothing
        changes; or why that is not asked.
    """

    folder: Path
    size: int
    prospects: tuple[tuple[Claim, Power | None, str], ...]

    def lines(self, margin: Margin) -> list[str]:
        """What is said of it: its size, and what the prompts of each claim can do."""
        held = [power for _, power, _ in self.prospects if power is not None]
        out = [
            f"reference: {self.folder}: {size_in_words(self.size)}, {plural(len(held), 'claim')} to preserve",
            f"power to call a claim preserved if nothing changes (same texts, margin {margin}):",
        ]
        for claim, power, why in self.prospects:
            if power is None:
                out.append(f"  {claim.node}: {why}")
                continue
            enough = "" if power.power >= POWER else f"; {POWER:g} needs {_needed(power)}"
            out.append(f"  {claim.node}: {power.power:.2f} with {plural(power.prompts, 'prompt')} a concept{enough}")
        return out


def _needed(power: Power) -> str:
    return "more prompts than can be" if power.needed is None else f"{power.needed:,}"


def record_reference(run: Run, record: Record, folder: Path, margin: Margin | None = None) -> Recorded:
    """Write a reference of a run whose claims were all asked about and evaluated.

    It is read again, and each claim is held against itself: what was written is what is needed.

    Parameters
    ----------
    margin : Margin, optional
        That prospects are told for.

    Raises
    ------
    RecordError
        If some claim has no evidence or was not selected: what is missing could never be compared.
    OSError
        If the folder cannot be written to.
    """
    own = [claim for claim in record.claims if not claim.test and claim.skip is None]
    for what, missing in (
        ("were not selected", [claim for claim in own if not claim.selected]),
        ("have no evidence", [claim for claim in own if claim.evidence is None]),
    ):
        if missing:
            raise RecordError(
                f"no reference is written to {folder}: {len(missing)} of {len(own)} claims {what}, such as"
                f" {missing[0].sentence!r}; run the whole suite"
            )
    if not own:
        raise RecordError(f"no reference is written to {folder}: no claim was tested")
    tested = [claim for claim in run.suite.claims if claim.skip is None]
    parts = [needed(_trial(run, claim)) for claim in tested if not untestable(claim)]
    kept = {request: Pruned.of(run.read(request), columns) for request, columns in together(parts).items()}
    size = write_reference(folder, encoded(record), kept, record.created)
    then = Then.of(read_reference(folder), record)
    found: dict[str, Power] = {}
    for family in run.suite.families:
        asked = [claim for claim in family.tested if not untestable(claim)]
        traces = {request: run.read(request) for claim in asked for request in _requests(claim)}
        found |= {
            f"{family.file}::{one}": power for one, power in powers(family, then, traces, margin or Margin()).items()
        }
    verdicts = {f"{claim.family}::{claim.id}": claim.verdict for claim in own}
    prospects = tuple(
        (claim, found.get(claim.node), untestable(claim) or _unasked(verdicts[claim.node])) for claim in tested
    )
    return Recorded(folder, size, prospects)


def encoded(record: Record) -> bytes:
    """A record as bytes in which nothing hangs on when and how fast it was made; claims of tests in Python left out."""
    claims = tuple(replace(claim, duration=0.0) for claim in record.claims if not claim.test)
    files = {claim.family for claim in claims}
    families = tuple(family for family in record.families if family.file in files)
    still = replace(record, created="", claims=claims, families=families, trace=TraceRecord())
    return msgspec.json.format(msgspec.json.encode(still), indent=2) + b"\n"


def _unasked(verdict: str) -> str:
    return "" if verdict == "holds" else f"is {verdict}: there is nothing to preserve"


def _requests(claim: Claim) -> tuple[TraceRequest, ...]:
    return kind_named(claim.kind).requests(claim)


def _trial(run: Run, claim: Claim) -> Trial:
    return Trial(kind_named(claim.kind), claim, {request: run.read(request) for request in _requests(claim)})
