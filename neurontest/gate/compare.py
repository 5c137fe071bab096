"""Which claims of a family survived a change of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from neurontest.claims import kind_named
from neurontest.claims.preserved import Preserved
from neurontest.errors import EvidenceError
from neurontest.gate.floor import is_within
from neurontest.gate.margin import Margin
from neurontest.gate.power import Power, power_if_unchanged, power_unchanged
from neurontest.gate.pruned import Pruned
from neurontest.gate.reference import Reference
from neurontest.gate.same import difference
from neurontest.gate.survival import FOR_THE_SEARCH, Survival
from neurontest.gate.way import Asked, Way
from neurontest.gate.ways import untestable, way_of
from neurontest.stats.correction import thresholds
from neurontest.stats.half_t import HalfT
from neurontest.stats.power import POWER, prompts_needed
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
    Floor,
    Interval,
    KeyResult,
    Record,
    Thresholds,
    TraceRequest,
    Verdict,
)
from neurontest.verdict import judge

_NO_REASONS: Mapping[str, str] = {}
#: A model held against itself has changed by no more than sums are rounded by.
_SAME = 1e-9
#: What a claim requests of the model at hand, or what was kept of it.
Read = Mapping[TraceRequest, Activations | Pruned]

_NOISE = "too little is left by its test, but the same model changes as much in other batches or with other threads"
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
    unlike: Mapping[str, str] = _NO_REASONS,
    *,
    by_match: bool = False,
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
    by_match : bool
        Named neurons are looked for by what they do; else the ones of the same numbers are theirs.
    """
    out: dict[str, Comparison] = {}
    tested: dict[str, Claim] = {}
    for claim in family.tested:
        before = then.claims.get((claim.where.file, claim.id))
        why = unlike.get(claim.id) or difference(claim, before, then.concepts) or untestable(claim)
        now = findings[claim.id].verdict.name
        if claim.kind == Preserved.name:
            out[claim.id] = _of_the_change(before, findings[claim.id])
        elif why or before is None:
            out[claim.id] = Comparison("incomparable", why, before.verdict if before else "", now)
        elif before.verdict != "holds":
            out[claim.id] = _not_held(before, findings[claim.id])
        else:
            tested[claim.id] = claim
    if not tested:
        return out
    open_ = open_to(family, len(tested))
    asked = {
        one: _asked(claim, then, findings[one].evidence, traces, margin, open_, by_match=by_match)
        for one, claim in tested.items()
    }
    survived: dict[str, Survival] = {}
    for one, claim in tested.items():
        try:
            survived[one] = _way(claim).survival(asked[one])
        except EvidenceError as error:
            out[one] = Comparison("incomparable", str(error), "holds", findings[one].verdict.name)
    evidence = {one: _evidence(tested[one], found) for one, found in survived.items()}
    # What could not be compared took part in no test, and yet is counted: nobody gains by what is missing.
    missing = {one: _NOTHING for one in tested if one not in survived}
    verdicts = judge(replace(family, claims=tuple(tested.values())), {**evidence, **missing})
    for one, found in survived.items():
        own, verdict = findings[one].verdict, verdicts[one]
        floor = then.reference.floor.claims.get(tested[one].node)
        compared = _comparison(tested[one], found, verdict, own, margin, floor)
        if compared.status != "preserved":
            compared = _with(compared, _way(tested[one]).elsewhere(asked[one]))
        out[one] = _with(compared, found.note)
    return out


def _with(found: Comparison, more: str) -> Comparison:
    return replace(found, reason="; ".join(filter(None, (found.reason, more))))


def powers(family: Family, then: Then, traces: Read, margin: Margin) -> dict[str, Power | str]:
    """How sure each claim that held and can be tested is to be called preserved if nothing has changed, by id.

    Both models have the reference's texts. Where no power can be told, why.

    Parameters
    ----------
    traces : mapping from TraceRequest to Activations
        That the reference was recorded of.
    """
    tested = gated(family, then)
    if not tested:
        return {}
    open_ = open_to(family, len(tested))
    out: dict[str, Power | str] = {}
    for one, (claim, evidence) in tested.items():
        found = survival_of(claim, then, evidence, traces, margin, open_)
        if abs(found.change.estimate) > _SAME:
            raise EvidenceError(f"{claim.node}: what was kept of it is not what it was tested on; please report this")
        out[one] = power_if_unchanged(found, open_.smallest) or "its prompts differ too little to tell a power by"
    return out


def gated(family: Family, then: Then) -> dict[str, tuple[Claim, Evidence]]:
    """The claims of a family that held in the reference and whose change can be tested, with their evidence, by id."""
    known = {claim.id: (claim, then.claims[claim.where.file, claim.id]) for claim in family.tested}
    return {
        one: (claim, before.evidence)
        for one, (claim, before) in known.items()
        if before.verdict == "holds" and before.evidence is not None and not untestable(claim)
    }


def open_to(family: Family, count: int) -> Thresholds:
    """The p-values that those of so many claims may be compared with."""
    return Thresholds.of(*thresholds(family.statistics.alpha, count, family.statistics.correction))


