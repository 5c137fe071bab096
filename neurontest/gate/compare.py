"""Which claims of a family survived a change of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from neurontest.claims import kind_named
from neurontest.claims.base import Traces
from neurontest.claims.conclusion import HALF_T_METHOD
from neurontest.gate.margin import Margin
from neurontest.gate.paired import PairedTrial, survival
from neurontest.gate.pruned import PrunedTrial
from neurontest.gate.reference import Reference
from neurontest.gate.same import difference
from neurontest.gate.survival import Survival
from neurontest.stats.correction import thresholds
from neurontest.stats.half_t import HalfT
from neurontest.types import (
    Claim,
    ClaimRecord,
    Comparison,
    ConceptRecord,
    Estimate,
    Evidence,
    Family,
    Finding,
    Interval,
    KeyResult,
    Record,
    Thresholds,
    Verdict,
)
from neurontest.verdict import judge

_NULL = "less of the effect is left than the margin lets be lost, over prompts drawn anew"


@dataclass(frozen=True)
class Then:
    """What a reference says, as it is looked up.

    Attributes
    ----------
    reference : Reference
    claims : mapping from (file, id) to ClaimRecord
    concepts : mapping from name to ConceptRecord
    """

    reference: Reference
    claims: Mapping[tuple[str, str], ClaimRecord]
    concepts: Mapping[str, ConceptRecord]

    @classmethod
    def of(cls, reference: Reference, record: Record) -> Then:
        """From a reference and its record, which was read."""
        claims = {(claim.family, claim.id): claim for claim in record.claims}
        return cls(reference, claims, {concept.name: concept for concept in record.concepts})


def compare(
    family: Family, findings: Mapping[str, Finding], then: Then, traces: Traces, margin: Margin
) -> dict[str, Comparison]:
    """What became of each claim of a family that is tested, by id.

    Those that held in the reference are tested together, and corrected over their number in either direction, as the
    claims themselves are.

    Parameters
    ----------
    findings : mapping from claim id to Finding
        On the model at hand.
    traces : mapping from TraceRequest to Activations
        All that these claims request of it.
    """
    out: dict[str, Comparison] = {}
    tested: dict[str, Claim] = {}
    for claim in family.tested:
        before = then.claims.get((claim.where.file, claim.id))
        why = difference(claim, before, then.concepts) or _untestable(claim)
        now = findings[claim.id].verdict.name
        if why or before is None:
            out[claim.id] = Comparison("incomparable", why, before.verdict if before else "", now)
        elif before.verdict != "holds":
            out[claim.id] = _not_held(before, findings[claim.id])
        else:
            tested[claim.id] = claim
    if not tested:
        return out
    open_ = Thresholds.of(*thresholds(family.statistics.alpha, len(tested), family.statistics.correction))
    survived = {one: survival(_trial(claim, then, traces), margin, open_) for one, claim in tested.items()}
    evidence = {one: _evidence(found) for one, found in survived.items()}
    verdicts = judge(replace(family, claims=tuple(tested.values())), evidence)
    for one, claim in tested.items():
        out[one] = _comparison(claim, survived[one], verdicts[one], findings[one].verdict, margin)
    return out


def _untestable(claim: Claim) -> str:
    kind = kind_named(claim.kind)
    return "" if kind.half_sampled(claim) else f"what is left of a claim of the kind {kind.name} is not tested"


def _trial(claim: Claim, then: Then, traces: Traces) -> PairedTrial:
    kind = kind_named(claim.kind)
    own = replace(claim, generation=then.claims[claim.where.file, claim.id].generation)
    kept = {request: then.reference.activations(request) for request in kind.requests(own)}
    return PairedTrial(
        PrunedTrial(kind, own, {request: one for request, one in kept.items() if one is not None}), traces, claim
    )


def _evidence(found: Survival) -> Evidence:
    keys = tuple(
        KeyResult(
            name="half-sample",
            null=_NULL,
            statistic=one.t,
            p=one.p,
            p_opposite=one.p_opposite,
            p_floor=0.0,
            df=float(one.df),
            exact=one.exact,
            half_pairs=one.pairs,
            monte_carlo_se=one.se,
            chances=len(found.parts),
        )
        for one in found.parts
    )
    effect = Estimate("what is left", found.kept.estimate)
    return Evidence(effect, keys, found.p_preserved, found.p_weakened, (), (), {}, 0)


def _comparison(claim: Claim, found: Survival, verdict: Verdict, own: Verdict, margin: Margin) -> Comparison:
    status = {"holds": "preserved", "refuted": "weakened", "inconclusive": "undecided"}[verdict.name]
    if status == "weakened" and own.name != "holds":
        status = "lost"
    level = claim.statistics.confidence
    return Comparison(
        status,  # type: ignore[arg-type]
        verdict.reason if verdict.borderline else "",
        "holds",
        own.name,
        _estimate("then", found.then, level),
        _estimate("now", found.now, level),
        _estimate("change", found.change, level),
        str(margin),
        found.p_preserved,
        found.p_weakened,
        verdict.p_adjusted,
        verdict.p_opposite_adjusted,
    )


def _not_held(before: ClaimRecord, now: Finding) -> Comparison:
    status = "gained" if now.verdict.name == "holds" else "unchanged"
    return Comparison(
        status,  # type: ignore[arg-type]
        "",
        before.verdict,
        now.verdict.name,
        before.evidence.effect if before.evidence else None,
        now.evidence.effect,
    )


def _estimate(name: str, result: HalfT, level: float) -> Estimate:
    return Estimate(
        name, result.estimate, interval=Interval(*result.interval(level), level, HALF_T_METHOD), reference=None
    )
