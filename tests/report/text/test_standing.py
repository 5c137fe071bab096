from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.report.junit import properties
from neurontest.report.text.outcome import label
from neurontest.report.text.standing import is_unstable, standing, standings, stands
from neurontest.types import ClaimRecord, Repeat, Verdict
from tests.report.sample import sample

HOLDS = next(claim for claim in sample().claims if claim.verdict == "holds" and claim.judgement and not claim.xfail)


def repeated(verdict: Any = "holds", **counts: int) -> ClaimRecord:
    """A claim with so many repeats at other seeds, by what became of it."""
    names = [name.replace("_", " ") for name, count in counts.items() for _ in range(count)]
    repeats: Any = [Repeat("seed", f"{at}", name) for at, name in enumerate(names)]  # type: ignore[arg-type]
    return replace(HOLDS, verdict=verdict, judgement=Verdict(verdict, 0.01, 0.99, 0.05), repeats=tuple(repeats))


@pytest.mark.parametrize(
    ("counts", "words", "unstable"),
    [
        ({"holds": 9}, "10 of 10 seeds", False),
        ({"holds": 8, "inconclusive": 1}, "9 of 10 seeds", False),
        ({"holds": 7, "inconclusive": 2}, "8 of 10 seeds", True),
        ({"holds": 7, "inconclusive": 1, "refuted": 1}, "8 of 10 seeds", True),
        ({"holds": 17, "inconclusive": 1}, "18 of 19 seeds", False),
        ({"holds": 16, "inconclusive": 2}, "17 of 19 seeds", True),
        ({"inconclusive": 1}, "1 of 2 seeds", True),
        ({"holds": 3, "not_tested": 6}, "4 of 4 seeds", False),
        ({"same": 9}, "", False),
        ({}, "", False),
    ],
)
def test_fewer_than_nine_of_ten_is_unstable(counts: dict[str, int], words: str, unstable: bool) -> None:
    claim = repeated(**counts)
    assert stands(claim) == words
    assert is_unstable(claim) == unstable
    assert label(claim) == ("holds (unstable)" if unstable else "holds")
    said = {name.removeprefix("neurontest."): value for name, value in properties(claim)}
    assert f"{said.get('seeds_stands', '')}{' seeds' if words else ''}" == words
    # What was not repeated has no counts.
    assert ("seeds_holds" in said) == bool(words)


def test_a_claim_that_does_not_hold_is_not_called_so() -> None:
    claim = repeated("inconclusive", holds=8, refuted=1)
    assert not is_unstable(claim)
    assert standing(claim) == "stands at 1 of 10 seeds (8 hold, 1 refuted, 1 inconclusive)"


def test_what_was_not_repeated_is_said() -> None:
    assert standing(repeated(holds=2, not_tested=1)) == (
        "stands at 3 of 3 seeds (3 hold) and could not be tested at 1 other seed"
    )
    assert standing(repeated(same=2)) == "is the same to the last digit at 2 other seeds, which repeats nothing"


def test_without_a_verdict_nothing_stands() -> None:
    assert standings(replace(repeated(holds=3), judgement=None, verdict="not evaluated")) == ()


@given(st.lists(st.sampled_from(["holds", "refuted", "inconclusive", "same", "not_tested"]), max_size=30))
def test_every_repeat_is_counted_once(names: list[str]) -> None:
    claim = repeated(**{name: names.count(name) for name in names})
    for one in standings(claim):
        assert one.counts.total() == one.of
        assert one.of + one.same + one.untested == len(names) + 1
        assert 1 <= one.stands <= one.of
