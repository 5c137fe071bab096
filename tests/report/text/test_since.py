"""What reports say of claims since a reference."""

from __future__ import annotations

from dataclasses import replace

import pytest

from neurontest.report.html import html_report
from neurontest.report.html.compared import since_views
from neurontest.report.junit import junit_xml, properties
from neurontest.report.text.since import (
    fails_gate,
    sentence,
    since_counts,
    since_heading,
    since_lines,
    since_rows,
    since_table,
)
from neurontest.types import (
    AcceptedChange,
    ClaimRecord,
    Comparison,
    Estimate,
    Floor,
    FloorRepeat,
    Interval,
    Record,
    ReferenceRecord,
)
from tests.report.sample import HOSTILE, sample


def estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate("then", value, interval=Interval(low, high, 0.95, "half-sample t"))


LOST = Comparison(
    "lost",
    "",
    "holds",
    "inconclusive",
    estimate(29.8, 20.1, 39.5),
    estimate(1.2, -4.0, 6.4),
    estimate(-28.6, -39.0, -18.2),
    "50%",
    0.9999,
    0.0001,
    1.0,
    0.0004,
    error_rate="measured false alarms .002 of 400",
)
KEPT = replace(
    LOST, status="preserved", now="holds", change=estimate(-0.4, -2.1, 1.3), p_adjusted=0.002, p_opposite_adjusted=1.0
)
OPEN = replace(KEPT, status="undecided", reason="40 prompts a concept would show it preserved", p_adjusted=0.2)
OTHER = Comparison("incomparable", "the prompts of hanoi are others", "holds", "holds")
SAME = Comparison("unchanged", "", "refuted", "refuted", estimate(-2.0, -3.0, -1.0), estimate(-2.1, -3.1, -1.1))
FOUND = (LOST, KEPT, OPEN, OTHER, SAME)
AGAINST = ReferenceRecord(
    "reports/reference/base",
    "smollm2-135m",
    "0" * 64,
    "2026-11-01T10:00:00+00:00",
    "same",
    "50%",
    ("weakened", "lost"),
    ("geography.yaml: alpha was 0.05, and is 0.1",),
)


def compared(*found: Comparison, against: ReferenceRecord = AGAINST) -> Record:
    record = sample()
    claims = [one for one in record.claims if one.evidence is not None and not one.test][: len(found)]
    assert len(claims) == len(found)
    own = {id(one): replace(one, against=what, selected=True) for one, what in zip(claims, found, strict=True)}
    return replace(record, claims=tuple(own.get(id(one), one) for one in record.claims), against=against)


def first(record: Record) -> ClaimRecord:
    return next(one for one in record.claims if one.against is not None)


def accepting(record: Record, *, expired: bool = False) -> ReferenceRecord:
    one = first(record)
    change = AcceptedChange(f"{one.family}::{one.id}", "int4 is cheaper", "2027-03-31", "2026-11-02", expired=expired)
    return replace(AGAINST, accepted=(change,))


def test_the_table_fits_eighty_columns() -> None:
    rows = since_rows(compared(*FOUND))
    assert [row.status for row in rows] == ["lost", "preserved", "undecided", "incomparable", "unchanged"]
    lines = since_table(rows, 80)
    assert max(map(len, lines)) <= 80
    assert lines[1].endswith("30    1     -29 [-39, -18]    lost")
    assert lines[2].endswith("-0.4 [-2.1, 1.3]  preserved")
    assert lines[4].split()[-1] == "incomparable"


def test_another_processor_is_told_of() -> None:
    record = compared(KEPT, against=replace(AGAINST, processor="A"))
    for here, told in (("B", ["recorded on another processor (A; here B): it rounds otherwise"]), ("A", []), ("", [])):
        own = replace(record, model=replace(record.model, processor=here))
        assert [text for kind, text in since_lines(own) if kind == "processor"] == told


NOISE = Floor(0.02, -0.31, -2.4, "neurons")
WITH_FLOOR = replace(AGAINST, floor=(FloorRepeat("threads", "2 threads instead of 1"), FloorRepeat("seed", "seed 8")))


def test_the_noise_floor_stands_beside_changes_where_it_fits() -> None:
    record = compared(replace(KEPT, floor=NOISE), against=WITH_FLOOR)
    (row,) = rows = since_rows(record)
    assert row.floor == "±0.31"
    wide = since_table(rows, 120)
    assert wide[0].split() == ["claim", "then", "now", "change", "floor", "status"]
    assert wide[1].endswith("  -0.4 [-2.1, 1.3]  ±0.31  preserved")
    for width in (70, 40):
        narrow = since_table(rows, width)
        assert "floor" not in narrow[0]
        assert narrow[1].endswith("  -0.4 [-2.1, 1.3]  preserved")
    # Of no terminal at all: as long as it is no wider than one usually is.
    assert "floor" in since_table([row._replace(claim="short")], None)[0]
    assert "floor" not in since_table([row._replace(claim="long " * 12)], None)[0]
    assert "floor" not in since_table(since_rows(compared(KEPT)), 200)[0]


