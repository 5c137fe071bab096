"""What the terminal shows: a header line, and a table of the claims at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pytest

from neurontest import __version__
from neurontest.plugin.items.asked import suites_asked_for
from neurontest.plugin.items.judge import shown
from neurontest.text import wrapped
from neurontest.untrusted import visible, visible_line

if TYPE_CHECKING:
    from neurontest.claims.suite import Suite
    from neurontest.plugin.ending.written import Written
    from neurontest.report.text.rows import Row
    from neurontest.types import Record

_MARKUP = {"holds": {"green": True}, "inconclusive": {"yellow": True}, "refuted": {"red": True}, "error": {"red": True}}
_SINCE = {
    "preserved": {"green": True},
    "undecided": {"yellow": True},
    "incomparable": {"yellow": True},
    "weakened": {"red": True},
    "lost": {"red": True},
}


def header(config: pytest.Config) -> list[str]:
    """The header line, or none if this run has nothing to do with a suite."""
    suites = suites_asked_for(config)
    if not suites:
        return []
    names = ", ".join(shown(folder, config.invocation_params.dir) for folder in suites)
    return [visible_line(f"neurontest: {__version__}, concept specs: {names}")]


def repeated(suite: Suite) -> str:
    """What a suite is repeated with, and what that costs; empty if with nothing."""
    parts = []
    if suite.seeds:
        parts.append(f"at {_others(len(suite.seeds), 'seed')} (as many times more texts to write)")
    if suite.baselines:
        parts.append(f"with {_others(len(suite.baselines), 'baseline')}")
    return f"every family is tested again {' and '.join(parts)}" if parts else ""


def _others(count: int, noun: str) -> str:
    return f"{count} other {noun}{'' if count == 1 else 's'}"


def summary(
    reporter: pytest.TerminalReporter, written: Iterable[Written], warnings: Iterable[str], gated: Sequence[str] = ()
) -> None:
    """The table, the counts, the path of the report, and what went wrong with it; what the gate says comes last."""
    written = list(written)
    # Of claims that were never collected, pytest itself has said why.
    written = [one for one in written if one.warning or (one.record and any(c.selected for c in one.record.claims))]
    said = {text for one in written if one.record for text in one.record.warnings}
    warnings = [*(text for text in warnings if text and text not in said), *(one.warning for one in written)]
    warnings = [text for text in warnings if text]
    if reporter.config.get_verbosity() <= -2 or not (written or warnings or gated):
        for text in gated:
            if text.startswith("error: "):
                _write(reporter, text, red=True)
        return
    reporter.write_sep("=", "concept neurons")
    start = reporter.config.invocation_params.dir
    for one in written:
        if one.record is not None and any(claim.selected for claim in one.record.claims):
            _table(reporter, one.record, str(one.folder.name) if len(written) > 1 else "")
        report = next((path for path in one.files if path.suffix == ".html"), None)
        if report is not None:
            _write(reporter, f"report: {shown(report.resolve(), start)}")
    for text in warnings:
        _tell(reporter, f"warning: {text}", yellow=True)
    for text in gated:
        _write(reporter, text, red=text.startswith("error: "))


def _write(reporter: pytest.TerminalReporter, text: str, **markup: bool) -> None:
    """Write a line; what it says of names, models and claims comes from elsewhere, and must not steer the terminal."""
    reporter.write_line(visible(text), **markup)


def _tell(reporter: pytest.TerminalReporter, text: str, **markup: bool) -> None:
    """Write sentences, wrapped to the terminal's width."""
    text = visible(text)
    if reporter.isatty:
        text = "\n".join(wrapped(line, shutil.get_terminal_size().columns) for line in text.split("\n"))
    reporter.write_line(text, **markup)


def _table(reporter: pytest.TerminalReporter, record: Record, suite: str) -> None:
    from neurontest.report.text.rows import counts, table_rows
    from neurontest.report.text.wording import notes

    rows = table_rows(record)
    if suite:
        _write(reporter, f"{suite}:")
    lines = layout(rows, shutil.get_terminal_size().columns if reporter.isatty else None)
    _write(reporter, lines[0], bold=True)
    part = ""
    for row, line in zip(rows, lines[1:], strict=True):
        if row.part != part:
            part = row.part
            _write(reporter, part, bold=True)
        _write(reporter, line, **_MARKUP.get(row.status, {}))
    for row in rows:
        if row.vacuous:
            _tell(reporter, f"vacuous: {row.where}: {row.claim}: {row.vacuous}", yellow=True)
        if row.unstable:
            _tell(reporter, f"unstable: {row.where}: {row.claim}: {row.unstable}", yellow=True)
        if row.unknown:
            line = f"not tried where concepts mean nothing: {row.where}: {row.claim}: {row.unknown}"
            _tell(reporter, line, yellow=True)
        if row.uncorrected:
            _tell(reporter, f"uncorrected: {row.where}: {row.claim}: {row.uncorrected}", yellow=True)
    for warning in record.warnings:
        _tell(reporter, f"warning: {warning}", yellow=True)
    for note in notes(record):
        _tell(reporter, note)
    _write(reporter, counts(rows))
    if record.against is not None:
        _since(reporter, record)


def _since(reporter: pytest.TerminalReporter, record: Record) -> None:
    """The table of what became of the claims since a reference."""
    from neurontest.report.text.drift import drift_lines
    from neurontest.report.text.since import since_counts, since_heading, since_lines, since_rows, since_table

    rows = since_rows(record)
    _write(reporter, "")
    _write(reporter, since_heading(record), bold=True)
    lines = since_table(rows, shutil.get_terminal_size().columns if reporter.isatty else None) if rows else []
    for line, row in zip(lines, [None, *rows], strict=False):
        _write(reporter, line, **(_SINCE.get(row.status, {}) if row else {"bold": True}))
    for line in drift_lines(record, shutil.get_terminal_size().columns if reporter.isatty else None):
        _write(reporter, line)
    for kind, text in since_lines(record):
        _tell(reporter, text, **({} if kind in ("accepted", "floor") else {"yellow": True}))
    _write(reporter, since_counts(record) or "nothing was compared")


def layout(rows: Sequence[Row], width: int | None) -> list[str]:
    """The lines of the table, the headings first.

    Parameters
    ----------
    rows : sequence of Row
    width : int or None
        Columns of the terminal, to which sentences are cut; None cuts nothing.
    """
    from neurontest.report.text.columns import aligned

    cells: list[tuple[str, ...]] = [
        ("claim", "verdict", "effect", "adjusted p"),
        *((r.claim, r.verdict, r.effect, r.p) for r in rows),
    ]
    if any(row.stands for row in rows):
        cells = [(*cell, last) for cell, last in zip(cells, ("stands", *(r.stands for r in rows)), strict=True)]
    return aligned(cells, width)
