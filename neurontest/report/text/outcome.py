"""What became of a claim: the verdict seen through `skip`, `xfail`, errors and what pytest made of it."""

from __future__ import annotations

from typing import Literal, cast, get_args

from neurontest.report.text.standing import is_unstable
from neurontest.types import ClaimRecord, Record

Outcome = Literal["passed", "failed", "skipped", "xfailed", "xpassed", "error"]


def outcome(claim: ClaimRecord) -> Outcome:
    """What pytest made of the claim; where the record does not say (no pytest was there), what it would by default."""
    if claim.outcome in get_args(Outcome):
        return cast(Outcome, claim.outcome)
    if claim.error:
        return "error"
    if claim.skip is not None or claim.verdict in ("skipped", "not evaluated"):
        return "skipped"
    if claim.verdict == "holds":
        return "passed" if claim.xfail is None else "xpassed"
    return "failed" if claim.xfail is None else "xfailed"


def status(claim: ClaimRecord) -> str:
    """The verdict, or ``error`` if one was asked for and could not be given."""
    return "error" if outcome(claim) == "error" else claim.verdict


def is_vacuous(claim: ClaimRecord) -> bool:
    """Whether the claim holds, and would also hold where concepts mean nothing."""
    return holds_when_dealt(claim) or holds_on_twin(claim)


def holds_when_dealt(claim: ClaimRecord) -> bool:
    """Whether a claim that holds is also declared with prompts dealt to concepts at random."""
    return claim.verdict == "holds" and claim.vacuity is not None and claim.vacuity.vacuous


def holds_on_twin(claim: ClaimRecord) -> bool:
    """Whether a claim that holds is also declared on a twin of the model with random weights."""
    return claim.verdict == "holds" and claim.salmon is not None and claim.salmon <= claim.statistics.alpha


def vacuous(claim: ClaimRecord) -> str:
    """Where else a claim that holds would be declared, in a sentence; empty if nowhere, or if nobody looked."""
    found = []
    if holds_when_dealt(claim):
        found.append(f"{_replayed(claim)} (rate above {_limit(claim)}, sequential error <= .05)")
    if holds_on_twin(claim):
        found.append("declared on a twin of the model with random weights")
    about = claim.vacuity.about if claim.vacuity is not None and found else ""
    return " and ".join(found) + (f": {about}" if about else "")


def undecided(claim: ClaimRecord) -> str:
    """How a claim that holds fared with prompts dealt at random, if that did not tell; else empty."""
    one = claim.vacuity
    if claim.verdict != "holds" or one is None or one.reason or one.vacuous or one.cleared:
        return ""
    return f"{_replayed(claim)}, which does not tell whether the rate is above or below {_limit(claim)}"


def _replayed(claim: ClaimRecord) -> str:
    one = claim.vacuity
    if one is None:
        return ""
    return f"declared in {one.declared} of {one.worlds} worlds in which prompts were dealt to concepts at random"


def _limit(claim: ClaimRecord) -> str:
    return "" if claim.vacuity is None else f"{100 * claim.vacuity.limit:g}%"


def not_replayed(claim: ClaimRecord) -> str:
    """Why nobody knows whether a claim that holds is vacuous, in a sentence; empty if that is known or not asked."""
    return claim.vacuity.reason if claim.verdict == "holds" and claim.vacuity is not None else ""


def label(claim: ClaimRecord) -> str:
    """The status in words, with what a reader of a table must know of it."""
    words = status(claim)
    if claim.test:
        return f"{words} (uncorrected{', expected' if outcome(claim) == 'xfailed' else ''})"
    if outcome(claim) == "xfailed":
        return f"{words} (expected)"
    if words in ("refuted", "inconclusive") and outcome(claim) == "passed" and claim.against is None:
        return f"{words} (but passed)"  # a plugin of pytest's decided so
    said = [
        *(["unexpected"] if claim.xfail is not None and claim.verdict == "holds" else []),
        *(["vacuous"] if is_vacuous(claim) else []),
        *(["unstable"] if is_unstable(claim) else []),
    ]
    return f"{words} ({', '.join(said)})" if said else words


def remark(claim: ClaimRecord) -> str:
    """What a reader should know besides the verdict, in a sentence; empty if there is nothing."""
    said = []
    if claim.skip is not None:
        said.append(f"Skipped by the spec: {claim.skip}.")
    elif claim.verdict == "skipped" and claim.selected:
        said.append("Skipped by a mark or a fixture of pytest's.")
    if claim.error:
        said.append(f"No verdict: {claim.error}.")
    elif claim.verdict == "not evaluated":
        said.append("Not evaluated: its family was not run.")
    if claim.xfail is not None and claim.verdict == "holds":
        said.append(f"Marked xfail, but it holds: {claim.xfail}.")
    elif claim.xfail is not None:
        said.append(f"Expected not to hold: {claim.xfail}.")
    elif outcome(claim) == "xfailed":
        why = "its test is marked so, or " if claim.test else ""
        said.append(f"Counted as an expected failure, since {why}this run does not fail on inconclusive claims.")
    elif outcome(claim) == "skipped" and claim.judgement is not None:
        said.append("Counted as skipped, since this run does not fail on inconclusive claims.")
    if not claim.selected and claim.judgement is not None:
        said.append("Evaluated with its family, but not selected in this run.")
    return " ".join(sentence.replace("..", ".") for sentence in said)


def place(claim: ClaimRecord) -> str:
    """Where the claim is said: its line in a spec file, or the test that stated it."""
    return claim.test or f"{claim.where.file}:{claim.where.line}"


def declared(record: Record, claim: ClaimRecord) -> int:
    """The number of claims that the claim's p-value was corrected for."""
    for family in record.families:
        if family.file == claim.family:
            return family.declared
    return sum(other.family == claim.family and other.skip is None for other in record.claims)
