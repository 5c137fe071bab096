"""Which claims of a family survived a change of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from neurontest.claims import kind_named
from neurontest.claims.trial import GROWTH, HALF_T_METHOD
from neurontest.errors import EvidenceError
from neurontest.gate.margin import Margin
from neurontest.gate.paired import PairedTrial, survival
from neurontest.gate.power import Power, power_of
from neurontest.gate.pruned import Pruned, PrunedTrial
from neurontest.gate.reference import Reference
from neurontest.gate.same import difference
from neurontest.gate.survival import Survival
from neurontest.stats.correction import thresholds
from neurontest.stats.half_t import HalfT
from neurontest.stats.power import POWER
from neurontest.types import (
    Activations,
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
    TraceRequest,
    Verdict,
)
from neurontest.verdict import judge

_NOTHING: Mapping[str, str] = {}
#: What a claim requests of the model at hand, or what was kept of it.
Read = Mapping[TraceRequest, Activations | Pruned]

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
    family: Family,
    findings: Mapping[str, Finding],
    then: Then,
    traces: Read,
    margin: Margin,
    unlike: Mapping[str, str] = _NOTHING,
) -> dict[str, Comparison]:
    """What became of each claim of a family that is tested, by id.

    Those that held in the reference are tested together, and corrected over their number in either direction, as the
    claims themselves are.

    Parameters
    ----------
    findings : mapping from claim id to Finding
        On the model at hand.
    traces : mapping from TraceRequest to Activations, or to Pruned
        All that these claims request of it.
    unlike : mapping from claim id to str
        Why a claim cannot be compared, as far as that is known beforehand.
    """
    out: dict[str, Comparison] = {}
    tested: dict[str, Claim] = {}
    for claim in family.tested:
        before = then.claims.get((claim.where.file, claim.id))
        why = unlike.get(claim.id) or difference(claim, before, then.concepts) or untestable(claim)
        why = why or _widths(claim, then, traces)
        now = findings[claim.id].verdict.name
        if why or before is None:
            out[claim.id] = Comparison("incomparable", why, before.verdict if before else "", now)
        elif before.verdict != "holds":
            out[claim.id] = _not_held(before, findings[claim.id])
        else:
            tested[claim.id] = claim
    if not tested:
        return out
    open_ = open_to(family, len(tested))
    survived = {one: survival(_trial(claim, then, traces), margin, open_) for one, claim in tested.items()}
    evidence = {one: _evidence(tested[one], found) for one, found in survived.items()}
    verdicts = judge(replace(family, claims=tuple(tested.values())), evidence)
    for one, claim in tested.items():
        out[one] = _comparison(claim, survived[one], verdicts[one], findings[one].verdict, margin)
    return out


def powers(family: Family, then: Then, traces: Read, margin: Margin) -> dict[str, Power]:
    """How sure each claim that held and can be tested is to be called preserved if nothing has changed, by id.

    Parameters
    ----------
    traces : mapping from TraceRequest to Activations
        That the reference was recorded of.
    """
    tested = {
        claim.id: claim
        for claim in family.tested
        if then.claims[claim.where.file, claim.id].verdict == "holds" and not untestable(claim)
    }
    if not tested:
        return {}
    open_ = open_to(family, len(tested))
    out = {}
    for one, claim in tested.items():
        found = survival(_trial(claim, then, traces), margin, open_)
        if found.change.estimate != 0:
            raise EvidenceError(f"{claim.node}: what was kept of it is not what it was tested on; please report this")
        out[one] = power_of(found.parts, open_.smallest, 0.0 if claim.statistics.m else GROWTH)
    return out


def open_to(family: Family, count: int) -> Thresholds:
    """The p-values that those of so many claims may be compared with."""
    return Thresholds.of(*thresholds(family.statistics.alpha, count, family.statistics.correction))


def _widths(claim: Claim, then: Then, traces: Read) -> str:
    for request in kind_named(claim.kind).requests(claim):
        own = then.claims[claim.where.file, claim.id]
        before, one = then.reference.activations(replace(request, generation=own.generation)), traces[request]
        now = one.activations if isinstance(one, Pruned) else one
        if before is not None and before.activations.width != now.width:
            return f"its neurons are others: {before.activations.width} a layer in the reference, {now.width} here"
    return ""


def untestable(claim: Claim) -> str:
    """Why what is left of a claim cannot be tested, in a sentence; empty if it can."""
    kind = kind_named(claim.kind)
    return "" if kind.half_sampled(claim) else f"what is left of a claim of the kind {kind.name} is not tested"


def _trial(claim: Claim, then: Then, traces: Read) -> PairedTrial:
    kind = kind_named(claim.kind)
    own = replace(claim, generation=then.claims[claim.where.file, claim.id].generation)
    kept = {request: then.reference.activations(request) for request in kind.requests(own)}
    before = PrunedTrial(kind, own, {request: one for request, one in kept.items() if one is not None})
    here = {request: traces[request] for request in kind.requests(claim)}
    pruned = {request: one for request, one in here.items() if isinstance(one, Pruned)}
    whole = {request: one for request, one in here.items() if not isinstance(one, Pruned)}
    return PairedTrial(before, PrunedTrial(kind, claim, pruned) if pruned else whole, claim)


def _evidence(claim: Claim, found: Survival) -> Evidence:
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
    prompts = {name: concept.units for name, concept in claim.concepts.items() if not concept.published}
    return Evidence(effect, keys, found.p_preserved, found.p_weakened, (), (), prompts, 0)


def _comparison(claim: Claim, found: Survival, verdict: Verdict, own: Verdict, margin: Margin) -> Comparison:
    status = {"holds": "preserved", "refuted": "weakened", "inconclusive": "undecided"}[verdict.name]
    if status == "weakened" and own.name != "holds":
        status = "lost"
    level = claim.statistics.confidence
    reason = verdict.reason if verdict.borderline else ""
    if status == "undecided" and not reason:
        growth = 0.0 if claim.statistics.m else GROWTH
        reason = _undecided(power_of([found.then], verdict.threshold, growth))
    return Comparison(
        status,  # type: ignore[arg-type]
        reason,
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


def _undecided(unchanged: Power) -> str:
    if unchanged.power >= POWER:
        return f"unchanged, it would be called preserved with probability {unchanged.power:.2f}, and is not"
    many = "no number of" if unchanged.needed is None else f"{unchanged.needed:,}"
    return f"{many} prompts a concept would show it preserved with power {POWER:g}, if nothing has changed"


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
