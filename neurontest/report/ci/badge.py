"""Badges: a record, or one of its files, in a few words and a colour. They never say more than the record does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from neurontest.report.text.outcome import is_vacuous, outcome, status
from neurontest.report.text.since import compared, fails_gate, waived
from neurontest.types import ClaimRecord, Record
from neurontest.untrusted import visible_line

LABEL = "concept claims"
#: shields.io's names of the colours, and the ones drawn here.
COLOURS: Mapping[str, str] = {"brightgreen": "#2f7d32", "yellow": "#946200", "red": "#b3261e", "lightgrey": "#5f6368"}
#: Statuses of claims that had something to preserve.
_HAD = ("preserved", "weakened", "lost", "undecided", "incomparable")
_HEIGHT, _FONT, _PAD = 20, 11, 6
#: Widths in Verdana at 11 pixels; what is not listed is as wide as most letters are.
_WIDTHS = {" ": 3.9, "i": 3.0, "l": 3.0, "j": 3.8, "t": 4.3, "f": 3.9, "r": 4.7, "(": 5.0, ")": 5.0, ",": 4.0, ".": 4.0}
_WIDE = {"m": 10.7, "w": 9.0, "M": 9.3, "W": 10.9}
_USUAL = 6.9


@dataclass(frozen=True)
class Badge:
    """What a badge says.

    Attributes
    ----------
    message : str
        Never empty.
    colour : str
        One of :data:`COLOURS`.
    title : str
        All of it in a line, with the model and the day; against a reference also its name, its model and its day.
    error : bool
        There is no verdict to speak of.
    """

    message: str
    colour: str
    title: str
    error: bool = False


def badges(record: Record) -> Iterator[tuple[str, Badge]]:
    """The suite's own badge under an empty name, then one for each of its files under the file's name."""
    yield "", _badge(record, record.claims, "")
    for family in dict.fromkeys(claim.family for claim in record.claims if not claim.test):
        yield family, _badge(record, [claim for claim in record.claims if claim.family == family], family)


def badge_json(badge: Badge) -> str:
    """For shields.io's endpoint badge: https://shields.io/badges/endpoint-badge."""
    said = {"schemaVersion": 1, "label": LABEL, "message": badge.message, "color": badge.colour}
    return json.dumps(said | ({"isError": True} if badge.error else {}), ensure_ascii=False, indent=2) + "\n"


def badge_svg(badge: Badge) -> str:
    """The badge itself, without any service, font or script."""
    left, right = (2 * _PAD + round(sum(map(_width, text))) for text in (LABEL, badge.message))
    title = escape(visible_line(badge.title))

    def text(at: float, words: str) -> str:
        wide = round(sum(map(_width, words)))
        return f'<text x="{at:g}" y="14" textLength="{wide}" lengthAdjust="spacingAndGlyphs">{escape(words)}</text>'

    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="neurontest"'
        f' width="{left + right}" height="{_HEIGHT}" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<clipPath id="r"><rect width="{left + right}" height="{_HEIGHT}" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="{_HEIGHT}" fill="#3c4043"/>'
        f'<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{COLOURS[badge.colour]}"/></g>'
        f'<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="{_FONT}">'
        f"{text(left / 2, LABEL)}{text(left + right / 2, badge.message)}</g></svg>\n"
    )


def _badge(record: Record, claims: Sequence[ClaimRecord], file: str) -> Badge:
    message, colour, error = _said(record, claims)
    about = " ".join(filter(None, (record.suite, file)))
    said = _dated(record.model.name, record.created)
    if record.against is not None:
        then = _dated(record.against.model, record.against.created)
        said += f"; since {record.against.name}" + (f": {then}" if then else "")
    return Badge(message, colour, f"{LABEL} of {about}: {message} ({said})", error)


def _dated(model: str, created: str) -> str:
    return ", ".join(filter(None, (model, created[:10])))


def _said(record: Record, claims: Sequence[ClaimRecord]) -> tuple[str, str, bool]:
    if record.errors:
        return "run failed", "red", True
    if not any(claim.selected for claim in claims):
        return "not run", "lightgrey", True
    if record.against is not None:
        return _since(record, claims)
    counts = Counter(status(claim) for claim in claims if claim.selected)
    vacuous = sum(is_vacuous(claim) for claim in claims if claim.selected)
    held = counts["holds"]
    also = [f"{vacuous} vacuous"] if vacuous else []
    left = sum(not claim.selected for claim in claims)
    rest = [
        *(f"{counts[name]} {name}" for name in ("refuted", "error", "skipped") if counts[name]),
        *([f"{left} not run"] if left else []),
    ]
    words = f"{held} of {len(claims)} {'holds' if len(claims) == 1 else 'hold'}"
    message = ", ".join([f"{words} ({', '.join(also)})" if also else words, *rest])
    if any(outcome(claim) in ("failed", "error", "xpassed") for claim in claims if claim.selected):
        return message, "red", False
    return message, "brightgreen" if held == len(claims) and not vacuous else "yellow", False


def _since(record: Record, claims: Sequence[ClaimRecord]) -> tuple[str, str, bool]:
    here = {(claim.family, claim.id) for claim in claims}
    found = [(claim, one) for claim, one in compared(record) if (claim.family, claim.id) in here]
    had = [(claim, one) for claim, one in found if one.status in _HAD]
    if not had:
        return "nothing to preserve", "lightgrey", not found
    counts = Counter(one.status for _, one in had)
    accepted = sum(waived(record, claim) is not None for claim, _ in had)
    message = ", ".join(
        [
            f"preserved {counts['preserved']} of {len(had)}",
            *(f"{counts[name]} {name}" for name in ("lost", "weakened") if counts[name]),
            *([f"{accepted} accepted"] if accepted else []),
        ]
    )
    if any(fails_gate(record, claim) for claim, _ in found) or any(
        outcome(claim) in ("failed", "error") for claim, _ in found
    ):
        return message, "red", False
    return message, "brightgreen" if counts["preserved"] == len(had) else "yellow", False


def _width(letter: str) -> float:
    return _WIDTHS.get(letter, _WIDE.get(letter, _USUAL))
