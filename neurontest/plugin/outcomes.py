"""What a finding makes of a test, and what pytest made of a claim."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest

from neurontest.errors import EvidenceError, NeurontestError
from neurontest.plugin.keys import REPORT_KEY

#: Characters of a foreign error's message that are shown.
_SAID = 400

#: From weakest to strongest: a claim's outcome is the strongest of its phases.
_ORDER = ("", "passed", "xpassed", "xfailed", "skipped", "failed", "error")


class VerdictFailure(AssertionError):  # noqa: N818 - a verdict, not an error
    """A claim does not hold; the text says what was found. The only error that the plugin rewords as a failure.

    An assertion, since reporters call a test broken that ends by anything else.
    """


class ForeignError(EvidenceError):
    """Something that neither this program nor its user raised on purpose: of a library, a model's code, the system.

    Attributes
    ----------
    trace : str
        Its traceback. As text: the frames themselves would keep a model in memory.
    """

    def __init__(self, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
        said = " ".join(str(error).split())
        name = type(error).__name__
        super().__init__((f"{name}: {said[:_SAID]}{'…' * (len(said) > _SAID)}" if said else name) + where)
        self.trace = "".join(traceback.format_exception(error))


@dataclass
class Tally:
    """What pytest made of one claim so far.

    Attributes
    ----------
    outcome : str
        ``passed``, ``failed``, ``skipped``, ``xfailed``, ``xpassed``, ``error``; empty before the first phase.
    error : str
        Why there is no verdict, if an error came in between.
    duration : float
        Seconds, over call and teardown: in set-up a claim's whole family is traced and tested.
    """

    outcome: str = ""
    error: str = ""
    duration: float = 0.0

    @property
    def has_verdict(self) -> bool:
        """Whether the claim was tested, as far as pytest can tell."""
        return self.outcome in ("passed", "failed", "xpassed", "xfailed") and not self.error

    def add(self, report: pytest.TestReport) -> None:
        """Add one phase."""
        label: dict[str, str] = getattr(report, REPORT_KEY, {})
        crashed = str(report.when) == "???"  # xdist's word for a test during which its worker died
        error = label.get("error", "") or (str(report.longrepr) if crashed else "")
        unexpected = isinstance(report.longrepr, str) and report.longrepr.startswith("[XPASS(strict)]")
        decided = not label or bool(label["verdict"]) or unexpected
        if report.failed and report.when == "call" and not error and not decided:
            error = "counted as failed though nothing was raised: another plugin of pytest decided so"
        outcome = _outcome(report, error)
        if _ORDER.index(outcome) > _ORDER.index(self.outcome):
            self.outcome = outcome
        self.error = self.error or error
        self.duration += 0.0 if report.when == "setup" else report.duration


def _outcome(report: pytest.TestReport, error: str) -> str:
    expected = hasattr(report, "wasxfail")
    if report.skipped:
        return "xfailed" if expected else "skipped"
    if report.failed:
        return "error" if error or report.when != "call" else "failed"
    if report.passed and report.when == "call":
        return "xpassed" if expected else "passed"
    return ""  # a setup or teardown that passed, or a plugin's own outcome such as "rerun"


def settle(text: str, verdict: str, *, inconclusive: str, expected_to_fail: bool = False) -> None:
    """End a test as the verdict of its claim demands.

    Parameters
    ----------
    text : str
        What was found, for a reader.
    verdict : {"holds", "refuted", "inconclusive"}
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
        first = text.partition("\n")[0]
        if inconclusive == "skip":
            pytest.skip(first)
        if inconclusive == "xfail":
            pytest.xfail(first)
    raise VerdictFailure(text)


def error_text(error: BaseException) -> str:
    """What went wrong, in words; a program's error carries its type's name."""
    said = isinstance(error, (NeurontestError, pytest.fail.Exception))
    return str(error) if said else f"{type(error).__name__}: {error}"


def label(report: pytest.TestReport, folder: Path, node: str, call: pytest.CallInfo[None]) -> None:
    """Write on a claim's report whose it is, and what error came in between, as plain texts."""
    error = verdict = ""
    if call.excinfo is not None:
        value = call.excinfo.value
        if isinstance(value, VerdictFailure):
            verdict = "not shown"
        elif not isinstance(value, (pytest.skip.Exception, pytest.xfail.Exception)):
            error = error_text(value)
    setattr(report, REPORT_KEY, {"suite": str(folder), "claim": node, "error": error, "verdict": verdict})


def claim_of(report: pytest.TestReport, root: Path) -> tuple[Path, str] | None:
    """The suite folder and the claim that a report is of, or None if it is of another test.

    The report of a test during which its worker died bears no label; its node id says the same.
    """
    said: dict[str, str] | None = getattr(report, REPORT_KEY, None)
    if said is not None:
        return Path(said["suite"]), said["claim"]
    file, _, name = report.nodeid.partition("::")
    path = (root / file).resolve()
    if path.suffix != ".yaml":
        return None
    # --dist loadgroup appends "@group"; no claim's id holds an "@".
    return path.parent, f"{path.name}::{name.partition('@')[0]}"
