from __future__ import annotations

import re
from dataclasses import replace

from neurontest.report.ci.annotations import SHOWN, marked_lines
from neurontest.types import Location

from ..sample import CLAIMS, HOSTILE, sample

COMMAND = re.compile(r"::error (?:file=[^,:]+,line=\d+,)?title=[^,:]*::[^\r\n]+")


def test_each_failure_is_marked_where_it_stands_the_worst_first() -> None:
    lines = marked_lines(sample(), "specs/")
    assert [line.split(",title")[0] for line in lines] == [
        "::error file=specs/writeup.yaml,line=13",
        "::error file=specs/writeup.yaml,line=5",
        "::error file=specs/geography.yaml,line=11",
    ]
    assert all(COMMAND.fullmatch(line) for line in lines)


def test_of_many_the_tenth_says_how_many_more_there_are() -> None:
    claims = tuple(replace(CLAIMS[2], id=f"c{at}", where=Location("a.yaml", at + 1, 1)) for at in range(40))
    lines = marked_lines(replace(sample(), claims=claims), "specs")
    assert len(lines) == SHOWN + 1
    assert "and 31 more" in lines[-1]


def test_a_run_that_failed_as_a_whole_is_marked_too() -> None:
    (line,) = marked_lines(replace(sample(), claims=(), errors=("50% of it\nwas lost",)), "specs")
    assert line == "::error title=concept_specs::50%25 of it␊was lost"


def test_no_text_ends_a_command_or_begins_another() -> None:
    claims = tuple(replace(CLAIMS[2], sentence=f"{text}\n::error::x,y:z") for text in HOSTILE)
    lines = marked_lines(replace(sample(), claims=claims, errors=HOSTILE, suite=HOSTILE[-1]), "a:b,c")
    assert all(COMMAND.fullmatch(line) for line in lines)
