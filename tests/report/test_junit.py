from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import HealthCheck, Phase, given, settings
from syrupy.assertion import SnapshotAssertion

from neurontest.report.junit import junit_xml, properties
from neurontest.types import ClaimRecord, Look, Record
from neurontest.untrusted import visible

from .sample import CLAIMS, HOSTILE, sample
from .strategies import anything


def test_junit_of_the_sample(snapshot: SnapshotAssertion) -> None:
    assert junit_xml(sample()) == snapshot


def test_counts_are_those_of_the_cases() -> None:
    root = ET.fromstring(junit_xml(sample()))  # noqa: S314
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "7",
        "failures": "2",
        "errors": "1",
    }
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["concept_specs/geography.yaml", "concept_specs/writeup.yaml"]
    for suite in suites.values():
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("errors") == str(len(suite.findall("testcase/error")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))


def test_what_was_not_selected_is_no_test_case() -> None:
    names = {case.get("name") for case in ET.fromstring(junit_xml(sample())).iter("testcase")}  # noqa: S314
    assert names == {claim.id for claim in CLAIMS if claim.selected}
    assert "consistent" not in names


def test_what_pytest_made_of_a_claim_wins() -> None:
    inconclusive = replace(CLAIMS[2], outcome="skipped")
    case = next(ET.fromstring(junit_xml(replace(sample(), claims=(inconclusive,)))).iter("testcase"))  # noqa: S314
    skipped = case.find("skipped")
    assert case.find("failure") is None
    assert skipped is not None
    assert skipped.get("message", "").startswith("Counted as skipped")


def test_what_ended_a_run_is_an_error_of_its_own() -> None:
    root = ET.fromstring(junit_xml(replace(sample(), claims=(), errors=("a fault", "an interrupt"))))  # noqa: S314
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "2",
        "failures": "0",
        "errors": "2",
    }
    assert [case.get("message") for case in root.iter("error")] == ["a fault", "an interrupt"]


def test_hostile_text_comes_back_as_it_was_but_for_control_characters() -> None:
    claims = tuple(replace(CLAIMS[7], id=text, sentence=text, error=text) for text in HOSTILE)
    cases = list(ET.fromstring(junit_xml(replace(sample(), claims=claims))).iter("testcase"))  # noqa: S314
    assert [case.get("name") for case in cases] == [visible(text) for text in HOSTILE]
    for case, text in zip(cases, HOSTILE, strict=True):
        assert visible(text).splitlines()[0] in (case.findtext("error") or "")


@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(anything(Record))
def test_any_record_makes_well_formed_xml(record: Record) -> None:
    root = ET.fromstring(junit_xml(record))  # noqa: S314
    assert len(list(root.iter("testcase"))) == sum(claim.selected for claim in record.claims) + len(record.errors)


def test_properties_are_flat_and_plain() -> None:
    said = dict(properties(CLAIMS[0]))
    assert all(type(name) is str and type(value) is str for name, value in properties(CLAIMS[0]))
    assert said["neurontest.verdict"] == "holds"
    assert said["neurontest.effect"] == "29.84"
    assert said["neurontest.ci_low"] == "12.11"
    assert said["neurontest.ci_high"] == "47.57"
    assert said["neurontest.p_value"] == "0.0012"
    assert said["neurontest.p_adjusted"] == "0.0036"
    assert said["neurontest.alpha"] == "0.05"
    assert said["neurontest.concepts"] == "hanoi, vietnam, violent"


def test_the_look_is_a_property() -> None:
    claim = replace(CLAIMS[0], statistics=replace(CLAIMS[0].statistics, alpha=0.00882, look=Look(1, 2, 0.05)))
    said = dict(properties(claim))
    assert said["neurontest.alpha"] == "0.00882"
    assert said["neurontest.look"] == "1 of 2"
    assert said["neurontest.alpha_of_all_looks"] == "0.05"
    assert "neurontest.look" not in dict(properties(CLAIMS[0]))


def test_properties_leave_out_what_is_not_known() -> None:
    skipped: ClaimRecord = CLAIMS[3]
    names = dict(properties(skipped))
    assert "neurontest.verdict" in names
    assert "neurontest.effect" not in names
    assert "neurontest.p_adjusted" not in names


#: What junit-10.xsd, the schema of Jenkins' xUnit plugin, lets stand in each element: attributes and children.
ALLOWED = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id", "package"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "time", "classname", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}


@given(anything(Record))
def test_any_record_keeps_to_the_schema_and_names_each_claim_once(record: Record) -> None:
    root = ET.fromstring(junit_xml(record))  # noqa: S314
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
        if element.tag != "system-out" and "time" in element.attrib:
            assert re.fullmatch(r"\d*\.\d{3}|0", element.attrib["time"])


def test_properties_stand_in_the_output_a_line_each() -> None:
    case = next(ET.fromstring(junit_xml(sample())).iter("testcase"))  # noqa: S314
    lines = (case.findtext("system-out") or "").splitlines()
    assert "[[PROPERTY|neurontest.p_adjusted=0.0036]]" in lines
    assert lines == [f"[[PROPERTY|{name}={value}]]" for name, value in properties(CLAIMS[0])]
