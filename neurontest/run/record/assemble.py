"""The record of a run, put together from what was found."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from neurontest import __version__
from neurontest.claims.base import Claim
from neurontest.claims.suite import Suite
from neurontest.run.record.shown import Shown
from neurontest.types import (
    BASELINE,
    RECORD_VERSION,
    ClaimRecord,
    Comparison,
    Concept,
    ConceptRecord,
    Continuation,
    FamilyRecord,
    Finding,
    ModelRecord,
    NeuronSet,
    Record,
    Repeat,
    TraceRecord,
    Vacuity,
)

#: Packages whose release can change a number.
PACKAGES = ("numpy", "scipy", "statsmodels", "torch", "transformers", "tokenizers", "pytest")


@dataclass(frozen=True)
class Outcome:
    """What came of asking for one claim: pytest's outcome, an error if there is no evidence, seconds taken.

    Attributes
    ----------
    judged : bool
        The test came to its claim's verdict. If not, the record shows none: evidence of the whole family may be there,
        but what pytest made of this claim does not rest on it.
    """

    outcome: str
    error: str = ""
    duration: float = 0.0
    judged: bool = True


def claim_record(
    claim: Claim,
    finding: Finding | None,
    outcome: Outcome | None = None,
    vacuity: Vacuity | None = None,
    salmon: float | None = None,
    repeats: tuple[Repeat, ...] = (),
    against: Comparison | None = None,
    *,
    model: str = "",
) -> ClaimRecord:
    """One claim as the record of a `model` of this name holds it; `outcome` None if nobody asked about it."""
    if outcome is not None and (outcome.error or not outcome.judged):
        finding = None
    passed_over = claim.skip is not None or (outcome is not None and outcome.outcome == "skipped")
    verdict = finding.verdict.name if finding else ("skipped" if passed_over else "not evaluated")
    if vacuity is not None and verdict != "holds":
        vacuity = replace(vacuity, vacuous=False)
    return ClaimRecord(
        id=claim.id,
        family=claim.where.file,
        where=claim.where,
        sentence=claim.sentence,
        kind=claim.kind.name,
        terms=dict(claim.terms),
        verdict=verdict,
        selected=outcome is not None,
        outcome=outcome.outcome if outcome else "",
        generation=claim.generation,
        selection=claim.selection,
        statistics=claim.statistics,
        tags=claim.tags,
        skip=claim.skip,
        xfail=claim.xfail_on(model),
        evidence=finding.evidence if finding else None,
        judgement=finding.verdict if finding else None,
        error=outcome.error if outcome else "",
        duration=outcome.duration if outcome else 0.0,
        vacuity=vacuity if finding else None,
        salmon=salmon if finding else None,
        repeats=repeats if finding else (),
        against=against if finding else None,
    )


def make_record(
    suite: Suite,
    model: ModelRecord,
    cost: TraceRecord,
    evaluated: Collection[str],
    claims: tuple[ClaimRecord, ...],
    shown: Shown,
) -> Record:
    """The record; `evaluated` names families."""
    texts, sets = shown.texts(), shown.sets()
    others = (replace(one, name=f"baseline {number}") for number, one in enumerate(suite.baselines, start=2))
    concepts = [*suite.concepts.values(), *([suite.baseline] if suite.baseline else []), *others]
    return Record(
        version=RECORD_VERSION,
        neurontest=__version__,
        created=datetime.now(UTC).replace(microsecond=0).isoformat(),
        suite=suite.folder.resolve().name,
        model=model,
        versions=versions(),
        seed=suite.generation.seed,
        generation=suite.generation,
        selection=suite.selection,
        statistics=suite.statistics,
        families=tuple(
            FamilyRecord(
                file=family.file,
                alpha=family.statistics.alpha,
                correction=family.statistics.correction,
                declared=len(family.tested),
                evaluated=family.file in evaluated,
                look=family.statistics.look,
            )
            for family in suite.families
        ),
        claims=claims,
        concepts=tuple(_concept(concept, texts, sets) for concept in concepts),
        overlaps=shown.matrices(),
        trace=cost,
        warnings=suite.warnings,
        texts=shown.others(),
    )


def _concept(
    concept: Concept, texts: Mapping[str, Sequence[Continuation]], sets: Mapping[str, Sequence[NeuronSet]]
) -> ConceptRecord:
    return ConceptRecord(
        name="baseline" if concept.name == BASELINE else concept.name,
        prompts=concept.prompts,
        source=concept.source,
        continuations=tuple(texts.get(concept.name, ())),
        sets=tuple(sets.get(concept.name, ())),
        groups=concept.groups,
        published=concept.published,
        site=concept.site,
        out_of=concept.out_of,
    )


def versions() -> dict[str, str]:
    """Releases of what can change a number, as far as it is installed."""
    out = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            continue
    return out
