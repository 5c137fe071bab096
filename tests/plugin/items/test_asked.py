"""What was named is what runs, and a suite of which nothing is left is an error."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Make, RunPytest

CLAIM = "claims: [{id: holds-1, claim: b overlaps a more than c}]"
USAGE, NOTHING = pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED
IGNORE = "def pytest_ignore_collect(collection_path): return 'specs/' in str(collection_path) or None"
DESELECT = """
import pytest
@pytest.hookimpl({when}=True)
def pytest_collection_modifyitems(config, items):
    gone = [item for item in items if "specs" in item.nodeid]
    config.hook.pytest_deselected(items=gone)
    items[:] = [item for item in items if item not in gone]
"""
NO_YAML = "def pytest_collect_file(file_path): pass\ncollect_ignore_glob = ['specs/*']"


@pytest.mark.parametrize("co", [(), ("--co",)])
@pytest.mark.parametrize(
    ("conftest", "arguments"),
    [
        ("", ("--ignore-glob=specs/*.yaml",)),
        (NO_YAML, ()),
        (IGNORE, ()),
        (DESELECT.format(when="tryfirst"), ()),
        (DESELECT.format(when="trylast"), ()),
    ],
)
def test_a_named_suite_of_which_nothing_is_left_is_an_error(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, conftest: str, arguments: tuple[str, ...], co: tuple[str]
) -> None:
    suite(claims=CLAIM)
    suite("others", claims=CLAIM)
    pytester.makeconftest(conftest)
    for more in ((), ("--concept-specs=others",)):
        result = run("--concept-specs=specs", *more, *arguments, *co)
        assert result.ret == USAGE
        result.stderr.fnmatch_lines(["ERROR: --concept-specs specs: *"])
        assert "others" not in result.stderr.str()


def test_it_is_an_error_with_workers_too(run_outside: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    suite(claims=CLAIM)
    suite("others", claims=CLAIM)
    pytester.makeconftest(IGNORE)
    result = run_outside("-p", "xdist", "-n2", "--concept-specs=specs", "--concept-specs=others")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: --concept-specs specs: nothing of it was collected: *"])


def test_a_selection_of_tests_is_pytests_to_judge(run: RunPytest, suite: Make) -> None:
    suite(claims=CLAIM)
    suite("others", claims=CLAIM.replace("holds", "unsure"))
    both = ("--concept-specs=specs", "--concept-specs=others")
    for select in (("-k", "nothing"), ("-m", "not neurontest"), ("--deselect=specs", "--deselect=others")):
        assert run(*both, *select).ret == NOTHING
    assert run(*both, "-k", "holds").ret == 0
    assert run(*both).ret == 1
    assert run(*both, "--lf").ret == 1  # which passes over the file without a failure


def test_a_selection_excuses_no_file_that_is_left_out(run: RunPytest, suite: Make) -> None:
    suite(claims=CLAIM)
    assert run("--concept-specs=specs", "--ignore-glob=*.yaml", "-k", "holds").ret == USAGE


def test_a_suite_without_claims_is_an_error(run: RunPytest, suite: Make) -> None:
    suite(claims="claims: []")
    suite("others", claims=CLAIM)
    result = run("--concept-specs=specs", "--concept-specs=others")
    assert result.ret in (USAGE, pytest.ExitCode.INTERRUPTED)
    assert "specs" in result.stderr.str() + result.stdout.str()


def test_faults_of_a_file_that_is_left_out_are_told(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(claims=CLAIM, bad="claims: [a overlaps d more than c]")
    for said in ("option", "ini"):
        if said == "ini":
            pytester.makeini("[pytest]\nconcept_specs = specs")
        named = ("--concept-specs=specs",) if said == "option" else ()
        result = run(*named, "--ignore-glob=*/bad.yaml")
        assert result.ret == USAGE
        result.stderr.fnmatch_lines(["ERROR: *specs/bad.yaml:1:*: unknown concept 'd'*"])


@pytest.mark.parametrize("folder", ["build", ".specs", "build/specs", "venv"])
def test_a_suite_may_lie_where_pytest_does_not_look(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, folder: str
) -> None:
    suite(folder, claims=CLAIM)
    pytester.mkdir("checks").joinpath("test_it.py").write_text("def test_other(): pass", encoding="utf-8")
    run(f"--concept-specs={folder}").assert_outcomes(passed=1)
    pytester.makeini(f"[pytest]\nconcept_specs = {folder}\ntestpaths = checks")
    run().assert_outcomes(passed=2)
    run("checks").assert_outcomes(passed=1)
    # Below a path that is searched, pytest drops the suite's own path.
    pytester.makeini(f"[pytest]\nconcept_specs = {folder}")
    result = run()
    if result.ret:
        assert result.ret == USAGE
        result.stderr.fnmatch_lines(
            [f"ERROR: concept_specs {folder}: nothing of it was collected, since pytest passes *"]
        )
    else:
        result.assert_outcomes(passed=2)
    run("checks").assert_outcomes(passed=1)


def test_paths_that_leave_a_named_suite_out(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(claims=CLAIM)
    pytester.makepyfile(
        test_plain="def test_it(): pass", test_claims="def test_it(concept_suite): assert concept_suite.claims"
    )
    result = run("--concept-specs=specs", "test_plain.py")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: --concept-specs specs: *the paths named beside it leave it out*"])
    run("--concept-specs=specs", "test_claims.py").assert_outcomes(passed=1)  # it is used
    run("--concept-specs=specs", "test_plain.py", "specs").assert_outcomes(passed=2)
    # Said once for all, it names nothing for this run.
    pytester.makeini("[pytest]\naddopts = --concept-specs=specs")
    run("test_plain.py").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nconcept_specs = specs")
    run("test_plain.py").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "conftest",
    [
        "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtestloop(): return True",
        "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_protocol(): return True",
    ],
)
def test_a_suite_of_which_nothing_was_tested_is_an_error(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, conftest: str
) -> None:
    suite(claims=CLAIM)
    pytester.makeconftest(conftest)
    result = run("--concept-specs=specs")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["ERROR: specs: none of its 1 claims was tested: *"])
    assert run("--concept-specs=specs", "--co").ret == 0
    assert run("--concept-specs=specs", "--setup-plan").ret == 0
