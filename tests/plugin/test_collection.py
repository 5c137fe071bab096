from __future__ import annotations

import pytest

from .conftest import CLAIMS, SUITE, Make, RunPytest, prompts

NODES = [
    "specs/geo.yaml::holds-1",
    "specs/geo.yaml::refuted-1",
    "specs/geo.yaml::unsure-1",
    "specs/geo.yaml::holds-skipped",
    "specs/geo.yaml::refuted-expected",
]
CLEAN = ["--strict-markers", "-W", "error", "-p", "no:cacheprovider"]


def collected(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


def test_option_alone_runs_the_suites_alone(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    pytester.makepyfile("def test_other(): pass")
    assert collected(run("--concept-specs=specs", "--co", "-q", *CLEAN)) == NODES
    both = collected(run("--concept-specs=specs", "--co", "-q", "specs", "test_option_alone_runs_the_suites_alone.py"))
    assert both == [*NODES, "test_option_alone_runs_the_suites_alone.py::test_other"]


def test_ini_adds_the_suites_to_what_runs(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite("deep/specs")
    pytester.mkdir("checks").joinpath("test_it.py").write_text("def test_other(): pass", encoding="utf-8")
    pytester.makeini("[pytest]\nconcept_specs = deep/specs\ntestpaths = checks")
    nodes = [f"deep/{node}" for node in NODES]
    assert collected(run("--co", "-q")) == ["checks/test_it.py::test_other", *nodes]
    assert collected(run("--co", "-q", "checks")) == ["checks/test_it.py::test_other"]
    assert collected(run("--co", "-q", "deep/specs/geo.yaml::holds-1")) == nodes[:1]
    pytester.makeini("[pytest]\nconcept_specs = deep/specs")
    assert sorted(collected(run("--co", "-q"))) == sorted(["checks/test_it.py::test_other", *nodes])


def test_a_file_or_claim_of_a_suite_can_be_named(run: RunPytest, suite: Make) -> None:
    suite(more="claims: [{id: holds-2, claim: c has consistent neurons}]")
    named = run("--concept-specs=specs", "--co", "-q", "specs/more.yaml")
    assert collected(named) == ["specs/more.yaml::holds-2"]
    assert collected(run("--concept-specs=specs", "--co", "-q", NODES[2])) == [NODES[2]]


def test_yaml_outside_a_suite_is_left_alone(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    pytester.path.joinpath("other.yaml").write_text("claims: [", encoding="utf-8")
    assert collected(run("--concept-specs=specs", "--co", "-q", ".")) == NODES
    assert run("--co", "-q").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_marks_select(run: RunPytest, suite: Make) -> None:
    suite()
    start = ("--concept-specs=specs", "--co", "-q", *CLEAN)
    assert collected(run(*start, "-m", "quick")) == NODES[:1]
    assert collected(run(*start, "-m", "concept(name='c')")) == NODES[:3]
    assert collected(run(*start, "-m", "neurontest and not quick")) == NODES[1:]
    assert collected(run(*start, "-k", "unsure")) == NODES[2:3]
    run("--concept-specs=specs", "--markers").stdout.fnmatch_lines(["@pytest.mark.concept(name): *"])


def test_verbose_collection_prints_the_sentences(run: RunPytest, suite: Make) -> None:
    suite()
    result = run("--concept-specs=specs", "--co", "-v")
    result.stdout.fnmatch_lines(["*<SpecFile geo.yaml>", "*<ClaimItem holds-1>", "* b overlaps a more than c"])


def test_faults_stand_at_their_files_once_and_alone(run: RunPytest, suite: Make) -> None:
    suite(
        suite=SUITE + "trace: {topk: 3}\n",
        claims=CLAIMS.replace("b overlaps a", "b overlaps d"),
        fine="claims: [{id: holds-2, claim: c has consistent neurons}]",
    )
    result = run("--concept-specs=specs")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=2)
    start = result.outlines.index(next(line for line in result.outlines if "ERRORS" in line))
    stop = result.outlines.index(next(line for line in result.outlines if "short test summary" in line))
    text = result.outlines[start + 1 : stop]
    assert text[1].startswith("specs/geo.yaml:2:")
    assert "unknown concept 'd'" in text[1]
    assert text[3].startswith("specs/suite.yaml:")
    assert "unknown key 'topk' under 'trace'; did you mean 'top_k'?" in text[3]
    assert len(text) == 4  # a heading and a line for each, no traceback


def test_a_named_file_tells_of_faults_that_nobody_collects(run: RunPytest, suite: Make) -> None:
    suite(suite=SUITE + "trace: {topk: 3}\n")
    for named in ("specs/geo.yaml", "specs/geo.yaml::holds-1"):
        result = run("--concept-specs=specs", named)
        assert result.ret in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR)
        result.stdout.fnmatch_lines(["specs/suite.yaml:8:9: unknown key 'topk' under 'trace'; *"])


def test_a_fault_of_a_prompts_file_is_told_once(run: RunPytest, suite: Make) -> None:
    folder = suite(suite=SUITE.replace(prompts("c"), "c.txt"))
    (folder / "c.txt").write_text("one\none\n", encoding="utf-8")
    result = run("--concept-specs=specs")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert result.parseoutcomes() == {"errors": 1} or result.parseoutcomes() == {"error": 1}
