from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.words import occurrences, quoted


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("Vietnam", "Vietnam", [(0, 7)]),
        ("In Vietnam, Vietnamese", "Vietnam", [(3, 10)]),
        ("vietnam", "Vietnam", []),
        ("party art", "art", [(6, 9)]),
        ("art_deco art-deco", "art", [(9, 12)]),
        ("Hà Nội!", "Nội", [(3, 6)]),
        ("Ha\u0300 Ha", "Ha", [(4, 6)]),
        ("我在越南工作", "越南", [(2, 4)]),
        ("go, go", "go", [(0, 2), (4, 6)]),
        ("New York New York", "New York", [(0, 8), (9, 17)]),
        ("wait... what...", "...", [(4, 7), (12, 15)]),
        ("anything", "", []),
        ("", "word", []),
    ],
)
def test_whole_words_as_written(text: str, word: str, found: list[tuple[int, int]]) -> None:
    assert occurrences(text, word) == found


@given(st.text("ab_ ,1", max_size=30), st.text("ab_1", min_size=1, max_size=3))
def test_it_is_what_a_regular_expression_finds(text: str, word: str) -> None:
    want = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)]
    assert occurrences(text, word) == want


def test_long_texts_are_quoted_in_part() -> None:
    assert quoted("Hà Nội") == "'Hà Nội'"
    assert quoted("x" * 60) == repr("x" * 60)
    assert quoted("x" * 61) == repr("x" * 57 + "...")