def survival_of(claim: Claim, then: Then, now: Evidence, traces: Read, margin: Margin, open_: Thresholds) -> Survival:
    """What became of a claim's effect.

    Parameters
    ----------
    now : Evidence
        On the model at hand.
    open_ : Thresholds
        The p-values that this claim's may be compared with.

    Raises
    ------
    EvidenceError
        If what the reference kept and what is at hand cannot be compared.
    """
    return _way(claim).survival(_asked(claim, then, now, traces, margin, open_))


def _way(claim: Claim) -> Way:
    way = way_of(claim)
    if way is None:
        raise EvidenceError(untestable(claim))
    return way


def _asked(
    claim: Claim,
    then: Then,
    now: Evidence,
    traces: Read,
    margin: Margin,
    open_: Thresholds,
    *,
    by_match: bool = False,
) -> Asked:
    before = then.claims[claim.where.file, claim.id]
    kept = {
        request: one
        for request in kind_named(claim.kind).requests(replace(claim, generation=before.generation))
        if (one := then.reference.activations(request)) is not None
    }
    return Asked(claim, before, now, kept, traces, margin, open_, by_match)


#: In the place of a test that could not be made.
_NOTHING = Evidence(Estimate("what is left", 0.0), (), 1.0, 1.0, (), (), {"": 0}, 0, refusal="it was not compared")


def _evidence(claim: Claim, found: Survival) -> Evidence:
    exact = all(one.exact for one in found.parts)
    shared = KeyResult(
        name="prompts" if found.kept.pairs == 0 else "half-sample",
        null=_NULL,
        statistic=found.kept.t,
        p=found.p_preserved,
        p_opposite=found.p_weakened,
        p_floor=0.0,
        df=float(found.kept.df),
        half_pairs=found.kept.pairs,
    )
    keys = (
        (shared,)
        if exact
        else tuple(
            replace(
                shared,
                statistic=one.t,
                p=one.p,
                p_opposite=one.p_opposite,
                df=float(one.df),
                exact=one.exact,
                half_pairs=one.pairs,
                monte_carlo_se=one.se,
                chances=len(found.parts),
            )
            for one in found.parts
        )
    )
    effect = Estimate("what is left", found.kept.estimate)
    units = {name: one.units for name, one in claim.concepts.items() if not one.published}
    return Evidence(
        effect,
        keys,
        found.p_preserved,
        found.p_weakened,
        (),
        (),
        units,
        0,
        spread=found.spread,
        degenerate=found.kept.degenerate,
    )


def _comparison(
    claim: Claim, found: Survival, verdict: Verdict, own: Verdict, margin: Margin, floor: Floor | None
) -> Comparison:
    status = {"holds": "preserved", "refuted": "weakened", "inconclusive": "undecided"}[verdict.name]
    reason = _why(claim, found, verdict, margin) if status == "undecided" else ""
    if status == "weakened" and is_within(found.change.estimate, floor):
        status, reason = "undecided", _NOISE
    elif status == "weakened" and own.name != "holds":
        status = "lost"
    level = claim.statistics.confidence

    def estimate(name: str, result: HalfT) -> Estimate:
        return Estimate(
            name, result.estimate, found.unit, Interval(*result.interval(level), level, found.method), reference=None
        )

    return Comparison(
        status,  # type: ignore[arg-type]
        reason,
        "holds",
        own.name,
        estimate("then", found.then),
        estimate("now", found.now),
        estimate("change", found.change),
        str(margin),
        found.p_preserved,
        found.p_weakened,
        verdict.p_adjusted,
        verdict.p_opposite_adjusted,
        floor,
    )


def _of_the_change(before: ClaimRecord | None, found: Finding) -> Comparison:
    """Of a claim that is about the change itself: its own verdict says it."""
    evidence, verdict = found.evidence, found.verdict
    status = {"holds": "preserved", "refuted": "weakened", "inconclusive": "undecided"}[verdict.name]
    return Comparison(
        "incomparable" if evidence.refusal else status,  # type: ignore[arg-type]
        "" if status == "preserved" else verdict.reason,
        before.verdict if before else "",
        verdict.name,
        p=evidence.p,
        p_opposite=evidence.p_opposite,
        p_adjusted=verdict.p_adjusted,
        p_opposite_adjusted=verdict.p_opposite_adjusted,
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


def _why(claim: Claim, found: Survival, verdict: Verdict, margin: Margin) -> str:
    """Why neither is shown: enough prompts, and yet it is not, or how many would decide it."""
    if verdict.borderline or found.kept.degenerate:
        return verdict.reason
    own_texts = claim.generation.replay is None and claim.selection.positions != "prompt"
    power = power_unchanged(found, margin, verdict.threshold, own_texts=own_texts)
    if power >= POWER:
        return f"unchanged, it would be called preserved with probability {power:.2f}, and is not"
    reached = found.asked(verdict.threshold)
    if not reached:
        return (
            "the neurons that the reference's search found do not stand out there as much as it takes to tell that more"
            f" than luck in the same texts keeps them (p {found.by_luck:.2g} over all neurons,"
            f" {FOR_THE_SEARCH * verdict.threshold:.2g} asked)"
        )
    asked = found.if_unchanged(margin)
    needed = prompts_needed(found.spread, asked, reached) if found.spread and asked else None
    if needed is None:
        return "neither that enough is left is shown, nor that too little is; no number of prompts can be told"
    return (
        "neither that enough is left is shown, nor that too little is; if nothing has changed,"
        f" {needed.prompts} prompts a concept would show it ({needed.low} to {needed.high})"
    )
