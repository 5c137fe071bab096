"""The claims that a run failed for, the worst first: what summaries, annotations and SARIF begin with."""

from __future__ import annotations

from neurontest.report.text.outcome import outcome
from neurontest.types import ClaimRecord, Record

_FAILING = ("error", "failed", "xpassed")
#: From the worst on. A verdict that could not be given comes first: nothing else about the claim is known.
_ORDER = ("error", "lost", "refuted", "weakened", "holds", "inconclusive", "undecided")


def failing(record: Record) -> list[ClaimRecord]:
    """The claims that this run was asked about and that did not pass, the worst first."""
    found = [claim for claim in record.claims if claim.selected and outcome(claim) in _FAILING]
    return sorted(found, key=_rank)


def what(claim: ClaimRecord) -> str:
    """What a failing claim failed by: ``error``, a verdict, or a status since a reference."""
    if outcome(claim) == "error":
        return "error"
    return claim.against.status if claim.against is not None else claim.verdict


def _rank(claim: ClaimRecord) -> tuple[int, str, int]:
    name = what(claim)
    return _ORDER.index(name) if name in _ORDER else len(_ORDER), claim.family, claim.where.line
