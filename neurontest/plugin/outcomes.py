"""What a finding makes of a test, and what pytest made of a claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from neurontest.errors import NeurontestError
from neurontest.plugin.foreign import sentence
from neurontest.plugin.keys import REPORT_KEY
from neurontest.untrusted import visible_line

if TYPE_CHECKING:
    from neurontest.plugin.collect import ClaimItem

#: From weakest to strongest: a claim's outcome is the strongest of its phases.
_ORDER = ("", "passed", "xpassed", "xfailed", "skipped", "failed", "error")


class VerdictFailure(AssertionError):  # noqa: N818 - a verdict, not an error
    """A claim does not hold; the text says what was found. The only error that the plugin rewords as a failure.

    An :class:`AssertionError`, since reporters take any other exception for a test that is broken.

    Attributes
    ----------
    brief : str
        The same in a line, the verdict first.
    """

    def __init__(self, text: str, brief: str = "") -> None:
        super().__init__(text)
        self.brief = brief or text.partition("\n")[0]


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


def settle(text: str, verdict: str, *, brief: str = "", inconclusive: str, expected_to_fail: bool = False) -> None:
    """End a test as the verdict of its claim demands.

    Parameters
    ----------
    text : str
        What was found, for a reader.
    verdict : {"holds", "refuted", "inconclusive"}
    brief : str
        The same in a line, the verdict first; by default the text's first line.
    inconclusive : {"fail", "skip", "xfail"}
        What to make of an inconclusive claim.
    expected_to_fail : bool
        The spec marks the claim ``xfail``, which covers an inconclusive verdict too.

    Raises
    ------
    VerdictFailure
        If the claim does not hold.
    """
    if verdict == "holds":
        return
    if verdict == "inconclusive" and not expected_to_fail:
        first = brief or text.partition("\n")[0]
        if inconclusive == "skip":
            pytest.skip(first)
        if inconclusive == "xfail":
            pytest.xfail(first)
    raise VerdictFailure(text, brief)


def error_text(error: BaseException) -> str:
    """What went wrong, in words; a program's error carries its type's name."""
    said = isinstance(error, (NeurontestError, pytest.fail.Exception))
    return str(error) if said else sentence(error)


def label(report: pytest.TestReport, item: ClaimItem, call: pytest.CallInfo[None]) -> None:
    """Write on a claim's report whose it is, what was found and what error came in between, as plain texts."""
    said = {"suite": str(item.suite.folder), "claim": item.claim.node}
    if call.when == "setup":
        said["shared"] = repr(item.shared)
    if call.when == "call":
        said |= {"verdict": item.verdict, "status": item.status, "facts": item.facts}
    if call.excinfo is not None:
        value = call.excinfo.value
        if isinstance(value, VerdictFailure):
            said |= {"failed": "verdict", "brief": value.brief}
        elif not isinstance(value, (pytest.skip.Exception, pytest.xfail.Exception)):
            said["error"] = error_text(value) or type(value).__name__
            said["brief"] = visible_line(f"error: {said['error'].partition(chr(10))[0]}")
    setattr(report, REPORT_KEY, said)


def claim_of(report: pytest.TestReport, root: Path) -> tuple[Path, str] | None:
    """The suite folder and the claim that a report is of, or None if it is of another test.

    The report of a test during which its worker died bears no label; its node id says the same.
    """
    said: dict[str, str] | None = getattr(report, REPORT_KEY, None)
    return named(report.nodeid, root) if said is None else (Path(said["suite"]), said["claim"])


def named(nodeid: str, root: Path) -> tuple[Path, str] | None:
    """The suite folder and the claim that a node id names, or None if it is no claim's."""
    file, _, name = nodeid.partition("::")
    path = (root / file).resolve()
    if path.suffix != ".yaml":
        return None
    # --dist loadgroup appends "@group"; no claim's id holds an "@".
    return path.parent, f"{path.name}::{name.partition('@')[0]}"
