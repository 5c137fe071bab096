"""What was asked for is what runs: in a project like a user's, with paths, ini files and tests of its own."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from neurontest.report.record import load_record

from .conftest import LOADED, REPOSITORY, Make, RunPytest

pytest.importorskip("xdist")

FILES = ("record.json", "report.html", "junit.xml")
CLAIMS = "claims: [{id: holds-1, claim: b overlaps a more than c}, {id: holds-2, claim: c overlaps a more than b}]"
MORE = "claims: [{id: holds-3, claim: a has consistent neurons}]"


@pytest.fixture
def project(pytester: pytest.Pytester, suite: Make) -> Path:
    """Tests of its own in a folder that the ini file names, others that it does not, a suite, and a subfolder."""
    suite(claims=CLAIMS, more=MORE)
    for folder in ("unit", "junk"):
        (pytester.path / folder).mkdir()
        (pytester.path / folder / f"test_{folder}.py").write_text("def test_it(): pass\n", encoding="utf-8")
    (pytester.path / "sub").mkdir()
    return pytester.path


def ran(result: pytest.RunResult) -> list[str]:
    """Tests that passed, by the lines of ``-v``, which xdist writes the other way round."""
    lines = (re.search(r"(\S+::\S+) PASSED|PASSED (\S+::\S+)", line) for line in result.outlines)
    found = (line[1] or line[2] for line in lines if line)
    return sorted(node.rpartition("/")[2].partition("@")[0] for node in found)


SUITE_ALONE = ["geo.yaml::holds-1", "geo.yaml::holds-2", "more.yaml::holds-3"]
WITH_TESTS = [*SUITE_ALONE, "test_unit.py::test_it"]


@pytest.mark.parametrize(
    "dist",
    [["-n0"], ["-n1"], *(["-n2", f"--dist={how}"] for how in ("load", "loadgroup", "loadfile", "worksteal"))],
    ids=" ".join,
)
@pytest.mark.parametrize(
    ("ini", "arguments", "wanted"),
    [
        ("testpaths = unit", ["--concept-specs=specs"], SUITE_ALONE),
        ("", ["--concept-specs=specs"], SUITE_ALONE),
        ("testpaths = unit\nconcept_specs = specs", [], WITH_TESTS),
        ("testpaths = unit", ["--concept-specs=specs", "unit", "specs/more.yaml"], [SUITE_ALONE[2], WITH_TESTS[3]]),
        ("testpaths = unit\nconcept_specs = specs", ["unit"], [WITH_TESTS[3]]),
    ],
    ids=["option", "without testpaths", "ini key", "paths", "a path alone"],
)
def test_workers_run_what_one_process_runs(
    run_outside: RunPytest,
    project: Path,
    pytester: pytest.Pytester,
    dist: list[str],
    ini: str,
    arguments: list[str],
    wanted: list[str],
) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    result = run_outside("-p", "xdist", "-v", *dist, *arguments)
    assert ran(result) == wanted
    assert result.ret == pytest.ExitCode.OK
    claims = {node for node in wanted if ".yaml" in node}
    report = project / "reports" / "latest" / "record.json"
    assert report.is_file() == bool(claims)
    if claims:
        assert {f"{one.family}::{one.id}" for one in load_record(report).claims if one.outcome == "passed"} == claims


@pytest.mark.parametrize("dist", ["-n0", "-n2"])
def test_a_subfolder_as_working_directory(
    run_outside: RunPytest, project: Path, monkeypatch: pytest.MonkeyPatch, dist: str, pytester: pytest.Pytester
) -> None:
    pytester.makeini("[pytest]\ntestpaths = unit\n")
    monkeypatch.chdir(project / "sub")
    assert ran(run_outside("-p", "xdist", "-v", dist, "--concept-specs=../specs")) == SUITE_ALONE
    # Where pytest's own --junitxml would put it.
    assert (project / "sub" / "reports" / "latest" / "record.json").is_file()
    assert not (project / "reports").exists()


def test_the_shipped_suite_is_collected_alike_by_workers(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = pytester.path / "copy"
    copied.mkdir()
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, copied / name)
    shutil.copytree(REPOSITORY / "concept_specs", copied / "concept_specs")
    (copied / "tests").mkdir()
    (copied / "tests" / "test_other.py").write_text("def test_other(): pass\n", encoding="utf-8")
    # Each item says that it was to be run, and is not.
    (copied / "skip.py").write_text(
        "import pytest\n@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_setup(item):\n    pytest.skip(item.nodeid)\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(copied)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(REPOSITORY), str(copied)]))
    found = {}
    for workers in ("-n0", "-n2"):
        result = pytester.runpytest_subprocess(
            "-p", "xdist", *LOADED, "-p", "skip", "-v", workers, "--concept-specs=concept_specs/", timeout=900
        )
        assert result.ret == pytest.ExitCode.OK
        lines = (re.search(r"(\S+::\S+) SKIPPED|SKIPPED (\S+::\S+)", line) for line in result.outlines)
        found[workers] = sorted((line[1] or line[2]).partition("@")[0] for line in lines if line)
    assert found["-n2"] == found["-n0"]
    assert len(found["-n0"]) > 10
    assert all(node.startswith("concept_specs/") for node in found["-n0"])


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_suite_of_which_nothing_is_collected_is_an_error(
    run_outside: RunPytest, project: Path, pytester: pytest.Pytester, workers: str
) -> None:
    result = run_outside("-p", "xdist", workers, "--concept-specs=specs", "specs", "unit", "--ignore-glob=*.yaml")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["error: specs: none of its claims was collected; *"])


def test_a_conftest_that_takes_all_claims_away_is_an_error(
    run: RunPytest, project: Path, pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(
        "def pytest_collection_modifyitems(items): items[:] = [i for i in items if 'yaml' not in i.nodeid]"
    )
    result = run("--concept-specs=specs", "specs", "unit")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["error: specs: its claims were collected, and a conftest.py or another plugin took all of them away"]
    )


def test_what_a_person_leaves_out_is_no_error(run: RunPytest, project: Path) -> None:
    nothing = run("--concept-specs=specs", "-k", "nothing")
    assert nothing.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    nothing.stdout.no_fnmatch_line("error: *")
    other = run("--concept-specs=specs", "specs", "unit", "-k", "test_it")
    assert other.ret == pytest.ExitCode.OK
    # The suite serves the fixtures of tests in Python; the path that is named runs alone.
    assert run("--concept-specs=specs", "unit").ret == pytest.ExitCode.OK


def stale(project: Path) -> Path:
    folder = project / "reports" / "latest"
    folder.mkdir(parents=True)
    for name in (*FILES, "notes.txt"):
        (folder / name).write_text("an older run", encoding="utf-8")
    return folder


@pytest.mark.parametrize("listing", ["--co", "--fixtures", "--markers", "--setup-plan", "--help"])
def test_listing_leaves_the_last_report(run: RunPytest, project: Path, listing: str) -> None:
    folder = stale(project)
    run("--concept-specs=specs", listing)
    assert {(folder / name).read_text(encoding="utf-8") for name in FILES} == {"an older run"}


def test_after_a_fault_in_the_spec_the_report_says_it(run: RunPytest, project: Path) -> None:
    folder = stale(project)
    (project / "specs" / "more.yaml").write_text("claims: [a overlaps d more than c]", encoding="utf-8")
    assert run("--concept-specs=specs").ret == pytest.ExitCode.INTERRUPTED
    assert sorted(path.name for path in folder.iterdir()) == ["junit.xml", "notes.txt"]
    assert "unknown concept 'd'" in (folder / "junit.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_without_a_model_the_report_says_so(run_outside: RunPytest, project: Path, workers: str) -> None:
    folder = stale(project)
    result = run_outside("-p", "xdist", workers, "--concept-specs=specs", "--concept-model=no-model")
    result.assert_outcomes(failed=3)
    record = load_record(folder / "record.json")
    assert {claim.outcome for claim in record.claims} == {"error"}
    assert {claim.error for claim in record.claims} == {"There is no model 'no-model'."}
    assert "There is no model" in (folder / "junit.xml").read_text(encoding="utf-8")


def test_after_an_interrupt_the_report_says_so(
    run_outside: RunPytest, project: Path, pytester: pytest.Pytester
) -> None:
    folder = stale(project)
    pytester.makeconftest("def pytest_runtest_setup(item):\n    if item.name == 'holds-2': raise KeyboardInterrupt")
    result = run_outside("--concept-specs=specs")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    record = load_record(folder / "record.json")
    assert [claim.outcome for claim in record.claims] == ["passed", "", ""]
    assert any(text.startswith("the run was interrupted") for text in record.warnings)


def test_a_crash_leaves_no_older_report(run_outside: RunPytest, project: Path, pytester: pytest.Pytester) -> None:
    folder = stale(project)
    pytester.makeconftest("import os\ndef pytest_runtest_setup(item): os._exit(9)")
    run_outside("--concept-specs=specs")
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("option", ["--concept-cache-dir", "--concept-report", "--concept-specs"])
def test_a_value_that_moves_the_rootdir_is_refused(
    run_outside: RunPytest, project: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    home = project / "home"
    shutil.copytree(project / "specs", home / "specs")
    (home / "pytest.ini").write_text("[pytest]\nconcept_inconclusive = skip\n", encoding="utf-8")
    away = project / "away"
    shutil.copytree(project / "specs", away)
    monkeypatch.chdir(home)
    said = ["--concept-specs=specs"] if option != "--concept-specs" else []
    result = run_outside(*said, option, str(away))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*pytest took '{away}' after {option} for a path of tests: *over pytest.ini; *"])
    assert run_outside(*said, f"{option}={away}").ret == pytest.ExitCode.OK
    assert run_outside("--concept-specs", "specs").ret == pytest.ExitCode.OK


@pytest.mark.parametrize("phase", ["call", "teardown"])
def test_a_claim_that_ends_otherwise_holds_nowhere(
    run: RunPytest, project: Path, pytester: pytest.Pytester, phase: str
) -> None:
    pytester.makeconftest(
        "import pytest\n@pytest.hookimpl(wrapper=True)\n"
        f"def pytest_runtest_{phase}(item):\n    yield\n    if item.name == 'holds-1': pytest.fail('Timeout >1.0s')"
    )
    result = run("--concept-specs=specs")
    result.stdout.fnmatch_lines(["b overlaps a more than c *error*", "2 hold, 1 error"])
    claim = load_record(project / "reports" / "latest" / "record.json").claims[0]
    assert (claim.verdict, claim.outcome, claim.judgement) == ("not evaluated", "error", None)
    assert "Timeout" in claim.error
    assert "Timeout" in (project / "reports" / "latest" / "junit.xml").read_text(encoding="utf-8")


def test_a_claim_that_another_plugin_fails_holds_nowhere(
    run: RunPytest, project: Path, pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(
        "import pytest\n@pytest.hookimpl(wrapper=True, tryfirst=True)\ndef pytest_runtest_makereport(item):\n"
        "    report = yield\n    if report.when == 'call' and item.name == 'holds-1': report.outcome = 'failed'\n"
        "    return report"
    )
    result = run("--concept-specs=specs")
    result.assert_outcomes(failed=1, passed=2)
    result.stdout.fnmatch_lines(["b overlaps a more than c *error*", "2 hold, 1 error"])


def test_what_a_library_raises_is_said_once_for_each_claim_and_asked_once(
    run: RunPytest, project: Path, pytester: pytest.Pytester
) -> None:
    (project / "specs" / "geo.yaml").write_text(CLAIMS.replace("holds-1", "breaks-1"), encoding="utf-8")
    result = run("--concept-specs=specs")
    result.assert_outcomes(failed=2, passed=1)
    line = "specs/geo.yaml:1: {}: error: IndexError: index 70000 is out of range (fake.py:*)"
    result.stdout.fnmatch_lines([line.format("b overlaps a more than c"), line.format("c overlaps a more than b")])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert (project / "cache" / "evaluated.txt").read_text().splitlines() == ["breaks", "more.yaml: holds-3"]
    result.stdout.fnmatch_lines(["1 holds, 2 errors"])
    verbose = run("--concept-specs=specs", "-vv", "specs/geo.yaml")
    verbose.stdout.fnmatch_lines(["Traceback (most recent call last):", "IndexError: index 70000 is out of range"])


def test_the_claim_that_asks_first_does_not_pay_for_all(
    run: RunPytest, project: Path, pytester: pytest.Pytester
) -> None:
    (project / "specs" / "geo.yaml").write_text(CLAIMS.replace("holds-1", "holds-slow"), encoding="utf-8")
    run("--concept-specs=specs", "--durations=0", "-vv").stdout.re_match_lines([r"0\.[3-9]\d*s setup .*::holds-slow"])
    record = load_record(project / "reports" / "latest" / "record.json")
    assert max(claim.duration for claim in record.claims) < 0.3


def test_a_verdict_is_an_assertion() -> None:
    from neurontest.plugin.outcomes import VerdictFailure

    assert issubclass(VerdictFailure, AssertionError)
