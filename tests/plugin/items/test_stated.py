"""Claims that tests in Python state: uncorrected when the test ends, corrected together when the session does."""

from __future__ import annotations

import jsonschema
import msgspec
import pytest

from neurontest.report.record import load_record, record_schema
from neurontest.types import ClaimRecord, FamilyRecord
from tests.junit import case_properties
from tests.plugin.conftest import SUITE, Make, RunPytest

TESTS = """
import pytest

def test_strong(concept_check):
    concept_check({"id": "holds-1", "claim": "b overlaps a more than c"})

def test_weak(concept_check):
    found = concept_check({"id": "holds-weak", "claim": "a overlaps b more than c"})
    assert found.verdict.name == "holds"

def test_weak_again(concept_check):
    concept_check({"id": "holds-weak", "claim": "a overlaps b more than c"})
    assert False, "for another reason"

def test_unsure(concept_check):
    with pytest.raises(AssertionError, match="inconclusive .p = 0.2, uncorrected, needs 0.05."):
        concept_check({"id": "unsure-1", "claim": "c overlaps a more than b"})
    concept_check({"id": "unsure-2", "claim": "a has consistent neurons"})

@pytest.fixture(scope="module")
def stated(concept_check):
    concept_check({"id": "holds-2", "claim": "b has consistent neurons"})

def test_by_a_fixture(stated):
    pass
"""


def stated(pytester: pytest.Pytester) -> tuple[dict[tuple[str, str], ClaimRecord], FamilyRecord]:
    record = load_record(pytester.path / "reports" / "latest" / "record.json")
    jsonschema.validate(msgspec.json.decode(msgspec.json.encode(record)), record_schema())
    (family,) = (one for one in record.families if one.file == "(python)")
    return {(one.test, one.id): one for one in record.claims if one.test}, family


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n2")], ids=["alone", "workers"])
def test_one_family_at_the_end(
    run_outside: RunPytest, suite: Make, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    if workers:
        pytest.importorskip("xdist")
    suite(claims="claims: []")
    pytester.makepyfile(test_it=TESTS)
    result = run_outside("--concept-specs=specs", "test_it.py", *workers)
    result.assert_outcomes(passed=3, failed=2)
    found, family = stated(pytester)
    # Five claims are stated by five tests; one of them twice, which is one hypothesis.
    assert (family.declared, family.correction) == (5, "holm")
    assert {(test.partition("::")[2], name): (one.verdict, one.outcome) for (test, name), one in found.items()} == {
        ("test_strong", "holds-1"): ("holds", "passed"),
        ("test_weak", "holds-weak"): ("holds", "passed"),
        ("test_weak_again", "holds-weak"): ("holds", "passed"),
        ("test_unsure", "unsure-1"): ("inconclusive", "failed"),
        ("test_unsure", "unsure-2"): ("inconclusive", "failed"),
        ("test_by_a_fixture", "holds-2"): ("holds", "passed"),
    }
    weak, strong = found["test_it.py::test_weak", "holds-weak"], found["test_it.py::test_strong", "holds-1"]
    assert (weak.where.file, weak.where.line) == ("test_it.py", 6)
    assert weak.judgement is not None
    assert weak.session is not None
    assert strong.session is not None
    assert (weak.judgement.p_adjusted, weak.statistics.correction) == (0.03, "none")
    # Holm: .001, .001, .03, .2, .2 times 5, 4, 3, 2, 1.
    assert weak.session.name == "inconclusive"
    assert weak.session.p_adjusted == pytest.approx(0.09)
    assert strong.session.name == "holds"
    assert strong.session.p_adjusted == pytest.approx(0.005)
    said = (
        "holds by itself (p = 0.03); corrected over 5 claims that this session's tests stated (p = 0.09) it would be"
        " inconclusive"
    )
    result.stdout.fnmatch_lines(
        [
            "stated by tests in Python, verdicts uncorrected, p after Holm over 5 claims: *",
            "a overlaps b more than c [[]test_it.py::test_weak] *holds (uncorrected) * 0.09",
            f"uncorrected: test_it.py::test_weak: a overlaps b more than c *: {said}",
        ]
    )
    result.stdout.no_fnmatch_line("uncorrected: test_it.py::test_strong*")
    result.stdout.no_fnmatch_line("uncorrected: test_it.py::test_unsure*")
    page = (pytester.path / "reports/latest/report.html").read_text(encoding="utf-8")
    assert f"<b>Uncorrected.</b> {said}".replace("'", "&#39;") in page
    assert "holds (uncorrected)" in page
    assert "test_it.py::test_weak" in page
    cases = case_properties(pytester.path / "reports/latest/junit.xml")
    own = cases["test_it.py::test_weak: holds-weak"]
    assert own["neurontest.correction"] == "uncorrected"
    assert (own["neurontest.session_verdict"], own["neurontest.session_p_adjusted"]) == ("inconclusive", "0.09")


def test_what_is_not_stated_again_is_not_corrected_for(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(claims="claims: []")
    pytester.makepyfile(test_it=TESTS)
    run("--concept-specs=specs", "test_it.py", "-k", "test_weak")
    found, family = stated(pytester)
    assert family.declared == 1
    assert {one.session.name for one in found.values() if one.session} == {"holds"}


def test_it_stands_beside_the_claims_of_files(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    pytester.makepyfile(test_it=TESTS)
    result = run("--concept-specs=specs", "test_it.py", "specs", "-k", "test_weak or geo")
    result.stdout.fnmatch_lines(["geo.yaml: *", "stated by tests in Python, *", "3 hold, 2 refuted, 1 inconclusive, *"])
    assert len(stated(pytester)[0]) == 2


def test_a_suite_that_corrects_nothing(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(claims="claims: []", suite=SUITE.replace("m: 4}", "m: 4, correction: none}"))
    pytester.makepyfile(test_it=TESTS)
    result = run("--concept-specs=specs", "test_it.py", "-k", "test_weak or unsure")
    result.stdout.no_fnmatch_line("uncorrected: *")
    result.stdout.fnmatch_lines(["*holds (uncorrected)*"])
    assert all(one.session is None for one in stated(pytester)[0].values())


def test_what_tests_state_is_corrected_at_the_look_too(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(claims="claims: []", suite=SUITE.replace("m: 4}", "m: 4, looks: [12, 24]}"))
    pytester.makepyfile(test_it=TESTS)
    result = run("--concept-specs=specs", "test_it.py", "-k", "test_weak")
    found, family = stated(pytester)
    assert family.look is not None
    assert (family.look.number, family.look.of, family.look.alpha) == (1, 2, 0.05)
    assert family.alpha == pytest.approx(0.0088, abs=1e-4)
    # p is .03: at this look it is not shown, corrected or not.
    assert {one.session.name for one in found.values() if one.session} == {"inconclusive"}
    result.stdout.fnmatch_lines(["(python): look 1 of 2, held to 0.00882; all looks together to 0.05"])
