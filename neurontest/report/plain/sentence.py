"""A claim's verdict as a plain sentence."""

from __future__ import annotations

from dataclasses import dataclass

from neurontest.report.plain.amounts import possible
from neurontest.report.plain.kinds import phrase
from neurontest.report.text import numbers
from neurontest.report.text.outcome import holds_when_dealt, is_vacuous, remark, status
from neurontest.text import plural
from neurontest.types import ClaimRecord, Evidence, Verdict

LEADS = {"holds": "Shown", "refuted": "The opposite is shown", "inconclusive": "Cannot tell"}


@dataclass(frozen=True)
class Plain:
    """A plain sentence in its parts.

    Attributes
    ----------
    lead : str
        ``Shown``, ``The opposite is shown``, ``Cannot tell``; ``No verdict`` if there is none.
    said : str
        What follows the lead, with its full stop.
    more : str
        What it would take to tell, of a claim that cannot; what a vacuous one does not say; or empty.
    """

    lead: str
    said: str
    more: str = ""

    @property
    def opening(self) -> str:
        """The lead as it stands before `said`: with a colon, unless the two are one sentence."""
        return self.lead if self.said.startswith("whether") else f"{self.lead}:"

    def __str__(self) -> str:
        return " ".join(filter(None, (self.opening, self.said, self.more)))


def plain(claim: ClaimRecord) -> Plain:
    """A claim and its verdict in words that take no statistics to understand.

    Such as ``Shown: of the 50 strongest neurons of hanoi, about 12 more are shared with vietnam than with violent (95 %
    interval 8 to 17).``
    """
    found, judged, name = claim.evidence, claim.judgement, status(claim)
    if found is None or judged is None or name not in LEADS:
        return Plain("No verdict", remark(claim).removeprefix("No verdict: ") or "nothing was tested.")
    clauses = phrase(claim, possible(claim, found.effect))
    # "whether, of the 50 ..., more are shared": what stands before the verb is set off.
    asked = f", {clauses.asked}" if clauses.asked.startswith("of ") else f" {clauses.asked}"
    measured = clauses.measured + (f" ({clauses.interval})" if clauses.interval else "")
    if name == "holds":
        return Plain(LEADS[name], f"{measured}.", _vacuous(claim))
    if name == "refuted":
        return Plain(LEADS[name], f"{measured}.", f"Claimed was that{asked}.")
    if not found.keys:
        return Plain(LEADS[name], f"whether{asked}.", _sentence(judged.reason))
    return Plain(LEADS[name], f"whether{asked}. Measured: {measured}.", needs(claim, found, judged))


def needs(claim: ClaimRecord, found: Evidence, judged: Verdict) -> str:
    """What it would take to tell, of a claim that is inconclusive, in a sentence or two."""
    if found.copies:
        return "It needs prompts that are no near copies of each other."
    if found.refusal:
        return _sentence(judged.reason)
    if judged.borderline:
        return "The random draws of the test leave it open; another seed of the tests may say otherwise."
    if not judged.detectable:
        return _sentence(judged.reason)
    # Never how many prompts would show what was seen: such numbers miss by far (docs/trust.md, "How many prompts?").
    amounts = numbers.distances([one.effect for one in judged.detectable], found.effect, claim.selection.k)
    first, *rest = zip(amounts, judged.detectable, strict=True)
    more = "".join(f", {one.prompts:,} one of {amount}" for amount, one in rest)
    now = plural(first[1].prompts, "prompt") + " a concept"
    shown = f"In four of five such tests {now} would show a true difference of {first[0]}{more}."
    against = (found.effect.value - (found.effect.reference or 0.0)) * _side(claim)
    return shown if against > 0 else f"The number does not point the claimed way. {shown}"


def _side(claim: ClaimRecord) -> int:
    return -1 if claim.kind in ("overlap_below", "sets_differ") else 1


def _vacuous(claim: ClaimRecord) -> str:
    if not is_vacuous(claim):
        return ""
    where = (
        "with prompts dealt to the concepts at random" if holds_when_dealt(claim) else "on a model with random weights"
    )
    return f"But it would also be shown {where}: it says nothing about what the prompts mean."


def _sentence(words: str) -> str:
    return f"{_capital(words).rstrip('.')}." if words else ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
