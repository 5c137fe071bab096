"""Claims that would also hold with prompts dealt to concepts at random."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plugin.conftest import Make, RunPytest

from ..junit import case_properties

CLAIMS = """\
claims:
  - {id: holds-1, claim: b overlaps a more than c}
  - {id: holds-dealt, claim: a has consistent neurons}
  - {id: unsure-1, claim: c overlaps a more than b}
"""


def test_a_warning_and_a_count_of_its_own(suite: Make, run: RunPytest, pytester: pytest.Pytester) -> None:
    suite(claims=CLAIMS)
    result = run("--concept-specs", "specs")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "a has consistent neurons*holds (vacuous)*",
            "vacuous: geo.yaml:3: a has consistent neurons: declared in 15 of 20 worlds in which prompts were dealt to"
            " concepts at random (rate above 10%, sequential error <= .05): it is about the method",
            "2 of 3 hold; 1 of them also with prompts dealt at random; 1 inconclusive",
        ]
    )
    record = json.loads(Path(pytester.path / "reports/latest/record.json").read_text(encoding="utf-8"))
    found = {claim["id"]: claim["vacuity"] for claim in record["claims"]}
    assert found["holds-dealt"]["vacuous"]
    assert found["holds-1"] is None
    page = Path(pytester.path / "reports/latest/report.html").read_text(encoding="utf-8")
    assert "It is declared in 15 of 20 worlds" in page


def test_it_is_said_of_claims_that_hold_alone(suite: Make, run: RunPytest, pytester: pytest.Pytester) -> None:
    suite(claims="claims:\n  - {id: unsure-dealt, claim: a has consistent neurons, xfail: too few}\n")
    result = run("--concept-specs", "specs", "--concept-vacuous", "fail", "--junitxml", "own.xml")
    result.assert_outcomes(xfailed=1)
    result.stdout.no_fnmatch_line("*vacuous*")
    folder = pytester.path / "reports/latest"
    (claim,) = json.loads((folder / "record.json").read_text(encoding="utf-8"))["claims"]
    assert (claim["vacuity"]["declared"], claim["vacuity"]["vacuous"]) == (15, False)
    assert "Vacuous" not in (folder / "report.html").read_text(encoding="utf-8")
    for file in (folder / "junit.xml", pytester.path / "own.xml"):
        assert "vacuous" not in file.read_text(encoding="utf-8")


def test_what_could_not_be_looked_at_is_told(suite: Make, run: RunPytest, pytester: pytest.Pytester) -> None:
    suite(claims="claims:\n  - {id: holds-unknown, claim: a has consistent neurons}\n")
    result = run("--concept-specs", "specs", "--concept-vacuous", "fail")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["not tried where concepts mean nothing: geo.yaml:2: a has consistent neurons: nobody else has prompts"]
    )
    folder = pytester.path / "reports/latest"
    assert "nobody else has prompts" in (folder / "report.html").read_text(encoding="utf-8")
    assert case_properties(folder / "junit.xml")["holds-unknown"]["neurontest.vacuous"] == "unknown"


def test_it_can_be_made_to_fail(suite: Make, run: RunPytest) -> None:
    suite(claims=CLAIMS)
    result = run("--concept-specs", "specs", "--concept-vacuous", "fail")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*vacuous  *declared in 15 of 20 worlds*"])


@pytest.mark.parametrize("arguments", [("-k", "consistent or dealt"), ("--concept-vacuous", "off")])
def test_nobody_looks_in_a_hurry(suite: Make, run: RunPytest, arguments: tuple[str, ...]) -> None:
    suite(claims=CLAIMS)
    result = run("--concept-specs", "specs", *arguments)
    result.stdout.no_fnmatch_line("*vacuous*")
