"""What pytest's own lines say of a claim: its word for the outcome, the line of the short summary, and the failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from neurontest.plugin.keys import REPORT_KEY
from neurontest.text import wrapped

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter

#: Columns of the labels in a failure's text, below which what they label is continued.
_LABELLED = 15
#: A line that a reader copies stays as it is.
_AS_IT_IS = "to paste"
#: Pytest's words for outcomes, and what is added to the verdict in their place.
_WORDS = {"PASSED": "", "FAILED": "", "XFAIL": " (XFAIL)", "XPASS": " (XPASS)"}
#: The section of a report that holds the evidence of a claim that passed.
EVIDENCE = "evidence"


@dataclass
class Crash:
    """What stands behind the test's name in the short summary (`message`), and alone with ``--tb=line`` (`line`)."""

    message: str
    line: str

    def __str__(self) -> str:
        return self.line


class Told:
    """A failure as pytest shows it: whole among the failures, else in a line.

    Parameters
    ----------
    text : str
        All of it.
    brief : str
        Its one line, the verdict first.
    config : pytest.Config
        Knows the terminal, to whose width the text is wrapped, and whether one line is asked for.
    """

    def __init__(self, text: str, brief: str, config: pytest.Config) -> None:
        self.reprcrash = Crash(brief, text.partition("\n")[0])
        self._text, self._config = text, config

    def __str__(self) -> str:
        return self._text

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write it; to the terminal itself nothing with ``--tb=line``, for which pytest writes `reprcrash`."""
        reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter is None or tw is not self._config.get_terminal_writer():
            tw.line(self._text)
        elif self._config.getoption("tbstyle", "auto") != "line":
            tw.line(fitted(self._text, tw.fullwidth) if reporter.isatty else self._text)


def fitted(text: str, columns: int) -> str:
    """A failure's text, wrapped; what is to be pasted is not."""
    first, *rest = text.split("\n")
    out, keep = [wrapped(first, columns)], False
    for line in rest:
        if line[:2] == "  " and line[2:3] != " ":
            keep = line.startswith(f"  {_AS_IT_IS}")
        out.append(line if keep or line[:2] != "  " else wrapped(line, columns, " " * _LABELLED))
    return "\n".join(out)


def reworded(report: pytest.TestReport, config: pytest.Config) -> None:
    """Let a claim's failure say in the short summary what was found."""
    said: dict[str, str] = getattr(report, REPORT_KEY, {})
    if said.get("brief") and report.failed and isinstance(report.longrepr, str):
        report.longrepr = Told(report.longrepr, said["brief"], config)  # type: ignore[assignment]


def without_verdict(report: pytest.TestReport) -> None:
    """Leave out of the short summary's line the verdict that already begins it, as :func:`word`."""
    said: dict[str, str] = getattr(report, REPORT_KEY, {})
    if isinstance(report.longrepr, Told) and word(report, "FAILED") != "FAILED":
        begin, _, rest = said["brief"].partition(": " if said.get("status") else ", ")
        report.longrepr.reprcrash.message = rest or begin


def word(report: pytest.TestReport, given: str) -> str:
    """The verdict, or what became of the claim since a reference, in place of pytest's word for the outcome."""
    said: dict[str, str] = getattr(report, REPORT_KEY, {})
    found = said.get("status") or said.get("verdict", "")
    if report.when != "call" or not found or given not in _WORDS or said.get("error"):
        return given
    if given == "FAILED" and not said.get("failed"):
        return given  # not for what was found
    if given == "FAILED" and found in ("holds", "preserved"):
        found = "vacuous"
    return found.upper() + _WORDS[given]


def shows_evidence(config: pytest.Config) -> bool:
    """Whether the evidence of claims that pass is wanted: with ``-vv``, ``-rA`` or ``-rP``."""
    return config.get_verbosity() >= 2 or bool({"A", "P"} & set(config.getoption("reportchars", "")))


def passing(reporter: pytest.TerminalReporter) -> None:
    """With ``-vv``, write the evidence of the claims that pass; with ``-rA`` or ``-rP`` pytest does."""
    if reporter.config.get_verbosity() < 2 or {"A", "P"} & set(reporter.reportchars):
        return
    reports = [one for one in reporter.getreports("passed") if getattr(one, REPORT_KEY, {})]
    shown = [text for one in reports for name, text in one.sections if name == EVIDENCE]
    if shown:
        reporter.write_sep("=", "PASSES")
    for text in shown:
        reporter.write_line(fitted(text, reporter.config.get_terminal_writer().fullwidth) if reporter.isatty else text)
