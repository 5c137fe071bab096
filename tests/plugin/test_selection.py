"""Whatever is selected, in whatever order: a family is evaluated whole, once, and its p-values stay the same."""

from __future__ import annotations

import pytest

from neurontest.report.record import load_record

from .conftest import Make, RunPytest

WHOLE = "geo.yaml: holds-1 refuted-1 unsure-1 refuted-expected\n"


def verdicts(pytester: pytest.Pytester) -> dict[str, tuple[str, bool, str]]:
    record = load_record(pytester.path / "reports" / "latest" / "record.json")
    return {claim.id: (claim.verdict, claim.selected, claim.outcome) for claim in record.claims}


def test_a_selection_is_reported_within_the_whole(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    log = pytester.path / "cache" / "evaluated.txt"
    run("--concept-specs=specs", "-k", "unsure").assert_outcomes(failed=1, deselected=4)
    assert log.read_text() == WHOLE
    assert verdicts(pytester) == {
        "holds-1": ("holds", False, ""),
        "refuted-1": ("refuted", False, ""),
        "unsure-1": ("inconclusive", True, "failed"),
        "holds-skipped": ("skipped", False, ""),
        "refuted-expected": ("refuted", False, ""),
    }
    run("--concept-specs=specs", "-x").assert_outcomes(passed=1, failed=1)
    run("--concept-specs=specs", "--lf").assert_outcomes(failed=2)
    assert verdicts(pytester)["refuted-1"] == ("refuted", True, "failed")
    run("--concept-specs=specs").assert_outcomes(passed=1, failed=2, skipped=1, xfailed=1)
    assert verdicts(pytester)["refuted-expected"] == ("refuted", True, "xfailed")
    assert verdicts(pytester)["holds-skipped"] == ("skipped", True, "skipped")
    assert log.read_text() == WHOLE  # five runs, one evaluation


def test_only_skipped_claims_need_no_model(run: RunPytest, suite: Make) -> None:
    suite()
    result = run("--concept-specs=specs", "-k", "skipped")
    result.assert_outcomes(skipped=1, deselected=4)
    result.stdout.fnmatch_lines(["a has consistent neurons  skipped", "report: reports/latest/report.html"])
