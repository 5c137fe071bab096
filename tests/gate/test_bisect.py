"""The search for the first bad one, without any model."""

from __future__ import annotations

from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.gate.bisect import Found, NothingToFindError, Seen, bisect

#: One place of each.
GOOD, BAD, SKIP = (list[Seen]([one]) for one in ("good", "bad", "skip"))


def searched(places: list[Seen], checks: int = 1) -> Found:
    asked: list[int] = []

    def look(place: int) -> Seen:
        assert place not in asked
        asked.append(place)
        return places[place]

    found = bisect(len(places), look, checks)
    assert list(found.seen) == asked
    assert all(found.seen[place] == places[place] for place in asked)
    return found


@given(st.integers(1, 400), st.integers(1, 400))
def test_a_monotone_order_is_searched_in_about_log2(good: int, bad: int) -> None:
    places = GOOD * good + BAD * bad
    found = searched(places)
    assert (found.last_good, found.first_bad, found.exact) == (good - 1, good, True)
    assert list(found.between) == [good]
    assert found.searched <= ceil(log2(len(places))) + 2
    assert len(found.seen) <= found.searched + 2
    assert found.against == ()


@given(st.integers(1, 200), st.integers(0, 100), st.integers(1, 200))
def test_of_a_claim_that_fades_the_range_is_told(good: int, faint: int, bad: int) -> None:
    places = GOOD * good + SKIP * faint + BAD * bad
    found = searched(places)
    assert (found.last_good, found.first_bad) == (good - 1, good + faint)
    assert found.exact == (faint == 0)
    assert list(found.between) == list(range(good, good + faint + 1))
    assert found.searched <= 2 * ceil(log2(len(places))) + 2


@given(st.lists(st.sampled_from(["good", "bad", "skip"]), max_size=60), st.integers(0, 3))
def test_whatever_the_order_is_nothing_untrue_is_said(middle: list[Seen], checks: int) -> None:
    places: list[Seen] = ["good", *middle, "bad"]
    found = searched(places, checks)
    assert places[found.last_good] == "good"
    assert places[found.first_bad] == "bad"
    assert found.last_good < found.first_bad
    between = range(found.last_good + 1, found.first_bad)
    assert all(found.seen.get(place, "skip") == "skip" for place in between)
    for bad, good in found.against:
        assert (places[bad], places[good]) == ("bad", "good")
        assert bad < good
    told = any(
        places[one] == "bad" and places[other] == "good" for one in found.seen for other in found.seen if one < other
    )
    assert bool(found.against) == told


@given(st.lists(st.sampled_from(["good", "bad"]), max_size=40))
def test_a_disorder_is_told_if_all_are_looked_at(middle: list[Seen]) -> None:
    places: list[Seen] = ["good", *middle, "bad"]
    found = searched(places, checks=len(places))
    assert len(found.seen) == len(places)
    assert bool(found.against) == (sorted(places, key=["good", "bad"].index) != places)


def test_one_that_cannot_be_looked_at_is_gone_round() -> None:
    places = GOOD * 6 + BAD * 5
    places[5] = "skip"
    assert searched(places).between == range(5, 7)
    places[5], places[6] = "good", "skip"
    assert searched(places).between == range(6, 8)
    places[6], places[2] = "bad", "skip"
    assert searched(places).between == range(6, 7)


@pytest.mark.parametrize(("places", "at"), [(["bad", "bad"], 0), (["good", "skip"], 1), (["good", "good"], 1)])
def test_ends_must_differ(places: list[Seen], at: int) -> None:
    with pytest.raises(NothingToFindError) as error:
        searched(places)
    assert (error.value.place, error.value.seen) == (at, places[at])