def test_the_noise_floor_is_told_everywhere() -> None:
    record = compared(replace(KEPT, floor=NOISE), against=WITH_FLOOR)
    line = (
        "noise floor, the same model with 2 threads instead of 1: at most ±0.31 neurons; seed 8: at most ±2.4 neurons"
    )
    assert dict(since_lines(record))["floor"] == line
    assert "floor" not in dict(since_lines(compared(KEPT)))
    assert ", noise floor ±0.31, another seed: ±2.4, margin" in sentence(replace(KEPT, floor=NOISE))
    said = dict(properties(first(record)))
    assert (said["neurontest.gate.floor"], said["neurontest.gate.floor_seed"]) == ("0.31", "-2.4")
    assert not any("floor" in name for name in dict(properties(first(compared(KEPT)))))
    page = html_report(record)
    assert page.count("noise floor ±0.31, another seed: ±2.4") == 2
    assert "<li>2 threads instead of 1</li>" in page
    assert "Noise floor" not in html_report(compared(KEPT))


def test_what_is_read_below_it() -> None:
    record = compared(*FOUND)
    assert since_heading(record) == (
        "since reports/reference/base (smollm2-135m, 2026-11-01; the reference's texts; margin 50%)"
    )
    same = replace(record, model=replace(record.model, fingerprint="0" * 64))
    assert "(the same model, " in since_heading(same)
    assert since_counts(record) == "1 lost, 1 undecided, 1 incomparable, 1 unchanged, 1 preserved"
    said = dict(since_lines(record))
    assert said["undecided"].endswith(": 40 prompts a concept would show it preserved")
    assert said["incomparable"].endswith(": the prompts of hanoi are others")
    assert said["bar"] == "the bar moved: geography.yaml: alpha was 0.05, and is 0.1"
    assert since_lines(sample()) == []
    assert since_heading(sample()) == ""


def test_what_is_accepted_does_not_fail_until_it_expires() -> None:
    record = compared(*FOUND)
    claims = [one for one in record.claims if one.against is not None]
    assert [fails_gate(record, one) for one in claims] == [True, False, False, False, False]
    waived = replace(record, against=accepting(record))
    assert not fails_gate(waived, first(waived))
    assert since_rows(waived)[0].label == "lost (accepted)"
    assert dict(since_lines(waived))["accepted"].endswith(": int4 is cheaper, accepted 2026-11-02")
    late = replace(record, against=accepting(record, expired=True))
    assert fails_gate(late, first(late))
    assert "expired on 2027-03-31: int4 is cheaper" in dict(since_lines(late))["expired"]


def test_an_acceptance_of_what_was_not_asked_about_is_not_told() -> None:
    record = compared(*FOUND)
    against = accepting(record)
    unasked = tuple(replace(one, selected=False) if one is first(record) else one for one in record.claims)
    assert "accepted" not in dict(since_lines(replace(record, claims=unasked, against=against)))


def test_properties_of_junit() -> None:
    record = compared(*FOUND)
    said = dict(properties(first(record)))
    assert said["neurontest.gate.status"] == "lost"
    assert (said["neurontest.gate.then"], said["neurontest.gate.change"]) == ("29.8", "-28.6")
    assert (said["neurontest.gate.margin"], said["neurontest.gate.p"]) == ("50%", "0.0004")
    assert said["neurontest.gate.error_rate"] == "measured false alarms .002 of 400"
    other = next(one for one in record.claims if one.against is OTHER)
    assert dict(properties(other))["neurontest.gate.reason"] == "the prompts of hanoi are others"
    failed = replace(record, claims=tuple(replace(one, outcome="failed") for one in record.claims if one.against))
    assert '<failure type="lost"' in junit_xml(failed)


def test_the_page_shows_the_worst_first_with_then_and_now() -> None:
    record = compared(*FOUND)
    views = since_views(record)
    assert [view.found.status for view in views] == ["lost", "undecided", "incomparable", "unchanged", "preserved"]
    lost = views[0]
    assert lost.pair is not None
    then, now = lost.pair
    assert now.value < then.value  # on one axis
    assert lost.change is not None
    assert lost.change.reference is not None
    page = html_report(record)
    assert page.count('<section id="since">') == 1
    assert "Its test: measured false alarms .002 of 400." in page
    assert page.count("<h4>Since reports/reference/base</h4>") == 5
    assert "The bar moved" in page
    assert 'id="since"' not in html_report(sample())
    assert "Accepted until 2027-03-31" in html_report(replace(record, against=accepting(record)))


@pytest.mark.parametrize("hostile", HOSTILE if isinstance(HOSTILE, tuple) else [HOSTILE])
def test_what_comes_from_a_reference_is_only_text(hostile: str) -> None:
    accepted = (AcceptedChange(hostile, hostile, hostile, hostile),)
    against = replace(AGAINST, name=hostile, model=hostile, created=hostile, bar=(hostile,), accepted=accepted)
    against = replace(against, floor=(FloorRepeat("batch", hostile), FloorRepeat("seed", hostile, hostile)))
    floor = Floor(0.5, seed=1.0, unit=hostile)
    record = compared(replace(LOST, reason=hostile, margin=hostile, floor=floor), against=against)
    page = html_report(record)
    # Ours alone is one.
    assert page.count("<script>") == 1
    shown = [since_heading(record), *(line for _, line in since_lines(record)), *since_rows(record)[0]]
    for text in shown:
        assert "\x1b" not in text
        assert "\n" not in text


def test_a_claim_about_the_change_has_no_effects_of_two_models() -> None:
    own = Comparison("preserved", "", "inconclusive", "holds", p=0.001, p_opposite=1.0, p_adjusted=0.002)
    record = compared(own)
    page = html_report(record)
    assert "by its own verdict" in page
    assert "0.002" in page.partition("by its own verdict")[2][:120]
    assert since_counts(record) == "1 preserved"
    assert sentence(own) == "preserved: p = 0.002"
