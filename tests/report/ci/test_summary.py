from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from neurontest.report.ci.summary import LARGEST, summary
from neurontest.types import Location, Record

from ..sample import CLAIMS, HOSTILE, sample
from ..strategies import anything


def test_failures_come_first_the_worst_of_them_at_the_top() -> None:
    text = summary(sample())
    places = [
        text.index(words)
        for words in ("### Concept claims", "Did not pass", "writeup.yaml:13", "writeup.yaml:5", "geography.yaml:11")
    ]
    assert places == sorted(places)
    assert text.index("geography.yaml:11") < text.index("All others") < text.index("writeup.yaml:3 ")


def many(count: int, *, failed: bool) -> Record:
    one = CLAIMS[2] if failed else CLAIMS[0]
    claims = [
        replace(one, id=f"claim-{at}", where=Location("big.yaml", at + 1, 1), sentence=f"claim {at} of a large suite")
        for at in range(count)
    ]
    return replace(sample(), claims=tuple(claims))


@pytest.mark.parametrize("failed", [True, False])
def test_ten_thousand_claims_fit_and_what_is_left_out_is_said(failed: bool) -> None:
    text = summary(many(10_000, failed=failed))
    assert len(text.encode()) <= LARGEST
    shown = len(re.findall(r"^\| big\.yaml", text, flags=re.MULTILINE))
    assert shown > 1000
    assert f"and {10_000 - shown:,} more" in text


@pytest.mark.parametrize("largest", [300, 1000, 5000, 20_000])
def test_it_is_never_longer_than_there_is_room_for(largest: int) -> None:
    text = summary(many(200, failed=True), largest)
    assert len(text.encode()) <= max(largest, 400)
    assert "### Concept claims of" in text


def test_nothing_in_it_is_obeyed() -> None:
    harm = (*HOSTILE, "[a](http://evil) @maintainer #12 | a | `b` **c** https://evil www.evil.com <b>")
    claims = tuple(replace(one, sentence=text) for one, text in zip(CLAIMS, harm, strict=False))
    record = replace(sample(), suite=harm[-1], claims=claims, warnings=harm, errors=harm)
    text = summary(record)
    # In a block of code nothing is obeyed.
    outside = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
    outside = outside.replace("<details><summary>", "").replace("</summary>", "").replace("</details>", "")
    for mark in ("<", ">", "@", "`", "**c", "://", "www.", "](", " #12", "\x1b", "\r"):
        assert mark not in outside
    assert all(line.count("|") in (0, 5) for line in outside.splitlines())


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=30)
@given(anything(Record))
def test_any_record_has_a_summary(record: Record) -> None:
    assert len(summary(record, 10_000).encode()) <= 10_000
