from __future__ import annotations

import re
import time
import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.text import occurrences, quoted, time_left, wrapped


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


#: How letters with accents may be written.
Form = Literal["NFC", "NFD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD")
WORDS = ["Việt", "Nam", "Hà", "Nội", "한국", "cà", "ca", "Å", "が", "ग़", "x", " ", ", ", "🌷"]


@given(st.lists(st.sampled_from(WORDS), max_size=8), st.sampled_from(WORDS), st.data())
def test_letters_are_the_same_however_they_are_written(parts: list[str], word: str, data: st.DataObject) -> None:
    forms = [unicodedata.normalize(data.draw(st.sampled_from(FORMS)), part) for part in parts]
    text, composed = "".join(forms), unicodedata.normalize("NFC", "".join(parts))
    found = [text[begin:end] for begin, end in occurrences(text, unicodedata.normalize("NFD", word))]
    want = [composed[begin:end] for begin, end in occurrences(composed, word)]
    assert [unicodedata.normalize("NFC", part) for part in found] == want
    begins = [len(unicodedata.normalize("NFC", text[:begin])) for begin, _ in occurrences(text, word)]
    assert begins == [begin for begin, _ in occurrences(composed, word)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", FORMS)
def test_a_word_is_found_where_it_stands(form: Form, other: Form) -> None:
    before, word = (unicodedata.normalize(form, part) for part in ("Ở ", "Việt Nam"))
    want = [(len(before), len(before) + len(word))]
    assert occurrences(f"{before}{word}.", unicodedata.normalize(other, "Việt Nam")) == want
    # A letter without its accent is another one.
    assert occurrences(f"{before}{word}.", "Viet Nam") == []
    assert occurrences(unicodedata.normalize(form, "Việ"), "Vi") == []


def test_accents_without_end_are_read_in_time() -> None:
    begun = time.monotonic()
    assert occurrences("e" + "\u0301" * 100_000 + " Nam", "Nam") == [(100_002, 100_005)]
    assert time.monotonic() - begun < 5


def test_long_texts_are_quoted_in_part() -> None:
    assert quoted("Hà Nội") == "'Hà Nội'"
    assert quoted("x" * 60) == repr("x" * 60)
    assert quoted("x" * 61) == repr("x" * 57 + "...")


@pytest.mark.parametrize(
    ("done", "total", "seconds", "said"),
    [
        (10, 40, 10.0, "about 30 s left"),
        (0.5, 12.5, 10.0, "about 4 min left"),
        (999, 1000, 10.0, "about 1 s left"),
        (10, 40, 2.9, ""),  # too soon to tell
        (0, 40, 10.0, ""),
        (40, 40, 10.0, ""),
    ],
)
def test_time_is_told_once_something_is_done(done: float, total: float, seconds: float, said: str) -> None:
    assert time_left(done, total, seconds) == said


@given(st.text(alphabet="ab \u00e9", max_size=200), st.integers(0, 120))
def test_wrapping_loses_no_word(text: str, columns: int) -> None:
    lines = wrapped(text.strip(), columns).split("\n")
    assert " ".join(lines).split() == text.split()
    assert all(line.startswith("    ") for line in lines[1:])
    longest = max(map(len, text.split()), default=0)
    assert all(len(line) <= max(columns, 40, longest + 4) for line in lines)
