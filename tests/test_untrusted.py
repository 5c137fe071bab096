from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from neurontest.errors import SHOWN, Fault, SpecError
from neurontest.untrusted import visible, visible_line

STEERS = "\x1b[31m\x07\x08\r\x7f\x9b0m\u202e\u2066\ud800"


def test_what_steers_a_terminal_is_shown() -> None:
    assert visible("a" + STEERS + "b\n\tc") == "a␛[31m␇␈␍␡\ufffd0m\ufffd\ufffd\ufffdb\n\tc"
    assert visible_line("a\nb\tc\r\nd") == "a␊b c␊d"


@given(st.text(st.characters()))
def test_no_control_character_is_left(text: str) -> None:
    assert not [one for one in visible_line(text) if unicodedata.category(one) in ("Cc", "Cs")]
    visible(text).encode()


def test_a_fault_is_one_line_of_printable_text() -> None:
    text = str(Fault(f"a{STEERS}\nb.yaml", 1, 2, f"no {STEERS} line\nbreaks"))
    assert text == visible_line(text)
    assert len(str(Fault("a.yaml", 1, 1, "x" * 1_000_000))) == 4_000


def test_faults_are_counted_beyond_those_that_are_shown() -> None:
    faults = [Fault("a.yaml", line, 1, "wrong") for line in range(1, 12_446)]
    lines = str(SpecError(faults)).splitlines()
    assert len(lines) == SHOWN + 1
    assert lines[-2:] == ["a.yaml:100:1: wrong", "... and 12,345 more faults"]
    assert str(SpecError(faults[: SHOWN + 1])).endswith("... and 1 more fault")
    assert "more" not in str(SpecError(faults[:SHOWN]))
