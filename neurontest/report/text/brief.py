"""What was found of a claim in a line, the verdict first."""

from __future__ import annotations

from neurontest.report.text import numbers
from neurontest.report.text.outcome import is_vacuous
from neurontest.report.text.since import sentence
from neurontest.report.text.wording import adjusted_p, effect, one_line
from neurontest.types import ClaimRecord


def brief(claim: ClaimRecord) -> str:
    """One line that begins with the verdict, or with what became of the claim since a reference.

    Such as ``refuted, p < 0.001 that the opposite holds, -10 neurons [-15, -5], m = 6`` or ``inconclusive, p = 0.27,
    12 prompts a concept show 3.1 neurons, 24 show 2.5``. No number of prompts is told from the effect that was seen.
    """
    if claim.against is not None:
        return one_line(sentence(claim.against))
    if claim.judgement is None or claim.evidence is None:
        return one_line(claim.verdict)
    p = adjusted_p(claim)
    p = f"p {p}" if p.startswith("<") else f"p = {p}"
    if claim.verdict == "refuted":
        return one_line(f"refuted, {p} that the opposite holds, {effect(claim)}")
    if claim.verdict == "holds":
        also = ", as it does where concepts mean nothing" if is_vacuous(claim) else ""
        return one_line(f"holds{also}, {p}, {effect(claim)}")
    return one_line(", ".join(filter(None, ("inconclusive", p, _shows(claim) or claim.judgement.reason))))


def _shows(claim: ClaimRecord) -> str:
    """What effects the prompts at hand, and twice as many, can show."""
    if claim.evidence is None or claim.judgement is None:
        return ""
    found = claim.judgement.detectable[:2]
    amounts = numbers.distances([one.effect for one in found], claim.evidence.effect, claim.selection.k)
    counts = [f"{one.prompts:,}" + (" prompts a concept" if not at else "") for at, one in enumerate(found)]
    return ", ".join(f"{count} show {amount}" for count, amount in zip(counts, amounts, strict=True))
