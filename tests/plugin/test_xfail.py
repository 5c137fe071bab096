"""A claim that is expected to fail: on any model, or on those that are named."""

from __future__ import annotations

import json

import pytest

from .conftest import Make, RunPytest

BOUND = """\
claims:
  - {id: refuted-bound, claim: b has consistent neurons, xfail: {smollm2-135m: too small, 'hub:org/name@v1': as well}}
  - {id: holds-bound, claim: a has consistent neurons, xfail: {smollm2-135m: too small}}
  - {id: refuted-any, claim: c has consistent neurons, xfail: never}
"""
#: A model that a conftest makes: its name is known when a test is run, and no sooner.
CONFTEST = """
import pytest
from tests.plugin.fake import FakeModel

@pytest.fixture(scope="session")
def concept_model():
    return FakeModel({name!r})
"""


def test_a_reason_holds_for_the_models_that_it_names(suite: Make, run: RunPytest, pytester: pytest.Pytester) -> None:
    suite(claims=BOUND)
    run("--concept-specs", "specs").assert_outcomes(xfailed=2, xpassed=1)
    record = json.loads((pytester.path / "reports/latest/record.json").read_text(encoding="utf-8"))
    assert [claim["xfail"] for claim in record["claims"]] == ["too small", "too small", "never"]
    run("--concept-specs", "specs", "--concept-model", "hub:org/name@v1").assert_outcomes(xfailed=2, passed=1)
    result = run("--concept-specs", "specs", "--concept-model=other", "-rA")
    result.assert_outcomes(failed=1, passed=1, xfailed=1)
    record = json.loads((pytester.path / "reports/latest/record.json").read_text(encoding="utf-8"))
    assert [claim["xfail"] for claim in record["claims"]] == [None, None, "never"]
    assert [claim["outcome"] for claim in record["claims"]] == ["failed", "passed", "xfailed"]


@pytest.mark.parametrize(("name", "outcomes"), [("mine", {"failed": 1, "passed": 1, "xfailed": 1})])
def test_a_model_of_a_conftest(
    name: str, outcomes: dict[str, int], suite: Make, run: RunPytest, pytester: pytest.Pytester
) -> None:
    suite(claims=BOUND)
    pytester.makeconftest(CONFTEST.format(name=name))
    run("--concept-specs", "specs").assert_outcomes(**outcomes)


def test_a_model_of_a_conftest_may_bear_the_name(suite: Make, run: RunPytest, pytester: pytest.Pytester) -> None:
    suite(claims=BOUND.replace("smollm2-135m", "mine"))
    pytester.makeconftest(CONFTEST.format(name="mine"))
    run("--concept-specs", "specs").assert_outcomes(xfailed=2, xpassed=1)


def test_strictly(suite: Make, run: RunPytest, pytester: pytest.Pytester) -> None:
    suite(claims=BOUND)
    pytester.makeini("[pytest]\nxfail_strict = true")
    result = run("--concept-specs", "specs")
    result.assert_outcomes(xfailed=2, failed=1)
    result.stdout.fnmatch_lines(["*XPASS(strict)*too small*"])
    run("--concept-specs", "specs", "--concept-model=other").assert_outcomes(failed=1, passed=1, xfailed=1)


def test_pytest_may_be_told_to_run_them(suite: Make, run: RunPytest) -> None:
    suite(claims=BOUND)
    run("--concept-specs", "specs", "--runxfail").assert_outcomes(failed=2, passed=1)


def test_an_error_is_none_that_was_expected(suite: Make, run: RunPytest) -> None:
    suite(claims="claims:\n  - {id: untraced-1, claim: b has consistent neurons, xfail: {smollm2-135m: too small}}\n")
    run("--concept-specs", "specs").assert_outcomes(failed=1)


def test_in_workers(suite: Make, run_outside: RunPytest, pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    suite(claims=BOUND)
    pytester.makeconftest(CONFTEST.format(name="hub:org/name@v1"))
    result = run_outside("-p", "xdist", "--concept-specs", "specs", "-n", "1")
    result.assert_outcomes(xfailed=2, passed=1)
    record = json.loads((pytester.path / "reports/latest/record.json").read_text(encoding="utf-8"))
    assert [claim["xfail"] for claim in record["claims"]] == ["as well", None, "never"]
