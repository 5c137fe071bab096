"""What a conftest.py adds to a session: kinds of claim, and files about the record."""

from __future__ import annotations

import pytest

from neurontest.kinds import kinds

from .conftest import Make, RunPytest

KIND = """
from typing import ClassVar

from neurontest.claims.base import Kind
from neurontest.claims.slots import Slot


class Early(Kind):
    name: ClassVar = "early"
    sentence: ClassVar = "{of} has early neurons"
    slots: ClassVar = (Slot("of", "concept", "The concept"),)
    summary: ClassVar = "Its neurons are early"
    procedure: ClassVar = "early:EarlyProcedure"


def pytest_neurontest_kinds(config):
    return [Early]
"""
REPORT = """
def pytest_neurontest_reports(config, record, folder):
    path = folder / "verdicts.txt"
    path.write_text("".join(f"{claim.id} {claim.verdict}\\n" for claim in record.claims))
    return [path]
"""
CLAIMS = "claims: [{id: holds-early, claim: a has early neurons}, {id: unsure-1, kind: early, of: b}]\n"


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n2")])
def test_a_kind_and_a_file_of_a_conftest(
    pytester: pytest.Pytester, suite: Make, request: pytest.FixtureRequest, workers: tuple[str, ...]
) -> None:
    run = request.getfixturevalue("run_outside" if workers else "run")
    before = kinds()
    suite(claims=CLAIMS)
    pytester.makeconftest(KIND + REPORT)
    pytester.makepyfile(early="class EarlyProcedure: pass")
    result = run("--concept-specs=specs", *workers)
    result.assert_outcomes(passed=1, failed=1)
    written = (pytester.path / "reports" / "latest" / "verdicts.txt").read_text()
    assert written == "holds-early holds\nunsure-1 inconclusive\n"
    # The session is over, and so is the kind.
    assert kinds() == before


def test_a_report_that_fails_is_told_and_nothing_else_is_lost(
    pytester: pytest.Pytester, suite: Make, run: RunPytest
) -> None:
    suite(claims="claims: [{id: holds-1, claim: b overlaps a more than c}]\n")
    pytester.makeconftest("def pytest_neurontest_reports(config, record, folder):\n    raise OSError('no room')")
    result = run("--concept-specs=specs")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*warning: a report of a plugin or a conftest.py was not written: OSError: no room*"])
    assert (pytester.path / "reports" / "latest" / "report.html").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("{of} has early neurons", "{of} has consistent neurons"), "cannot be told from another"),
        (("return [Early]", "return [3]"), "adds 3, which is no"),
    ],
)
def test_a_kind_that_cannot_be_used_ends_the_session_before_it_begins(
    pytester: pytest.Pytester, suite: Make, run: RunPytest, changed: tuple[str, str], said: str
) -> None:
    suite()
    pytester.makeconftest(KIND.replace(*changed))
    result = run("--concept-specs=specs")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{said}*"])
    assert all(one.name != "early" for one in kinds())


def test_a_run_without_suites_asks_nobody(pytester: pytest.Pytester, run: RunPytest) -> None:
    pytester.makeconftest("def pytest_neurontest_kinds(config):\n    raise AssertionError('asked')")
    pytester.makepyfile(test_other="def test_other(): pass")
    run("test_other.py").assert_outcomes(passed=1)
