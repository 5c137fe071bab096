"""A run as a reference."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from neurontest.claims.base import Claim
from neurontest.errors import RecordError
from neurontest.files import size as size_in_words
from neurontest.gate.compare import powers
from neurontest.gate.margin import Margin
from neurontest.gate.power import Power
from neurontest.gate.reference.folder import read_reference, write_reference
from neurontest.gate.reference.pruned import Pruned, together
from neurontest.gate.reference.then import Then
from neurontest.gate.ways.by_kind import kept_for, untestable
from neurontest.report.text.floor import floor_lines
from neurontest.run.evaluate import Run
from neurontest.run.gate.floor import noise_floor
from neurontest.stats.family.power import POWER
from neurontest.text import plural
from neurontest.types import Activations, FloorVaries, NoiseFloor, Progress, Record, TraceRecord, TraceRequest, silent


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
    floor : NoiseFloor
    seconds : float
        What the noise floor took.
    """

    folder: Path
    size: int
    prospects: tuple[tuple[Claim, Power | None, str], ...]
    floor: NoiseFloor = field(default_factory=NoiseFloor)
    seconds: float = 0.0

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
        if self.floor.repeats:
            out.append(f"noise floor, what effects change by though the model does not ({self.seconds:.0f} s):")
            out += [f"  {line}" for line in floor_lines(self.floor)]
        return out


def _needed(power: Power) -> str:
    return "more prompts than can be" if power.needed is None else f"{power.needed:,}"


def record_reference(
    run: Run,
    record: Record,
    folder: Path,
    margin: Margin | None = None,
    *,
    floor: Sequence[FloorVaries] = (),
    begin: Callable[[], Run] | None = None,
    progress: Progress = silent,
) -> Recorded:
    """Write a reference of a run whose claims were all asked about and evaluated.

    It is read again, and each claim is held against itself: what was written is what is needed.

    Parameters
    ----------
    margin : Margin, optional
        That prospects are told for.
    floor : sequence of FloorVaries
        With what the same model is traced once more, for the noise floor; by default there is none.
    begin : callable, optional
        Makes the run that traces for it; by default `run` does.
    progress : Progress

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
    known = {f"{claim.family}::{claim.id}": claim for claim in own}
    parts = [
        kept_for(claim, _traces(run, claim), evidence)
        for claim in tested
        if (evidence := known[claim.node].evidence) is not None
    ]
    kept = {request: Pruned.of(run.read(request), columns) for request, columns in together(parts).items()}
    # First without its noise floor: what keeps that from being measured leaves a reference all the same.
    said = str(margin or Margin())
    size = write_reference(folder, encoded(record), kept, record.created, margin=said)
    then = Then.of(read_reference(folder), record)
    found: dict[str, Power | str] = {}
    for family in run.suite.families:
        traces = {at: one for claim in family.tested for at, one in _traces(run, claim).items()}
        told = powers(family, then, traces, margin or Margin())
        found |= {f"{family.file}::{one}": power for one, power in told.items()}
    prospects = []
    for claim in tested:
        power = found.get(claim.node) or untestable(claim) or _unasked(known[claim.node].verdict)
        prospects.append((claim, None, power) if isinstance(power, str) else (claim, power, ""))
    noise, begun = NoiseFloor(), time.monotonic()
    if floor:
        noise = noise_floor(run.suite, then, run.written(), floor, begin or (lambda: run), progress)
        size = write_reference(folder, encoded(record), kept, record.created, noise, said)
    return Recorded(folder, size, tuple(prospects), noise, time.monotonic() - begun)


def encoded(record: Record) -> bytes:
    """A record as bytes in which nothing hangs on when and how fast it was made.

    Claims of tests in Python are left out, and what no later run is held against.
    """
    claims = tuple(replace(claim, duration=0.0) for claim in record.claims if not claim.test)
    files = {claim.family for claim in claims}
    families = tuple(family for family in record.families if family.file in files)
    still = replace(record, created="", claims=claims, families=families, trace=TraceRecord(), tokens=None)
    return msgspec.json.format(msgspec.json.encode(still), indent=2) + b"\n"


def _unasked(verdict: str) -> str:
    return "" if verdict == "holds" else f"is {verdict}: there is nothing to preserve"


def _traces(run: Run, claim: Claim) -> dict[TraceRequest, Activations]:
    return {request: run.read(request) for request in claim.kind.requests(claim)}
