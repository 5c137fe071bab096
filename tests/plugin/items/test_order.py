"""The order in which the files of a suite run."""

from __future__ import annotations

import re

import pytest

from tests.plugin.conftest import SUITE, Make, RunPytest

NEEDED = "a's neurons are needed for a more than for"
FILES = {
    "a-forced": f"claims: [{{id: forced, claim: {NEEDED} b}}, {{id: along, claim: a has consistent neurons}}]",
    "b-longer": "claims: [{id: longer, claim: b has consistent neurons, trace: {max_new_tokens: 50}}]",
    "c-plain": "claims: [{id: plain, claim: c has consistent neurons}]",
    "d-skipped": f"claims: [{{id: skipped, claim: {NEEDED} c, skip: later}}]",
}


def order(result: pytest.RunResult) -> list[str]:
    """The claims in the order in which they run."""
    return [line.split("::")[1].split()[0] for line in result.outlines if "::" in line]


@pytest.fixture(autouse=True)
def files(suite: Make) -> None:
    # Half of them select the neurons, and the others are measured.
    enough = re.sub(r"(\w+) prompt 0 is", lambda one: ", ".join(f"{one[1]} {at}" for at in range(12)), SUITE)
    suite(claims="claims: [{id: first, claim: b overlaps a more than c}]", suite=enough, **FILES)


def test_what_is_cheap_comes_first(run: RunPytest) -> None:
    found = order(run("--concept-specs=specs", "--co", "-q"))
    assert found == ["plain", "skipped", "first", "longer", "forced", "along"]


def test_files_that_are_named_run_as_they_are_named(run: RunPytest) -> None:
    named = ["specs/a-forced.yaml", "specs/c-plain.yaml"]
    assert order(run("--concept-specs=specs", "--co", "-q", *named)) == ["forced", "along", "plain"]


def test_other_tests_stay_where_they_are(pytester: pytest.Pytester, run: RunPytest) -> None:
    pytester.makepyfile(test_one="def test_one(): pass", test_two="def test_two(): pass")
    found = order(run("--concept-specs=specs", "--co", "-q", "test_two.py", "specs", "test_one.py"))
    assert found == ["test_two", "plain", "skipped", "first", "longer", "forced", "along", "test_one"]


def test_what_failed_comes_first_if_that_is_asked_for(pytester: pytest.Pytester, run: RunPytest) -> None:
    pytester.makeconftest(
        "def pytest_collection_modifyitems(items):\n    items.sort(key=lambda item: item.name != 'forced')"
    )
    found = order(run("--concept-specs=specs", "--co", "-q"))
    assert found[:2] == ["forced", "plain"]
