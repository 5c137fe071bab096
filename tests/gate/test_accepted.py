"""Acceptances as a file that people read and edit."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.errors import RecordError
from neurontest.gate.accepted import FILE, Acceptance, read_accepted, write_accepted

TODAY = date(2027, 3, 31)


def test_none_where_nothing_was_accepted(tmp_path: Path) -> None:
    assert read_accepted(tmp_path) == ()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.builds(
            Acceptance,
            st.from_regex(r"[a-z]{1,5}\.yaml::[a-z0-9._-]{1,8}", fullmatch=True),
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip),
            st.none() | st.dates(),
            st.none() | st.dates(),
        ),
        unique_by=lambda one: one.claim,
    )
)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, accepted: list[Acceptance]) -> None:
    folder = tmp_path_factory.mktemp("accepted")
    write_accepted(folder, accepted)
    assert read_accepted(folder) == tuple(accepted)


def test_the_last_word_counts_and_expires(tmp_path: Path) -> None:
    first, last = Acceptance("a.yaml::x", "int4 is cheaper"), Acceptance("a.yaml::x", "till the next", TODAY)
    write_accepted(tmp_path, [first, last])
    (found,) = read_accepted(tmp_path)
    assert found == last
    assert found.holds(TODAY)
    assert not found.holds(date(2027, 4, 1))
    assert first.holds(date(2099, 1, 1))
    assert (tmp_path / FILE).read_text().startswith("# Changes against this reference")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accepted: 3", "must hold 'accepted:'"),
        ("[", "no valid YAML"),
        ("accepted: [x]", "entry 1 must be a mapping"),
        ("accepted: [{claim: a.yaml::x}]", "needs 'reason'"),
        ("accepted: [{claim: a.yaml::x, reason: ' '}]", "needs 'reason'"),
        ("accepted: [{claim: x, reason: y}]", "names no claim"),
        ("accepted: [{claim: a.yaml::x, reason: y, until: soon}]", "must be a date"),
        ("accepted: [{claim: a.yaml::x, reason: y, untill: 2027-01-01}]", "unknown key"),
    ],
)
def test_what_says_something_else_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(RecordError, match=said):
        read_accepted(tmp_path)
