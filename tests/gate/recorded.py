"""References of claims about arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family
from neurontest.evidence.procedure import evidence_of
from neurontest.gate.reference.folder import read_reference, write_reference
from neurontest.gate.reference.pruned import Pruned, together
from neurontest.gate.reference.then import Then
from neurontest.gate.ways.by_kind import kept_for
from neurontest.run.record.assemble import claim_record
from neurontest.types import (
    Activations,
    ConceptRecord,
    Evidence,
    Finding,
    Location,
    Statistics,
    Thresholds,
    TraceRequest,
)
from neurontest.verdict import judge

FILE = "world.yaml"


def family_of(claims: list[Claim], statistics: Statistics | None = None) -> Family:
    """A family of these claims, numbered."""
    own = [replace(one, id=f"c{at}", where=Location(FILE, at + 1, 1)) for at, one in enumerate(claims)]
    return Family(FILE, tuple(own), statistics or own[0].statistics)


def judged(family: Family, evidence: Mapping[str, Evidence]) -> dict[str, Finding]:
    """With this evidence."""
    verdicts = judge(family, evidence)
    return {one: Finding(evidence[one], verdicts[one]) for one in evidence}


def evaluated(
    family: Family, traces: Mapping[TraceRequest, Activations], thresholds: Thresholds | None = None
) -> dict[str, Finding]:
    """With the evidence of these traces."""
    at = thresholds or Thresholds.of(0.05)
    return judged(family, {one.id: evidence_of(one, traces, at) for one in family.tested})


def recorded(
    folder: Path, family: Family, traces: Mapping[TraceRequest, Activations], found: Mapping[str, Finding]
) -> Then:
    """A reference that was written and read again."""
    parts = [kept_for(claim, traces, found[claim.id].evidence) for claim in family.tested]
    kept = {request: Pruned.of(traces[request], columns) for request, columns in together(parts).items()}
    write_reference(folder, b"{}", kept)
    everyone = {
        "baseline" if one.name.startswith("(") else one.name: one
        for claim in family.claims
        for one in [*claim.concepts.values(), *([claim.baseline] if claim.baseline else [])]
    }
    return Then(
        read_reference(folder),
        {(FILE, claim.id): claim_record(claim, found[claim.id]) for claim in family.claims},
        {name: ConceptRecord(name, one.prompts, None, (), (), one.groups) for name, one in everyone.items()},
    )
