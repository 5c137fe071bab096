"""One reference held against another: no model, no suite, only what the two folders hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family, Suite
from neurontest.gate.compare import compare, open_to
from neurontest.gate.neurons.preserved import evidence_of
from neurontest.gate.rates import with_change_rates
from neurontest.gate.reference.folder import RECORD, Reference, read_reference
from neurontest.gate.reference.pruned import Pruned
from neurontest.gate.reference.source import folder_of
from neurontest.gate.reference.texts import read_in
from neurontest.kinds import kind_named
from neurontest.kinds.preserved import Preserved
from neurontest.report.record import load_record
from neurontest.run.since.against import Against
from neurontest.run.since.drifts import Drifts
from neurontest.types import BASELINE, ClaimRecord, Comparison, Concept, ConceptRecord, Finding, Record, TraceRequest
from neurontest.verdict import judge


def held_against(said: str, base: Path, against: Against, cache_dir: Path) -> Record:
    """The record of a reference, held against another one.

    Raises
    ------
    RecordError
        If it is none, or not what was written.
    """
    folder = folder_of(said, base, cache_dir)
    reference, record = read_reference(folder), load_record(folder / RECORD)
    read = read_in(record)
    against = replace(against, texts="same" if _are_same(against, record) else "own")
    suite = _suite(record, folder)
    verdicts = {(claim.family, claim.id): claim for claim in record.claims}
    found: dict[tuple[str, str], Comparison] = {}
    notices: list[str] = []
    drifts = Drifts(against.then, notices.append)
    for family in suite.families:
        findings = {
            claim.id: Finding(one.evidence, one.judgement)
            for claim in family.tested
            if (one := verdicts[family.file, claim.id]).evidence is not None and one.judgement is not None
        }
        known_here = replace(family, claims=tuple(claim for claim in family.tested if claim.id in findings))
        unlike = against.unlike(known_here, read)
        traces = _kept(known_here, reference)
        findings = _of_the_change(known_here, findings, against, traces)
        compared = compare(known_here, findings, against.then, traces, against.margin, unlike)
        compared = with_change_rates(known_here.tested, compared)
        found.update(((family.file, name), comparison) for name, comparison in compared.items())
        drifts.look(known_here, traces, unlike, lambda asked: against.unmatched(asked, read))
    claims = tuple(replace(claim, against=found.get((claim.family, claim.id))) for claim in record.claims)
    record = replace(record, created=reference.manifest.created, claims=claims, warnings=(*record.warnings, *notices))
    return against.told_by(record, suite, drifts)


def _of_the_change(
    family: Family, findings: dict[str, Finding], against: Against, traces: Mapping[TraceRequest, Pruned]
) -> dict[str, Finding]:
    """With claims about a change tested on these two, whatever they were held against when they were recorded."""
    about = [claim for claim in family.tested if isinstance(claim.kind, Preserved)]
    if not about:
        return findings
    at = open_to(family, len(family.tested))
    evidence = {one: found.evidence for one, found in findings.items()}
    evidence |= {claim.id: evidence_of(claim, against.then, traces, at) for claim in about}
    verdicts = judge(family, evidence)
    return {one: Finding(found, verdicts[one]) for one, found in evidence.items()}


def _are_same(against: Against, record: Record) -> bool:
    """Whether both have read the same, as far as both have read: the suites, and each claim in its own way."""
    read, known = read_in(record), read_in(against.record)
    ways = {(against.record.generation.way, record.generation.way)}
    for claim in record.claims:
        before = against.then.claims.get((claim.family, claim.id))
        if before is not None:
            ways.add((before.generation.way, claim.generation.way))
    texts = ((known.get(then, {}), read.get(now, {})) for then, now in ways)
    return all(then[key].text == one.text for then, now in texts for key, one in now.items() if key in then)


def _kept(family: Family, reference: Reference) -> Mapping[TraceRequest, Pruned]:
    asked = [request for claim in family.tested for request in claim.kind.requests(claim)]
    return {request: one for request in asked if (one := reference.activations(request)) is not None}


def _suite(record: Record, folder: Path) -> Suite:
    """The suite that a record is of, as far as its tests ask for it."""
    everyone = {one.name: _concept(one) for one in record.concepts}
    baseline = everyone.pop("baseline", None)
    concepts = {name: one for name, one in everyone.items() if not name.startswith("baseline ")}
    families = []
    for one in record.families:
        claims = tuple(_claim(claim, concepts, baseline) for claim in record.claims if claim.family == one.file)
        if claims:
            families.append(Family(one.file, claims, claims[0].statistics))
    return Suite(
        folder,
        record.model.name,
        concepts,
        baseline,
        tuple(families),
        record.generation,
        record.selection,
        record.statistics,
    )


def _concept(one: ConceptRecord) -> Concept:
    name = BASELINE if one.name == "baseline" else one.name
    return Concept(name, one.prompts, one.source, one.groups, one.published, one.site, one.out_of)


def _claim(one: ClaimRecord, concepts: Mapping[str, Concept], baseline: Concept | None) -> Claim:
    traced = [name for name, concept in concepts.items() if not concept.published]
    kind = kind_named(one.kind)
    return Claim(
        one.id,
        kind,
        one.sentence,
        one.terms,
        {name: concepts[name] for name in kind.named(one.terms, traced)},
        baseline,
        one.generation,
        one.selection,
        one.statistics,
        one.where,
        one.tags,
        one.skip,
        one.xfail,
    )
