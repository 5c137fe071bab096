"""Which claims of a family survived a change of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family
from neurontest.errors import EvidenceError
from neurontest.gate.comparison import NOTHING, compared, evidence_of, not_held, of_the_change
from neurontest.gate.margin import Margin
from neurontest.gate.power import Power, power_if_unchanged
from neurontest.gate.reference.same import difference
from neurontest.gate.reference.then import Read, Then
from neurontest.gate.ways.by_kind import untestable, way_of
from neurontest.gate.ways.survival import Survival
from neurontest.gate.ways.way import Asked, Way
from neurontest.kinds.preserved import Preserved
from neurontest.stats.family.correction import thresholds
from neurontest.types import Comparison, Evidence, Finding, Thresholds
from neurontest.verdict import judge

_NO_REASONS: Mapping[str, str] = {}
#: A model held against itself has changed by no more than sums are rounded by.
_SAME = 1e-9


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
        if isinstance(claim.kind, Preserved):
            out[claim.id] = of_the_change(before, findings[claim.id])
        elif why or before is None:
            out[claim.id] = Comparison("incomparable", why, before.verdict if before else "", now)
        elif before.verdict != "holds":
            out[claim.id] = not_held(before, findings[claim.id])
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
    evidence = {one: evidence_of(tested[one], found) for one, found in survived.items()}
    # What could not be compared took part in no test, and yet is counted: nobody gains by what is missing.
    missing = {one: NOTHING for one in tested if one not in survived}
    verdicts = judge(replace(family, claims=tuple(tested.values())), {**evidence, **missing})
    for one, found in survived.items():
        own, verdict = findings[one].verdict, verdicts[one]
        floor = then.reference.floor.claims.get(tested[one].node)
        comparison = compared(tested[one], found, verdict, own, margin, floor)
        if comparison.status != "preserved":
            comparison = _with(comparison, _way(tested[one]).elsewhere(asked[one]))
        out[one] = _with(comparison, found.note)
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
        for request in claim.kind.requests(replace(claim, generation=before.generation))
        if (one := then.reference.activations(request)) is not None
    }
    return Asked(claim, before, now, kept, traces, margin, open_, by_match)
