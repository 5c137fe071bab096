"""What a report says of claims since a reference: rows of the terminal's table, and its lines."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from neurontest.report.text import numbers
from neurontest.report.text.columns import aligned
from neurontest.report.text.floor import floor_note, floor_words, noise
from neurontest.report.text.outcome import place
from neurontest.types import AcceptedChange, ClaimRecord, Comparison, Estimate, Record
from neurontest.untrusted import visible_line

#: From what is worst to what is best.
STATUSES = ("lost", "weakened", "undecided", "incomparable", "unchanged", "gained", "preserved")


#: Of the table's columns; that of the noise floor is there if it fits.
HEADINGS = ("claim", "then", "now", "change", "floor", "status")
#: Columns of a terminal of which nothing is known.
_WIDTH = 80


class SinceRow(NamedTuple):
    """A row of the table "since", all plain text; `status` is the bare word that decides the colour."""

    claim: str
    then: str
    now: str
    change: str
    floor: str
    label: str
    status: str


def compared(record: Record) -> list[tuple[ClaimRecord, Comparison]]:
    """The claims that this run was asked about and that were held against the reference, in the record's order."""
    return [(claim, claim.against) for claim in record.claims if claim.selected and claim.against is not None]


def since_rows(record: Record) -> list[SinceRow]:
    """One row for each of them."""
    rows = []
    for claim, found in compared(record):
        label = found.status + (" (accepted)" if waived(record, claim) else "")
        then, now = _short(found.then_effect), _short(found.now_effect)
        rows.append(SinceRow(visible_line(claim.sentence), then, now, change(found), noise(found), label, found.status))
    return rows


def since_table(rows: list[SinceRow], width: int | None) -> list[str]:
    """The lines of the table, the headings first.

    Parameters
    ----------
    width : int or None
        Columns of the terminal, to which sentences are cut; None cuts nothing.
    """
    cells = [HEADINGS, *(row[:-1] for row in rows)]
    lines = aligned(cells, None)
    if any(row.floor for row in rows) and max(map(len, lines)) < (width or _WIDTH):
        return lines
    at = HEADINGS.index("floor")
    return aligned([(*one[:at], *one[at + 1 :]) for one in cells], width)


def since_heading(record: Record) -> str:
    """What the run was held against, in a line; empty if nothing."""
    one = record.against
    if one is None:
        return ""
    when = f", {one.created[:10]}" if one.created else ""
    same = "the same model" if one.fingerprint == record.model.fingerprint else one.model
    texts = "its own texts" if one.texts == "own" else "the reference's texts"
    told = "; named neurons by what they do" if one.neurons == "match" else ""
    return visible_line(f"since {one.name} ({same}{when}; {texts}; margin {one.margin}{told})")


def since_lines(record: Record) -> list[tuple[str, str]]:
    """What is to be read below the table: the kind of each line, and what it says."""
    if record.against is None:
        return []
    lines: list[tuple[str, str]] = [
        (found.status, f"{found.status}: {place(claim)}: {claim.sentence}: {found.reason or 'neither is shown'}")
        for claim, found in compared(record)
        if found.status in ("undecided", "incomparable") or found.reason
    ]
    names = {f"{claim.family}::{claim.id}": claim for claim in record.claims}
    for one in record.against.accepted:
        claim = names.get(one.claim)
        if claim is not None and not claim.selected:
            continue
        lines.append(("expired" if one.expired else "accepted", _accepted(one)))
    lines += [("bar", f"the bar moved: {one}") for one in record.against.bar]
    there, here = record.against.processor, record.model.processor
    if there and here and there != here:
        lines.append(("processor", f"recorded on another processor ({there}; here {here}): it rounds otherwise"))
    note = floor_note(record)
    lines += [("floor", note)] if note else []
    return [(kind, visible_line(text)) for kind, text in lines]


def since_counts(record: Record) -> str:
    """Such as ``1 lost, 3 preserved``; empty if nothing was compared."""
    found: Counter[str] = Counter(one.status for _, one in compared(record))
    return ", ".join(f"{found[name]} {name}" for name in STATUSES if found[name])


def change(found: Comparison) -> str:
    """The change with its interval, such as ``-4.2 [-5.1, -3.3]``; empty if it was not tested."""
    if found.change is None:
        return ""
    return " ".join(filter(None, (numbers.effect(_signed(found.change)), numbers.bounds(found.change)))).replace(
        f" {found.change.unit}", ""
    )


def waived(record: Record, claim: ClaimRecord) -> AcceptedChange | None:
    """The acceptance that a claim's change is covered by, if one is needed."""
    against, found = record.against, claim.against
    if against is None or found is None or found.status not in against.fails:
        return None
    node = f"{claim.family}::{claim.id}"
    return next((one for one in against.accepted if one.claim == node and not one.expired), None)


def fails_gate(record: Record, claim: ClaimRecord) -> bool:
    """Whether a claim fails by what became of it."""
    against, found = record.against, claim.against
    return against is not None and found is not None and found.status in against.fails and waived(record, claim) is None


def sentence(found: Comparison) -> str:
    """What became of a claim, in a line: ``lost: +8.1 then, +0.3 now, change -7.8 [-9.0, -6.6] neurons, ...``."""
    parts = []
    if found.then_effect is not None and found.now_effect is not None:
        parts.append(f"{_short(found.then_effect)} then, {_short(found.now_effect)} now")
    if found.change is not None:
        parts.append(f"change {change(found)} {found.change.unit}".rstrip())
        parts += filter(None, [floor_words(found)])
    if found.margin:
        parts.append(f"margin {found.margin}")
    p = decisive_p(found)
    if p is not None:
        parts.append(f"p {numbers.p_value(p)}")
    if found.reason:
        parts.append(found.reason)
    return f"{found.status}: {', '.join(parts)}" if parts else found.status


def decisive_p(found: Comparison) -> float | None:
    """The adjusted p-value that the status rests on; None if it was not tested."""
    return found.p_opposite_adjusted if found.status in ("weakened", "lost") else found.p_adjusted


def _accepted(one: AcceptedChange) -> str:
    if one.expired:
        return f"acceptance of {one.claim} expired on {one.until}: {one.reason}"
    until, when = f" until {one.until}" if one.until else "", f", accepted {one.on}" if one.on else ""
    return f"accepted{until}: {one.claim}: {one.reason}{when}"


def _signed(one: Estimate) -> Estimate:
    return Estimate(one.name, one.value, one.unit, one.interval, 0.0)


def _short(one: Estimate | None) -> str:
    if one is None:
        return ""
    return numbers.effect(one).replace(f" {one.unit}", "").replace(" neuron", "")
