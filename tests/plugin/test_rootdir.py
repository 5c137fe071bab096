"""Values after a space, which pytest takes for paths of tests when it looks for its ini file."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.plugin.rootdir import loose_values
from neurontest.report.record import load_record

from .conftest import Make, RunPytest


@pytest.fixture
def project(pytester: pytest.Pytester, suite: Make, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a suite of its own and an ini file; beside it a folder of somebody else."""
    suite("project/specs")
    (pytester.path / "project" / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (pytester.path / "else").mkdir()
    monkeypatch.chdir(pytester.path / "project")
    return pytester.path / "project"


def test_values_after_a_space_that_are_paths(project: Path) -> None:
    said = ["--concept-k", "3", "--concept-report", "../else", "--concept-model=specs", "--concept-salmon", "specs"]
    assert loose_values(said) == [("--concept-report", "../else")]
    assert loose_values(["--concept-specs", "specs", "--", "--concept-report", "specs"]) == [
        ("--concept-specs", "specs")
    ]


@pytest.mark.parametrize("option", ["--concept-cache-dir", "--concept-report"])
def test_a_rootdir_that_a_value_decided_is_told(run: RunPytest, project: Path, option: str) -> None:
    result = run("--concept-specs=specs", "-k", "holds-1", option, "../else")
    result.assert_outcomes(passed=1, deselected=4)
    told = f"pytest took the value of '{option} ../else' for a path of tests, and so reads no ini file instead of *"
    result.stdout.fnmatch_lines([f"neurontest: WARNING: {told}", f"warning: {told}; write {option}=../else"])
    # Reports stand where files of --junitxml would.
    reports = project / "reports" / "latest" if option != "--concept-report" else project.parent / "else"
    (warning,) = (text for text in load_record(reports / "record.json").warnings if "pytest took" in text)
    assert str(project / "pytest.ini") in warning


@pytest.mark.parametrize("option", ["--concept-cache-dir", "--concept-report", "--concept-specs"])
@pytest.mark.parametrize("whose", ["project", "else"])
def test_settings_that_were_passed_over_or_are_anothers_stop_the_run(
    run: RunPytest, project: Path, suite: Make, pytester: pytest.Pytester, option: str, whose: str
) -> None:
    suite("else/specs")
    (pytester.path / whose / "pytest.ini").write_text("[pytest]\nconcept_k = 4\n", encoding="utf-8")
    value = "../else/specs" if option == "--concept-specs" else "../else"
    named = () if option == "--concept-specs" else ("--concept-specs=specs",)
    result = run(*named, option, value)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: pytest took the value of '{option} {value}' *; write {option}={value}"])
    run(*named, f"{option}={value}", "-k", "holds-1").assert_outcomes(passed=1, deselected=4)


def test_a_suite_elsewhere_is_told_as_well(run: RunPytest, project: Path, suite: Make) -> None:
    suite("else/specs")
    result = run("-k", "holds-1", "--concept-specs", "../else/specs")
    result.assert_outcomes(passed=1, deselected=4)
    result.stdout.fnmatch_lines(["warning: pytest took *; write --concept-specs=../else/specs"])
    assert (project / "reports" / "latest" / "record.json").is_file()


def test_what_moves_nothing_is_not_told(run: RunPytest, project: Path) -> None:
    (project / "kept").mkdir()
    for arguments in (
        ("--concept-specs", "specs"),
        ("--concept-specs", "specs", "--concept-cache-dir", "kept"),
        ("--concept-specs=specs", "--concept-cache-dir", "../else", "--rootdir=.", "-c", "pytest.ini"),
        ("--concept-specs=specs", "specs", "--concept-cache-dir=../else"),
    ):
        result = run(*arguments, "-k", "holds-1")
        result.assert_outcomes(passed=1, deselected=4)
        result.stdout.no_fnmatch_line("*pytest took*")


def test_a_path_of_tests_that_moves_the_rootdir_is_pytests_own(run: RunPytest, project: Path, suite: Make) -> None:
    suite("else/specs")
    result = run("--concept-specs=../else/specs", "../else/specs", "-k", "holds-1")
    result.assert_outcomes(passed=1, deselected=4)
    result.stdout.no_fnmatch_line("*pytest took*")


def test_reports_of_the_ini_file_stand_beside_it(
    run: RunPytest, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    run("--concept-specs=../specs", "-k", "holds-1")
    assert (project / "below" / "reports" / "latest" / "record.json").is_file()
    (project / "pytest.ini").write_text("[pytest]\nconcept_report = out\n", encoding="utf-8")
    run("--concept-specs=../specs", "-k", "holds-1")
    assert (project / "out" / "record.json").is_file()
