"""A run as Markdown: the job summary of GitHub Actions, and what a comment on a pull request can hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from neurontest.report.ci.badge import badges
from neurontest.report.ci.failing import failing
from neurontest.report.text.outcome import declared
from neurontest.report.text.rows import Row, counts, table_rows
from neurontest.report.text.since import HEADINGS, since_counts, since_heading, since_lines, since_rows
from neurontest.report.text.wording import failure_text, notes
from neurontest.types import ClaimRecord, Record
from neurontest.untrusted import visible

#: Bytes that GitHub takes of a job summary are 1 MiB for all that a step writes; some are left to others.
LARGEST = 1_000_000
#: Failures that are told in full, where there is room; and lines that are told of any one list.
_FULL, _LISTED = 20, 100
#: What Markdown, or GitHub, would make something of: marks, links, mentions, numbers of issues.
_MARKS = re.compile(r"([\\`*_\[\]<>#|~@&$]|:(?=//)|(?<=www)\.)", re.IGNORECASE)


def summary(record: Record, largest: int = LARGEST) -> str:
    """The run, failures first, in at most so many bytes.

    Where it is too long, detail is dropped and said to be: the full texts of failures first, then the rows of claims
    that passed, then the rest of the rows.

    Parameters
    ----------
    record : Record
    largest : int
        Bytes of UTF-8; at least some hundreds.
    """
    rows, failed = table_rows(record), failing(record)
    claims = [claim for claim in record.claims if claim.selected]
    by_claim = {(claim.family, claim.id): row for row, claim in zip(rows, claims, strict=True)}
    first = [by_claim.pop((claim.family, claim.id)) for claim in failed]
    others = list(by_claim.values())
    head = _head(record, rows)
    # From all of it to next to nothing; the first that fits is taken.
    steps = [
        (_FULL, len(first), len(others)),
        (_FULL // 4, len(first), len(others)),
        (0, len(first), len(others)),
        *((0, len(first), count) for count in _fewer(len(others))),
        *((0, count, 0) for count in _fewer(len(first))),
    ]
    for full, bad_rows, other_rows in steps:
        text = "\n".join(
            [
                *head,
                *_table("Did not pass", first, bad_rows),
                *_failures(record, failed[:full]),
                *_since(record),
                *_table("All others" if first else "", others, other_rows),
                "",
                *(f"- {_plain(note)}" for note in notes(record)),
                "",
            ]
        )
        if len(text.encode()) <= largest:
            return text
    return "\n".join([*head[:3], "", "The rest is too long to show here; see the report."]) + "\n"


def _head(record: Record, rows: Sequence[Row]) -> list[str]:
    _, badge = next(iter(badges(record)))
    lines = [f"### Concept claims of {_plain(record.suite)}: {_plain(badge.message)}", ""]
    model = _plain(" ".join(filter(None, (record.model.name, record.model.dtype))))
    lines += [f"{model}, {record.created[:10]}; {_plain(counts(rows))}" if rows else model, ""]
    lines += [f"- **error:** {_plain(error)}" for error in record.errors[:_LISTED]]
    lines += [f"- warning: {_plain(warning)}" for warning in record.warnings[:_LISTED]]
    return lines


def _fewer(count: int) -> list[int]:
    """Counts below one, each half of the one before, down to none."""
    out = [count]
    while out[-1]:
        out.append(out[-1] // 2)
    return [after for _, after in pairwise(out)]


def _table(title: str, rows: Sequence[Row], shown: int) -> list[str]:
    if not rows:
        return []
    lines = ["", f"#### {title}", ""] if title else [""]
    if shown:
        lines += ["| claim | verdict | effect | adjusted p |", "|---|---|---|---|"]
        lines += [_row((f"{row.where} {row.claim}", row.verdict, row.effect, row.p)) for row in rows[:shown]]
    if shown < len(rows):
        lines += ["", f"and {len(rows) - shown:,} more{' (see the report)' if shown else ': see the report'}"]
    return lines


def _failures(record: Record, claims: Sequence[ClaimRecord]) -> list[str]:
    lines = []
    for claim in claims:
        text = failure_text(claim, suite=record.suite, model=record.model.name, declared=declared(record, claim))
        # Indented by four: a block of code that no text from elsewhere can end.
        body = [f"    {line}" for line in visible(text).splitlines()]
        title = _plain(f"{claim.where.file}:{claim.where.line} {claim.sentence}")
        lines += ["", f"<details><summary>{title}</summary>", "", *body, "", "</details>"]
    return lines


def _since(record: Record) -> list[str]:
    if record.against is None:
        return []
    rows = since_rows(record)
    lines = ["", f"#### {_plain(since_heading(record))}", ""]
    if rows:
        lines += [_row(HEADINGS), "|" + "---|" * len(HEADINGS)]
        shown = sorted(rows, key=lambda row: row.status == "preserved")[:_LISTED]
        lines += [_row(row[: len(HEADINGS)]) for row in shown]
        if len(rows) > len(shown):
            lines += ["", f"and {len(rows) - len(shown):,} more"]
    lines += ["", *(f"- {_plain(text)}" for _, text in since_lines(record)[:_LISTED])]
    return [*lines, "", _plain(since_counts(record) or "nothing was compared")]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    """A text that Markdown takes as it is: no mark, link, mention or tag comes of it."""
    return _MARKS.sub(lambda found: f"&#{ord(found[0])};", " ".join(visible(text).split()))
