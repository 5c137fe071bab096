from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from neurontest.report.ci.badge import COLOURS, Badge, badge_json, badge_svg, badges
from neurontest.types import AcceptedChange, ClaimRecord, Comparison, Record, ReferenceRecord, Vacuity

from ..sample import CLAIMS, HOSTILE, sample
from ..strategies import anything

HOLDS = replace(CLAIMS[0], vacuity=None)


def of_suite(record: Record) -> Badge:
    return dict(badges(record))[""]


def of_claims(*claims: ClaimRecord, **said: object) -> Badge:
    return of_suite(replace(sample(), claims=claims, **said))  # type: ignore[arg-type]


def test_a_badge_counts_what_was_asked_and_never_says_more() -> None:
    assert of_suite(sample()).message == "2 of 9 hold, 1 refuted, 1 error, 1 skipped, 2 not run"
    assert of_suite(sample()).colour == "red"
    assert of_claims(HOLDS) == Badge(
        "1 of 1 holds", "brightgreen", "concept claims of concept_specs: 1 of 1 holds (smollm2-135m, 2026-11-22)"
    )


def test_what_is_open_expected_or_vacuous_is_not_green() -> None:
    expected = replace(CLAIMS[2], verdict="inconclusive", outcome="xfailed", xfail="too few prompts", against=None)
    assert (of_claims(HOLDS, expected).message, of_claims(HOLDS, expected).colour) == ("1 of 2 hold", "yellow")
    empty = replace(HOLDS, vacuity=Vacuity(3, 3, limit=0.1, vacuous=True))
    assert (of_claims(empty).message, of_claims(empty).colour) == ("1 of 1 holds (1 vacuous)", "yellow")
    left_out = replace(HOLDS, selected=False)
    assert (of_claims(HOLDS, left_out).message, of_claims(HOLDS, left_out).colour) == (
        "1 of 2 hold, 1 not run",
        "yellow",
    )


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (replace(sample(), errors=("interrupted",)), "run failed"),
        (replace(sample(), claims=tuple(replace(one, selected=False) for one in CLAIMS)), "not run"),
        (replace(sample(), claims=()), "not run"),
    ],
)
def test_without_a_run_there_is_an_error_and_no_count(record: Record, message: str) -> None:
    badge = of_suite(record)
    assert badge.message == message
    assert json.loads(badge_json(badge))["isError"] is True


def test_each_file_has_its_own() -> None:
    found = dict(badges(sample()))
    assert list(found) == ["", "geography.yaml", "writeup.yaml", "sub/later.yaml"]
    assert found["geography.yaml"].message == "1 of 4 hold, 1 skipped"


def against(*statuses: str, accepted: bool = False) -> Record:
    claims = [
        replace(HOLDS, id=f"claim-{at}", outcome="", against=Comparison(status))  # type: ignore[arg-type]
        for at, status in enumerate(statuses)
    ]
    waived = (AcceptedChange("geography.yaml::claim-0", "cheaper"),) if accepted else ()
    reference = ReferenceRecord("base", "smollm2-135m", "", "", "same", "50%", ("weakened", "lost"), accepted=waived)
    return replace(sample(), claims=tuple(claims), against=reference)


@pytest.mark.parametrize(
    ("statuses", "message", "colour"),
    [
        (("preserved", "preserved", "unchanged"), "preserved 2 of 2", "brightgreen"),
        (("preserved", "undecided", "gained"), "preserved 1 of 2", "yellow"),
        (("preserved", "incomparable"), "preserved 1 of 2", "yellow"),
        (("lost", "weakened", "preserved"), "preserved 1 of 3, 1 lost, 1 weakened", "red"),
        (("unchanged",), "nothing to preserve", "lightgrey"),
    ],
)
def test_against_a_reference_it_counts_what_is_preserved(statuses: tuple[str, ...], message: str, colour: str) -> None:
    badge = of_suite(against(*statuses))
    assert (badge.message, badge.colour) == (message, colour)


def test_an_accepted_loss_is_said_and_is_not_green() -> None:
    badge = of_suite(against("lost", "preserved", accepted=True))
    assert (badge.message, badge.colour) == ("preserved 1 of 2, 1 lost, 1 accepted", "yellow")


@pytest.mark.parametrize(
    ("created", "then"), [("2026-11-20T08:00:00+00:00", "smollm2-135m, 2026-11-20"), ("", "smollm2-135m")]
)
@pytest.mark.parametrize("statuses", [("preserved", "lost"), ("unchanged",)])
def test_against_a_reference_its_title_names_both_models_and_both_days(
    statuses: tuple[str, ...], created: str, then: str
) -> None:
    record = against(*statuses)
    assert record.against is not None
    tuned = replace(record.model, name="tuned")
    record = replace(record, model=tuned, against=replace(record.against, created=created))
    found = dict(badges(record))
    for name, about in (("", "concept_specs"), ("geography.yaml", "concept_specs geography.yaml")):
        badge = found[name]
        title = f"concept claims of {about}: {badge.message} (tuned, 2026-11-22; since base: {then})"
        assert badge.title == title
        assert f"<title>{title}</title>" in badge_svg(badge)


@given(anything(Record))
def test_any_record_has_badges_that_services_and_browsers_take(record: Record) -> None:
    for _, badge in badges(record):
        said = json.loads(badge_json(badge))
        # All that shields.io knows of an endpoint's answer, and no word more.
        assert said.keys() <= {"schemaVersion", "label", "message", "color", "isError"}
        assert (said["schemaVersion"], bool(said["message"])) == (1, True)
        assert said["color"] in COLOURS
        root = ET.fromstring(badge_svg(badge))  # noqa: S314
        assert {one.tag.split("}")[1] for one in root.iter()} <= {"svg", "title", "clipPath", "rect", "g", "text"}


def test_names_that_mean_harm_stay_text() -> None:
    record = replace(sample(), suite=HOSTILE[1], model=replace(sample().model, name=HOSTILE[0]))
    svg = badge_svg(of_suite(record))
    assert "<script" not in svg
    assert "<img" not in svg
    ET.fromstring(svg)  # noqa: S314
