from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from jsonschema import Draft7Validator, FormatChecker

from neurontest.report.ci.sarif import MOST, SCHEMA, sarif
from neurontest.report.record import load_record
from neurontest.types import Comparison, Location, Record

from ..drifting import DEEPER, MOVED, STILL, drifting
from ..sample import CLAIMS, HOSTILE, sample
from ..strategies import anything

REFERENCE = Path(__file__).parents[3] / "reports" / "reference" / "smollm2-135m" / "record.json"
LOST = tuple(replace(one, outcome="failed", against=Comparison("lost", "none of it is left")) for one in CLAIMS[:2])
#: All that RFC 3986 lets stand in an address.
URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")


@cache
def schema() -> Draft7Validator:
    """Of SARIF 2.1.0, as `schemas/README.md` says; its formats are checked, which jsonschema alone does not do."""
    formats = FormatChecker()
    formats.checks("uri")(lambda text: bool(URI.fullmatch(str(text)) and ":" in str(text)))
    formats.checks("uri-reference")(lambda text: bool(URI.fullmatch(str(text))))
    return Draft7Validator(
        json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text("utf-8")), format_checker=formats
    )


def faults(log: str) -> list[str]:
    return [f"{one.json_path}: {one.message}" for one in schema().iter_errors(json.loads(log))]


def hostile(harm: tuple[str, ...]) -> Record:
    claims = tuple(
        replace(one, id=text, sentence=text, family=text, kind=text, xfail=text, where=Location(text, 0, 0))
        for one, text in zip(CLAIMS, harm, strict=False)
    )
    return replace(sample(), suite=harm[0], claims=claims, errors=harm)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(load_record(REFERENCE), id="shipped"),
        pytest.param(sample(), id="failing"),
        pytest.param(replace(sample(), claims=CLAIMS[:1]), id="nothing failed"),
        pytest.param(replace(sample(), claims=(), errors=("no model",)), id="no run"),
        pytest.param(replace(drifting(MOVED, STILL, DEEPER), claims=LOST), id="against a reference"),
        pytest.param(hostile(HOSTILE), id="hostile"),
        pytest.param(hostile(("c:\\a b.yaml", "//host/a?b#c", "../é%zz.yaml", "a:b", "", " ", "\n")), id="odd files"),
    ],
)
def test_a_log_is_valid_against_the_schema_that_it_names(record: Record) -> None:
    log = sarif(record, "my specs")
    assert faults(log) == []
    assert json.loads(log)["$schema"] == SCHEMA


def test_the_schema_is_held_against_something() -> None:
    log = sarif(sample())
    assert faults(log.replace('"startLine": 13', '"startLine": 0'))
    assert faults(log.replace('"uri": "', '"uri": "a b'))
    assert faults(log.replace('"level": "note"', '"level": "notice"'))


def test_what_is_more_than_a_service_takes_is_counted() -> None:
    claims = tuple(replace(CLAIMS[5], id=f"claim-{at}") for at in range(MOST + 2))
    log = sarif(replace(sample(), claims=claims))
    (run,) = json.loads(log)["runs"]
    assert len(run["results"]) == MOST
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    assert invocation["toolExecutionNotifications"][0]["message"]["text"].startswith("2 more results are left out")


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
    assert faults(sarif(record, "specs")) == []
