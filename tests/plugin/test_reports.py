from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.cli import main
from neurontest.plugin.ending.records import report_folders
from neurontest.report.record import load_record
from neurontest.report.tables import TABLES

from .conftest import Make, RunPytest

FILES = {"record.json", "report.html", "junit.xml", "summary.md", "badge.svg", "badge.json", "badges"}


def test_one_suite_fills_the_folder_several_fill_folders_below() -> None:
    a, b, other = Path("x/a"), Path("x/b"), Path("y/a")
    assert report_folders((a,), Path("r")) == {a: Path("r")}
    assert report_folders((a, b, other), Path("r")) == {a: Path("r/a"), b: Path("r/b"), other: Path("r/a-2")}


def test_every_suite_is_reported(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite("first")
    suite("second")
    result = run("--concept-specs=first", "--concept-specs=second", "--concept-report=out")
    result.stdout.fnmatch_lines(["report: out/first/report.html", "second:", "report: out/second/report.html"])
    for name in ("first", "second"):
        folder = pytester.path / "out" / name
        assert {path.name for path in folder.iterdir()} == FILES
        record = load_record(folder / "record.json")
        assert record.suite == name
        assert record.model.fingerprint == "f" * 64
        assert record.trace.tokens == 160
        assert [claim.outcome for claim in record.claims] == ["passed", "failed", "failed", "skipped", "xfailed"]


def test_no_reports_when_nothing_ran(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    run("--concept-specs=specs", "--co")
    run("--concept-specs=specs", "-k", "nothing")
    assert not (pytester.path / "reports").exists()


def test_a_report_that_cannot_be_written_is_a_warning(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    (pytester.path / "reports").write_text("in the way", encoding="utf-8")
    result = run("--concept-specs=specs", "-k", "holds-1", "-W", "error")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["b overlaps a more than c  holds *", "warning: no report in *reports/latest: *"])


def test_tables_of_an_earlier_run_are_removed(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    run("--concept-specs=specs")
    latest = pytester.path / "reports" / "latest"
    assert main(["report", str(latest / "record.json"), "--csv"]) == 0
    tables = [latest / name for name in TABLES]
    assert all(path.is_file() for path in tables)
    own = latest / "notes.csv"
    own.write_text("mine\n", encoding="utf-8")
    run("--concept-specs=specs")
    assert not any(path.exists() for path in tables)
    assert own.exists()
