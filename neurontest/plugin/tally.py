"""What pytest made of a claim, and of the tests in Python that state some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from neurontest.plugin.keys import REPORT_KEY

#: From weakest to strongest: a claim's outcome is the strongest of its phases.
_ORDER = ("", "passed", "xpassed", "xfailed", "skipped", "failed", "error")


@dataclass
class Tally:
    """What pytest made of one claim so far.

    Attributes
    ----------
    outcome : str
        ``passed``, ``failed``, ``skipped``, ``xfailed``, ``xpassed``, ``error``; empty before the first phase.
    error : str
        Why there is no verdict, if an error came in between.
    verdict : str or None
        What the test found; empty if it did not get there, None if nothing tells.
    status : str
        What became of it since the reference; empty if nothing tells.
    """

    outcome: str = ""
    error: str = ""
    verdict: str | None = None
    status: str = ""
    _spent: dict[str, float] = field(default_factory=dict)

    @property
    def duration(self) -> float:
        """Seconds over setup, call and teardown, but for the work that all claims of a family share."""
        # With --dist each, every worker tests the claim.
        return max(self._spent.values(), default=0.0)

    @property
    def has_verdict(self) -> bool:
        """Whether the claim was tested to its end, and what pytest made of it does not deny its verdict."""
        if self.error or self.verdict is None:
            return not self.error and self.outcome in ("passed", "failed", "xpassed", "xfailed")
        # What holds may yet have weakened since the reference.
        denied = self.outcome == "skipped" or (self.outcome == "xfailed" and not self.status)
        return bool(self.verdict) and not (self.verdict == "holds" and denied)

    def add(self, report: pytest.TestReport) -> None:
        """Add one phase."""
        label: dict[str, str] = getattr(report, REPORT_KEY, {})
        worker = str(getattr(report, "worker_id", ""))
        seconds = report.duration - float(label.get("shared", 0))
        self._spent[worker] = self._spent.get(worker, 0.0) + max(seconds, 0.0)
        if not (report.passed or report.failed or report.skipped):
            # A plugin's own outcome, such as "rerun": this attempt does not count.
            self.outcome, self.error, self.verdict, self.status = "", "", None, ""
            return
        if label:
            self.verdict = label.get("verdict", "") or self.verdict or ""
            self.status = label.get("status", "") or self.status
        error = _error(report, label)
        outcome = _outcome(report, error)
        if _ORDER.index(outcome) > _ORDER.index(self.outcome):
            self.outcome = outcome
        self.error = self.error or error


@dataclass
class Stating:
    """A test in Python that stated claims.

    Attributes
    ----------
    file, line
        Where it is; the file relative to pytest's rootdir, the line from 1.
    claims : dict from JSON to (suite folder, claim)
        Each once, however often the test stated it.
    tally : Tally
        What pytest made of the test.
    """

    file: str
    line: int
    claims: dict[str, tuple[Path, Any]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


def _error(report: pytest.TestReport, label: Mapping[str, str]) -> str:
    """What came between a claim and its verdict, as this phase tells; else empty."""
    crashed = str(report.when) == "???"  # xdist's word for a test during which its worker died
    error = label.get("error", "") or (str(report.longrepr) if crashed else "")
    if error or not label:
        return error
    # Another plugin, or a conftest, may have changed the report: then it is not what the test found that counts.
    said = str(report.longrepr or "")
    if report.failed and not label.get("failed") and not said.startswith("[XPASS(strict)]"):
        return f"a plugin or a conftest.py made the test fail at {report.when}: {_last_line(said) or 'no reason given'}"
    verdict = label.get("verdict", "")
    if report.when == "call" and report.passed and verdict != "holds" and not label.get("status"):
        found = f"is {verdict}" if verdict else "was not tested"
        return f"pytest counts it as passed, though it {found}: a plugin or a conftest.py changed the outcome"
    return ""


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _outcome(report: pytest.TestReport, error: str) -> str:
    expected = hasattr(report, "wasxfail")
    if report.skipped:
        return "xfailed" if expected else "skipped"
    if report.failed:
        return "error" if error or report.when != "call" else "failed"
    if report.passed and report.when == "call":
        return "error" if error else "xpassed" if expected else "passed"
    return ""  # a setup or teardown that passed
