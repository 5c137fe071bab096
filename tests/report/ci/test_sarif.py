from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given

from neurontest.report.ci.sarif import sarif
from neurontest.types import Record

from ..sample import CLAIMS, sample
from ..strategies import anything


def test_what_did_not_pass_is_a_result_at_its_line() -> None:
    (run,) = json.loads(sarif(sample(), "my specs"))["runs"]
    found = [
        (
            one["ruleId"],
            one["level"],
            one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            one["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for one in run["results"]
    ]
    assert found == [
        ("positions_more_distinct", "error", "my%20specs/writeup.yaml", 13),
        ("sets_differ", "error", "my%20specs/writeup.yaml", 5),
        ("overlap_greater", "warning", "my%20specs/geography.yaml", 11),
        ("overlap_greater", "note", "my%20specs/geography.yaml", 7),
    ]
    assert {one["id"] for one in run["tool"]["driver"]["rules"]} == {one["ruleId"] for one in run["results"]}


def test_an_expected_failure_is_suppressed_with_its_reason() -> None:
    (run,) = json.loads(sarif(replace(sample(), claims=(CLAIMS[1],))))["runs"]
    (one,) = run["results"]
    assert one["suppressions"] == [{"kind": "inSource", "justification": CLAIMS[1].xfail}]


def test_a_run_that_failed_says_so() -> None:
    (run,) = json.loads(sarif(replace(sample(), claims=(), errors=("no model",))))["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"] == {"text": "no model"}


@given(anything(Record))
def test_any_record_makes_a_log(record: Record) -> None:
    log = json.loads(sarif(record, "specs"))
    assert log["version"] == "2.1.0"
    for one in log["runs"][0]["results"]:
        region = one["locations"][0]["physicalLocation"]["region"]
        assert min(region["startLine"], region["startColumn"]) >= 1
