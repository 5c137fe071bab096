"""However a session ends, the reports are of it and say how; those of an earlier run are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from neurontest.report.record import load_record
from neurontest.types import Record

from .conftest import CLAIMS, LOADED, REPOSITORY, SUITE, Make, RunPytest

FILES = ("record.json", "report.html", "junit.xml")


@pytest.fixture
def earlier(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> Callable[[], bool]:
    """Reports of an earlier run of a suite, and whether they are still there, all three."""
    suite()
    run("--concept-specs=specs", "-k", "holds-1").assert_outcomes(passed=1, deselected=4)
    folder = pytester.path / "reports" / "latest"
    before = {name: (folder / name).read_bytes() for name in FILES}
    # Within one second two runs could write the same.
    for name in FILES:
        (folder / name).write_bytes(before[name] + b" \n")
        before[name] += b" \n"

    def kept() -> bool:
        now = {name: (folder / name).read_bytes() if (folder / name).exists() else b"" for name in FILES}
        same = {name for name in FILES if now[name] == before[name]}
        assert same in (set(), set(FILES))
        return bool(same)

    return kept


def record(pytester: pytest.Pytester) -> Record:
    return load_record(pytester.path / "reports" / "latest" / "record.json")


def junit(pytester: pytest.Pytester) -> dict[str, str]:
    """What the JUnit file says of its errors, by test case."""
    root = ElementTree.parse(pytester.path / "reports" / "latest" / "junit.xml").getroot()  # noqa: S314
    found = {case.get("name", ""): case.find("error") for case in root.iter("testcase")}
    assert root.get("errors") == str(sum(one is not None for one in found.values()))
    return {name: one.get("message", "") for name, one in found.items() if one is not None}


@pytest.mark.parametrize(
    "arguments",
    [("--co",), ("--fixtures",), ("--markers",), ("--help",), ("--setup-plan",), ("-k", "nothing"), ("nowhere",)],
    ids=" ".join,
)
def test_what_runs_nothing_leaves_the_reports(
    run: RunPytest, earlier: Callable[[], bool], arguments: tuple[str, ...]
) -> None:
    run("--concept-specs=specs", *arguments)
    assert earlier()


def test_a_run_about_something_else_leaves_the_reports(
    run: RunPytest, earlier: Callable[[], bool], pytester: pytest.Pytester
) -> None:
    pytester.makeini("[pytest]\nconcept_specs = specs")
    pytester.makepyfile(test_it="def test_it(): pass")
    run("test_it.py").assert_outcomes(passed=1)
    assert earlier()


def test_a_fault_of_the_suite(
    run: RunPytest, earlier: Callable[[], bool], suite: Make, pytester: pytest.Pytester
) -> None:
    (pytester.path / "specs" / "geo.yaml").write_text(CLAIMS.replace("b overlaps a", "b overlaps d"), encoding="utf-8")
    assert run("--concept-specs=specs").ret == pytest.ExitCode.INTERRUPTED
    assert not earlier()
    assert record(pytester).suite == "specs"
    assert "specs/geo.yaml:2:" in record(pytester).errors[0]
    assert "unknown concept 'd'" in junit(pytester)["run-1"]
    assert "unknown concept &#39;d&#39;" in (pytester.path / "reports/latest/report.html").read_text(encoding="utf-8")


def test_a_suite_of_which_nothing_is_left(
    run: RunPytest, earlier: Callable[[], bool], pytester: pytest.Pytester
) -> None:
    assert run("--concept-specs=specs", "--ignore-glob=specs/*.yaml").ret == pytest.ExitCode.USAGE_ERROR
    assert not earlier()
    assert "nothing of it was collected" in junit(pytester)["run-1"]


def test_a_model_that_is_not_there(run: RunPytest, earlier: Callable[[], bool], pytester: pytest.Pytester) -> None:
    run("--concept-specs=specs", "--concept-model=no-model").assert_outcomes(failed=4, skipped=1)
    assert not earlier()
    found = {claim.id: (claim.verdict, claim.outcome, claim.error) for claim in record(pytester).claims}
    assert found["holds-1"] == ("not evaluated", "error", "There is no model 'no-model'.")
    assert found["holds-skipped"] == ("skipped", "skipped", "")
    assert junit(pytester)["unsure-1"].endswith("error (There is no model 'no-model'.)")


def test_errors_of_other_tests(run: RunPytest, earlier: Callable[[], bool], pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="import no_such_module")
    assert run("--concept-specs=specs", "specs", "test_it.py").ret == pytest.ExitCode.INTERRUPTED
    assert not earlier()
    assert "1 error during collection" in junit(pytester)["holds-1"]
    assert "1 error during collection" in record(pytester).errors[0]


@pytest.mark.parametrize("how", ["KeyboardInterrupt", "pytest.exit('enough')"])
@pytest.mark.parametrize("when", ["pytest_runtest_call", "pytest_collection_modifyitems", "pytest_collectstart"])
def test_an_interrupt(
    run: RunPytest, earlier: Callable[[], bool], pytester: pytest.Pytester, how: str, when: str
) -> None:
    item = "if 'refuted-1' in item.nodeid: " if "call" in when else ""
    pytester.makeconftest(
        f"import pytest\ndef {when}({'item' if item else ''}):\n"
        f"    {item}{how if '(' in how else 'raise KeyboardInterrupt'}"
    )
    pytester.inline_run(*LOADED, "-p", "tests.plugin.fake", "--concept-specs=specs", no_reraise_ctrlc=True)
    assert not earlier()
    reason = "enough" if "exit" in how else "interrupted"
    assert reason in record(pytester).errors[0]
    if item:
        found = {claim.id: (claim.outcome, claim.verdict, claim.error) for claim in record(pytester).claims}
        assert found["holds-1"] == ("passed", "holds", "")
        assert found["unsure-1"][:2] == ("error", "not evaluated")
        assert found["unsure-1"][2].startswith(f"not run: {reason}")
        assert set(junit(pytester)) >= {"refuted-1", "unsure-1", "run-1"}


def test_stopping_at_a_failure_is_what_was_asked_for(
    run: RunPytest, earlier: Callable[[], bool], pytester: pytest.Pytester
) -> None:
    run("--concept-specs=specs", "-x").assert_outcomes(passed=1, failed=1)
    assert not earlier()
    assert record(pytester).errors == ()
    assert "3 of 5 claims were not run: stopping after 1 failures" in record(pytester).warnings
    assert junit(pytester) == {}


def test_a_failure_within_pytest(run: RunPytest, earlier: Callable[[], bool], pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_runtest_logreport(report):\n    raise RuntimeError('no disk')")
    assert run("--concept-specs=specs").ret == pytest.ExitCode.INTERNAL_ERROR
    assert not earlier()
    assert "RuntimeError: no disk" in record(pytester).errors[0]


def test_a_killed_run_leaves_nothing_that_is_old(
    earlier: Callable[[], bool], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    pytester.makeconftest(
        "import time\ndef pytest_runtest_call(item):\n    open('begun', 'w').close()\n    time.sleep(600)"
    )
    command = [sys.executable, "-m", "pytest", *LOADED, "-p", "tests.plugin.fake", "--concept-specs=specs"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        for _ in range(600):
            if Path("begun").exists():
                break
            time.sleep(0.1)
        os.kill(process.pid, signal.SIGKILL)
    assert not earlier()
    assert [path for path in (pytester.path / "reports" / "latest").rglob("*") if path.is_file()] == []


def test_files_of_others_stay(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    folder = pytester.path / "reports" / "latest"
    folder.mkdir(parents=True)
    for name in ("record.json", "junit.xml", "notes.txt"):
        (folder / name).write_text('{"mine": 1}', encoding="utf-8")
    (folder / "report.html").mkdir()
    pytester.makeconftest(
        "def pytest_runtest_setup():\n    import os\n    open('seen', 'w').write(open("
        "'reports/latest/record.json').read())"
    )
    run("--concept-specs=specs", "-k", "holds-1")
    assert Path("seen").read_text() == '{"mine": 1}'
    assert (folder / "notes.txt").exists()
    assert (folder / "report.html").is_dir()


def test_several_suites(run: RunPytest, earlier: Callable[[], bool], suite: Make, pytester: pytest.Pytester) -> None:
    suite("others", suite=SUITE + "trace: {topk: 3}\n")
    run("--concept-specs=specs", "--concept-specs=others")
    for name, said in (("specs", "1 error during collection"), ("others", "unknown key 'topk'")):
        found = load_record(pytester.path / "reports" / "latest" / name / "record.json")
        assert any(said in error for error in found.errors)
    # That of one suite alone stood above theirs.
    assert not (pytester.path / "reports" / "latest" / "record.json").exists()


def test_with_workers(run_outside: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    folder = suite()
    workers = ("-p", "xdist", "-n2", "--concept-specs=specs")
    run_outside(*workers, "--concept-model=no-model").assert_outcomes(failed=4, skipped=1)
    assert junit(pytester)["unsure-1"].endswith("error (There is no model 'no-model'.)")
    (folder / "geo.yaml").write_text(CLAIMS.replace("b overlaps a", "b overlaps d"), encoding="utf-8")
    (pytester.path / "cache").rmdir() if not any((pytester.path / "cache").iterdir()) else None
    result = pytester.runpytest_subprocess(*LOADED, "-p", "tests.plugin.fake", *workers, timeout=900)
    assert result.ret != 0
    assert "unknown concept 'd'" in "".join(junit(pytester).values())
