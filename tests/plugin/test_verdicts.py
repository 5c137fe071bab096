from __future__ import annotations

from xml.etree import ElementTree

import pytest

from .conftest import CLAIMS, Make, RunPytest

BARE = ["-W", "error", "-p", "no:cacheprovider", "--strict-markers"]


def test_a_verdict_becomes_an_outcome_with_its_evidence(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    result = run("--concept-specs=specs", "--junitxml=pytest.xml", "-rs", *BARE)
    result.assert_outcomes(passed=1, failed=2, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ geo.yaml: a overlaps b more than c _*",
            "specs/geo.yaml:3: a overlaps b more than c: refuted (*",
            "  effect  *",
            "*_ geo.yaml: c overlaps a more than b _*",
            "specs/geo.yaml:4: c overlaps a more than b: inconclusive (p = 0.2 after Holm over 4 claims, needs 0.05,"
            " m = 5)",
            "SKIPPED * specs/geo.yaml*: takes too long",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "judge.py" not in result.stdout.str()
    cases = {case.get("name"): case for case in ElementTree.parse(pytester.path / "pytest.xml").iter("testcase")}  # noqa: S314
    said = {one.get("name"): one.get("value") for one in cases["holds-1"].iter("property")}
    assert said["neurontest.verdict"] == "holds"
    assert said["neurontest.p_adjusted"] == "0.001"
    failure = cases["refuted-1"].find("failure")
    assert failure is not None
    assert (failure.text or "").startswith("specs/geo.yaml:3: a overlaps b more than c: refuted")


@pytest.mark.parametrize(("said", "outcome"), [("skip", "skipped"), ("xfail", "xfailed")])
def test_inconclusive_may_be_less_than_a_failure(run: RunPytest, suite: Make, said: str, outcome: str) -> None:
    suite(
        claims="claims:\n"
        "  - {id: unsure-1, claim: c overlaps a more than b}\n"
        "  - {id: unsure-2, claim: c has consistent neurons, xfail: too few prompts}\n"
    )
    result = run("--concept-specs=specs", f"--concept-inconclusive={said}", "-rsx", *BARE)
    counts = {"skipped": 1, "xfailed": 1} if outcome == "skipped" else {"xfailed": 2}
    result.assert_outcomes(**counts)
    word = "SKIPPED" if said == "skip" else "INCONCLUSIVE (XFAIL)"
    result.stdout.fnmatch_lines(["2 inconclusive", f"{word} *specs/geo.yaml*inconclusive, p = 0.2*"])


def test_xfail_covers_the_verdict_and_nothing_else(run: RunPytest, suite: Make) -> None:
    suite(claims="claims: [{id: holds-1, claim: c overlaps a more than b, xfail: known}]")
    run("--concept-specs=specs").assert_outcomes(xpassed=1)
    strict = run("--concept-specs=specs", "-o", "xfail_strict=true")
    strict.assert_outcomes(failed=1)
    missing = run("--concept-specs=specs", "--concept-model=no-model")
    missing.assert_outcomes(failed=1)
    missing.stdout.fnmatch_lines(
        ["specs/geo.yaml:1: c overlaps a more than b: error: There is no model 'no-model'.", "1 error", "report: *"]
    )


def test_an_error_of_a_family_is_one_clean_line_for_each_of_its_claims(
    run: RunPytest, suite: Make, pytester: pytest.Pytester
) -> None:
    suite(
        claims=CLAIMS,
        other="claims:\n  - {id: untraced-1, claim: a has consistent neurons}\n"
        "  - {id: holds-9, claim: b has consistent neurons}\n",
    )
    result = run("--concept-specs=specs", *BARE)
    result.assert_outcomes(passed=1, failed=4, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "specs/other.yaml:2: a has consistent neurons: error: The prompt 'Hanoi is' gave an activation *",
            "specs/other.yaml:3: b has consistent neurons: error: The prompt 'Hanoi is' gave an activation *",
            "1 holds, 2 refuted, 1 inconclusive, 1 skipped, 2 error*",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_other_exceptions_stay_with_pytest(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    pytester.makeconftest(
        "import pytest\n@pytest.fixture(scope='session')\ndef concept_model():\n    raise RuntimeError('out of disk')"
    )
    result = run("--concept-specs=specs", "-k", "holds-1")
    result.assert_outcomes(errors=1, deselected=4)
    result.stdout.fnmatch_lines(["*raise RuntimeError('out of disk')", "E *RuntimeError: out of disk"])
