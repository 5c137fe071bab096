"""What is said of a claim's effect on two models: the test as evidence, and what became of the claim."""

from __future__ import annotations

from dataclasses import replace

from neurontest.claims.base import Claim
from neurontest.gate.floor import is_within
from neurontest.gate.margin import Margin
from neurontest.gate.power import power_unchanged
from neurontest.gate.ways.survival import FOR_THE_SEARCH, Survival
from neurontest.stats.family.power import POWER, prompts_needed
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.types import ClaimRecord, Comparison, Estimate, Evidence, Finding, Floor, Interval, KeyResult, Verdict

_NOISE = "too little is left by its test, but the same model changes as much in other batches or with other threads"
_NULL = "less of the effect is left than the margin lets be lost, over prompts drawn anew"

#: In the place of a test that could not be made.
NOTHING = Evidence(Estimate("what is left", 0.0), (), 1.0, 1.0, (), (), {"": 0}, 0, refusal="it was not compared")


def evidence_of(claim: Claim, found: Survival) -> Evidence:
    """The test of what is left of a claim, as evidence that can be judged."""
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


def compared(
    claim: Claim, found: Survival, verdict: Verdict, own: Verdict, margin: Margin, floor: Floor | None
) -> Comparison:
    """What became of a claim that held.

    Parameters
    ----------
    verdict : Verdict
        On what is left.
    own : Verdict
        The claim's own, on the model at hand.
    floor : Floor or None
        What its effect changes by though the model does not, as far as that is known.
    """
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


def of_the_change(before: ClaimRecord | None, found: Finding) -> Comparison:
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


def not_held(before: ClaimRecord, now: Finding) -> Comparison:
    """Of a claim that did not hold in the reference, which is not tested."""
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
