"""A run as a reference, and a run against one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from neurontest.claims import kind_named
from neurontest.errors import RecordError
from neurontest.gate.pruned import Pruned, together
from neurontest.gate.reference import write_reference
from neurontest.gate.ways import kept_for
from neurontest.run.evaluate import Run
from neurontest.types import Record, TraceRecord


def record_reference(run: Run, record: Record, folder: Path) -> int:
    """Write a reference of a run whose claims were all evaluated.

    Returns
    -------
    int
        Its size in bytes.

    Raises
    ------
    RecordError
        If some claim has no evidence: what is missing could never be compared.
    OSError
        If the folder cannot be written to.
    """
    missing = [claim.sentence for claim in record.claims if claim.evidence is None and claim.skip is None]
    if missing:
        raise RecordError(
            f"no reference is written to {folder}: {len(missing)} claims have no evidence, such as {missing[0]!r};"
            " run the whole suite"
        )
    found = {(claim.family, claim.id): claim.evidence for claim in record.claims}
    parts = [
        kept_for(claim, {request: run.read(request) for request in kind_named(claim.kind).requests(claim)}, evidence)
        for claim in run.suite.claims
        if (evidence := found.get((claim.where.file, claim.id))) is not None
    ]
    kept = {request: Pruned.of(run.read(request), columns) for request, columns in together(parts).items()}
    return write_reference(folder, encoded(record), kept)


def encoded(record: Record) -> bytes:
    """A record as bytes in which nothing hangs on how long it took."""
    claims = tuple(replace(claim, duration=0.0) for claim in record.claims)
    still = replace(record, created="", claims=claims, trace=TraceRecord())
    return msgspec.json.format(msgspec.json.encode(still), indent=2) + b"\n"
