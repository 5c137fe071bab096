"""The shipped record is of the shipped suite, and what pages show is what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.gate.reference.folder import read_reference
from neurontest.report.ci.badge import badge_svg, badges
from neurontest.report.record import load_record
from neurontest.report.text.rows import table_rows
from neurontest.spec.load import load_suite

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "reports" / "reference" / "smollm2-135m"
RECORD = load_record(FOLDER / "record.json")


def test_it_is_of_the_shipped_suite() -> None:
    suite = load_suite(REPOSITORY / "concept_specs")
    assert [(one.where.file, one.id, one.sentence, one.selection) for one in RECORD.claims] == [
        (one.where.file, one.id, one.sentence, one.selection) for one in suite.claims
    ]
    assert {one.name: one.prompts for one in RECORD.concepts if one.name in suite.concepts} == {
        name: concept.prompts for name, concept in suite.concepts.items()
    }


def test_what_does_not_hold_is_marked_with_the_evidence() -> None:
    for claim in RECORD.claims:
        assert (claim.verdict == "holds") == (claim.xfail is None)
        if claim.xfail is not None:
            row = next(row for row in table_rows(RECORD) if row.where == f"{claim.where.file}:{claim.where.line}")
            assert f"{claim.verdict}: {row.effect}, p = {row.p} after Holm" in claim.xfail


@pytest.mark.parametrize(("page", "files"), [("docs/shipped.md", ""), ("README.md", "powered.yaml")])
def test_pages_show_its_table(page: str, files: str) -> None:
    lines = (REPOSITORY / page).read_text(encoding="utf-8").splitlines()
    rows = [row for row in table_rows(RECORD) if row.where.startswith(files)]
    assert rows
    for row in rows:
        assert row.part in lines
        shown = [line for line in lines if line.startswith(row.claim[:50]) and line.endswith(f"  {row.p}")]
        assert any(row.effect in line and f"  {row.verdict}  " in line for line in shown)


def test_the_badge_is_the_records() -> None:
    for name, badge in list(badges(RECORD))[:1]:
        assert not name
        assert (FOLDER / "badge.svg").read_text("utf-8") == badge_svg(badge)


def test_a_reference_stands_with_it_whole() -> None:
    """What was recorded is what is committed: every checksum is looked at."""
    found = read_reference(FOLDER)
    assert found.floor.repeats
    assert sum(1 for claim in RECORD.claims if f"{claim.family}::{claim.id}" in found.floor.claims) >= 10
