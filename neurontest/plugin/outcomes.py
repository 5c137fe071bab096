"""What a finding makes of a test, and whose a report is."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.errors import NeurontestError
from neurontest.plugin.foreign import sentence
from neurontest.plugin.keys import REPORT_KEY


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


def end_test(text: str, verdict: str, *, brief: str = "", inconclusive: str, expected_to_fail: bool = False) -> None:
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
