"""The rows of the terminal's table, one for each claim that was asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from neurontest.report.text.outcome import (
    declared,
    holds_on_twin,
    holds_when_dealt,
    label,
    not_replayed,
    place,
    status,
    vacuous,
)
from neurontest.report.text.standing import is_unstable, standing, stands
from neurontest.report.text.wording import (
    adjusted_p,
    common_selection,
    corrected_by,
    differs,
    effect,
    one_line,
    session,
)
from neurontest.types import ClaimRecord, Record
from neurontest.untrusted import visible

_COUNTED = {
    "holds": "hold",
    "refuted": "refuted",
    "inconclusive": "inconclusive",
    "skipped": "skipped",
    "error": "errors",
}


class Row(NamedTuple):
    """A row of the terminal's table, all plain text.

    `verdict` may carry a remark (``refuted (expected)``); `status` is the bare word that decides the colour. `part` is
    the heading of the row's file, with what its claims have in common; empty if all rows are of one file. `vacuous`
    says where else a claim that holds would hold: with prompts `dealt` at random, or on a `twin` with random
    weights; `unknown` why that was not looked at; `uncorrected` what a correction would make of a claim that a test in
    Python stated, if that is another verdict. `stands` says at how many seeds and with how many baselines the verdict
    is the same, `unstable` the same in a sentence, where that is few.
    """

    where: str
    claim: str
    verdict: str
    effect: str
    p: str
    status: str
    part: str = ""
    vacuous: str = ""
    unknown: str = ""
    dealt: str = ""
    twin: str = ""
    uncorrected: str = ""
    stands: str = ""
    unstable: str = ""


def table_rows(record: Record) -> list[Row]:
    """One row for each claim that this run was asked about, in the order of the record."""
    claims = [claim for claim in record.claims if claim.selected]
    times = Counter((claim.family, claim.sentence) for claim in claims)
    files: dict[str, list[ClaimRecord]] = {}
    for claim in claims:
        files.setdefault(claim.family, []).append(claim)
    parts = {file: _part(record, file, own) if len(files) > 1 or own[0].test else "" for file, own in files.items()}
    return [
        Row(
            where=visible(place(claim)),
            # One sentence may be claimed at several settings, or by several tests; then only the id tells which.
            claim=one_line(
                claim.sentence + (f" [{claim.test or claim.id}]" if times[claim.family, claim.sentence] > 1 else "")
            ),
            verdict=label(claim),
            effect=effect(claim),
            p=adjusted_p(claim),
            status=status(claim),
            part=parts[claim.family],
            vacuous=vacuous(claim),
            unknown=visible(not_replayed(claim)),
            dealt="with prompts dealt at random" if holds_when_dealt(claim) else "",
            twin="on a twin of the model with random weights" if holds_on_twin(claim) else "",
            uncorrected=session(claim, declared(record, claim)) if differs(claim) else "",
            stands=stands(claim),
            unstable=standing(claim) if is_unstable(claim) else "",
        )
        for claim in claims
    ]


def counts(rows: Sequence[Row]) -> str:
    """Such as ``5 hold, 1 refuted``: verdicts by their names, whatever pytest makes of them.

    With claims that would hold anyway: ``7 of 8 hold; 1 of them also with prompts dealt at random; 1 inconclusive``.
    """
    found = Counter(row.status for row in rows)
    ordered = [*(name for name in _COUNTED if found[name]), *sorted(set(found) - set(_COUNTED))]
    also = Counter(filter(None, [*(row.dealt for row in rows), *(row.twin for row in rows)]))
    if also:
        held = found["holds"]
        parts = [f"{held} of {len(rows)} {'holds' if held == 1 else 'hold'}"]
        parts += [f"{count} of them also {where}" for where, count in also.items()]
        rest = [_counted(name, found[name]) for name in ordered if name != "holds"]
        return "; ".join([*parts, ", ".join(rest)] if rest else parts)
    return ", ".join(_counted(name, found[name]) for name in ordered)


def _counted(name: str, count: int) -> str:
    return f"{count} {name if count == 1 else _COUNTED.get(name, name)}"


def _part(record: Record, file: str, claims: Sequence[ClaimRecord]) -> str:
    if claims[0].test:
        said = "stated by tests in Python, verdicts uncorrected"
        if claims[0].session is not None:
            method = next((family.correction for family in record.families if family.file == file), "")
            said += f", p{corrected_by(method, declared(record, claims[0]))}"
        file = said
    return one_line(": ".join(filter(None, (file, common_selection(claims)))))
