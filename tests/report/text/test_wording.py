from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from neurontest.report.text import numbers
from neurontest.report.text.outcome import declared, label, outcome, remark
from neurontest.report.text.rows import table_rows
from neurontest.report.text.wording import (
    detectable,
    effect,
    failure_text,
    half_sample,
    headline,
    notes,
    selection,
)
from neurontest.types import ClaimRecord, Detectable, Estimate, Interval, Look, NearCopies
from neurontest.untrusted import visible
from tests.report.sample import CLAIMS, HOSTILE, sample

HOLDS, EXPECTED, BORDERLINE, SKIPPED, DISTINCT, REFUTED, UNSELECTED, BROKEN, LATER = CLAIMS


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_failure_text(claim: ClaimRecord, snapshot: SnapshotAssertion) -> None:
    assert failure_text(claim, suite="concept_specs", model="smollm2-135m", declared=6) == snapshot


def test_the_first_line_stands_alone() -> None:
    assert BORDERLINE.judgement is not None
    plain = replace(BORDERLINE, judgement=replace(BORDERLINE.judgement, borderline=False))
    assert headline(plain, suite="specs", declared=6) == (
        "specs/geography.yaml:11: hanoi overlaps vietnam more than tulip: "
        "inconclusive (p = 0.0502 after Holm over 6 claims, needs 0.05, m = 10)"
    )
    assert headline(REFUTED, suite="specs", declared=1) == (
        "specs/writeup.yaml:5: baseline-normalized sets differ from raw: "
        "refuted (p < 0.001 that the opposite holds after Holm over 1 claim, needs 0.05)"
    )


def detecting(effect: Estimate, *found: float) -> str:
    """What can be detected, of an inconclusive claim about the top 200 with this effect."""
    assert BORDERLINE.evidence is not None
    assert BORDERLINE.judgement is not None
    effects = tuple(Detectable(24 * 2**at, one) for at, one in enumerate(found))
    return detectable(
        replace(
            BORDERLINE,
            evidence=replace(BORDERLINE.evidence, effect=effect),
            judgement=replace(BORDERLINE.judgement, detectable=effects),
        )
    )


def test_what_can_be_detected_is_said_in_the_unit_of_the_effect() -> None:
    said = detecting(Estimate("x", 2.0, reference=0.0), 3.14, 2.2, 1.0)
    assert said == "3.1 neurons with 24 prompts a concept, 2.2 with 48, 1.0 with 96 (power 0.8)"
    # Of sets of 200 no 310 neurons can be shared.
    said = detecting(Estimate("x", 2.0, reference=0.0), 310.0, 1.04)
    assert said == "none with 24 prompts a concept, 1.0 neurons with 48 (power 0.8)"
    # Nor can they share 170 more than 40.
    said = detecting(Estimate("x", 2.0, reference=40.0), 170.0, 60.0)
    assert said == "none with 24 prompts a concept, 60 neurons with 48 (power 0.8, beyond 40 neurons)"
    said = detecting(Estimate("x", 2.0, reference=40.0), 3.14, 2.2)
    assert said == "3.1 neurons with 24 prompts a concept, 2.2 with 48 (power 0.8, beyond 40 neurons)"
    said = detecting(Estimate("x", 0.6, "AUROC", reference=0.5), 0.51, 0.21)
    assert said == "none with 24 prompts a concept, 0.21 AUROC with 48 (power 0.8, beyond 0.50 AUROC)"
    said = detecting(Estimate("x", 0.6, "share", reference=0.0), 0.123, 0.0871)
    assert said == "12% with 24 prompts a concept, 8.7% with 48 (power 0.8)"
    said = detecting(Estimate("x", 0.6, "nats a token", reference=0.0), 0.123, 0.0871)
    assert said == "0.12 nats a token with 24 prompts a concept, 0.087 with 48 (power 0.8)"


def test_only_an_inconclusive_claim_says_what_can_be_detected_and_none_what_would_decide_it() -> None:
    told = [claim.id for claim in CLAIMS if detectable(claim)]
    assert told == [EXPECTED.id, BORDERLINE.id]
    for claim in CLAIMS:
        text = failure_text(claim, suite="s", model="m", declared=3)
        assert "to decide" not in text
        assert "would show" not in text


def test_a_look_is_named_with_what_it_is_held_to() -> None:
    look = Look(1, 2, 0.05)
    claim = replace(HOLDS, statistics=replace(HOLDS.statistics, alpha=0.00882034, looks=(24, 48), look=look))
    assert headline(claim, suite="s", declared=1).endswith(
        "holds (p = 0.0036 after Holm over 1 claim, needs 0.00882 at look 1 of 2, m = 12)"
    )
    record = sample()
    families = tuple(replace(family, alpha=0.00882034, look=look) for family in record.families[:1])
    said = notes(replace(record, claims=(claim,), families=families))
    assert said == ["geography.yaml: look 1 of 2, held to 0.00882; all looks together to 0.05"]


def test_what_a_retest_is_worth_is_said_once_of_a_run_and_not_where_looks_are_declared() -> None:
    record = sample()
    said = [note for note in notes(record) if "retest" in note]
    assert said == [
        "inconclusive: a retest that includes these prompts errs up to .09 where alpha says .05; declare looks before"
        " the first run"
    ]
    looks = tuple(replace(one, statistics=replace(one.statistics, looks=(24, 48))) for one in record.claims)
    assert not notes(replace(record, claims=looks))
    assert not notes(replace(record, claims=(HOLDS, REFUTED)))


def test_a_file_in_the_working_directory_is_named_alone() -> None:
    assert headline(HOLDS, suite=".", declared=1).startswith(f"{HOLDS.where.file}:{HOLDS.where.line}: ")


def test_without_a_correction_it_says_so() -> None:
    claim = replace(HOLDS, statistics=replace(HOLDS.statistics, correction="none"))
    assert headline(claim, suite="s", declared=6).endswith("holds (p = 0.0036, uncorrected, needs 0.05, m = 12)")


def test_a_strict_xfail_that_holds_says_so() -> None:
    claim = replace(HOLDS, xfail="never seen", outcome="failed")
    text = failure_text(claim, suite="s", model="m", declared=3)
    assert text.splitlines()[0].endswith(
        "holds (p = 0.0036 after Holm over 3 claims, needs 0.05, m = 12), though marked xfail"
    )
    assert "  xfail        never seen" in text


def test_no_control_character_reaches_a_terminal() -> None:
    text = failure_text(replace(BROKEN, error=HOSTILE[-1]), suite="s\x1b", model="m\x07", declared=1)
    assert not any(ord(letter) < 32 and letter != "\n" for letter in text)
    assert "␛[31mred" in text


def test_the_table_has_a_row_for_each_selected_claim(snapshot: SnapshotAssertion) -> None:
    rows = table_rows(sample())
    assert len(rows) == 7
    assert all(type(cell) is str for row in rows for cell in row)
    assert rows == snapshot


def test_rows_of_one_sentence_are_told_apart() -> None:
    record = sample()
    (first, *_) = [claim for claim in record.claims if claim.selected]
    again = replace(first, id="again", selection=replace(first.selection, k=50))
    elsewhere = replace(first, family="other.yaml", where=replace(first.where, file="other.yaml"))
    rows = table_rows(replace(record, claims=(first, again, elsewhere)))
    assert [row.claim for row in rows] == [
        f"{first.sentence} [{first.id}]",
        f"{first.sentence} [again]",
        first.sentence,
    ]
    # The first two differ in their settings, so the heading of their file names none.
    assert rows[0].part == rows[1].part == first.where.file
    assert rows[2].part == f"other.yaml: {selection(first)}"
    assert table_rows(replace(record, claims=(first,)))[0].part == ""


@pytest.mark.parametrize(
    ("p", "alpha", "words"),
    [
        (0.0, None, "< 0.001"),
        (5e-324, 0.05, "< 0.001"),
        (0.00099, None, "< 0.001"),
        (0.001, None, "= 0.001"),
        (0.03449, None, "= 0.034"),
        (0.21, 0.05, "= 0.21"),
        (1.0, 0.05, "= 1"),
        (0.0502, 0.05, "= 0.0502"),
        (0.05004, 0.05, "= 0.05004"),
        (0.0499, 0.05, "= 0.05"),
        (0.00034, 0.0005, "= 0.00034"),
        (1e-9, 0.0005, "< 5e-06"),
    ],
)
def test_p_values(p: float, alpha: float | None, words: str) -> None:
    assert numbers.p_value(p, alpha) == words


@pytest.mark.parametrize(
    ("estimate", "words", "interval"),
    [
        (Estimate("d", 3.1234, interval=Interval(-0.4, 6.2, 0.95, ""), reference=0.0), "+3.1 neurons", "[-0.4, 6.2]"),
        (Estimate("d", -0.01, interval=Interval(-2.0, 2.0, 0.95, ""), reference=0.0), "0.0 neurons", "[-2.0, 2.0]"),
        (Estimate("w", 1.0), "1 neuron", ""),
        (Estimate("w", 5.0), "5 neurons", ""),
        (Estimate("w", 1234.0), "1,234 neurons", ""),
        (Estimate("w", 0.0), "0 neurons", ""),
        (Estimate("w", 0.00123, unit=""), "0.0012", ""),
        (Estimate("s", 0.712, "share", Interval(0.64, 0.784, 0.95, ""), 0.5), "71%", "[64%, 78%]"),
    ],
)
def test_estimates(estimate: Estimate, words: str, interval: str) -> None:
    assert numbers.effect(estimate) == words
    assert numbers.bounds(estimate) == interval


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (replace(HOLDS, outcome=""), "passed"),
        (replace(HOLDS, outcome="", xfail="why"), "xpassed"),
        (replace(EXPECTED, outcome=""), "xfailed"),
        (replace(REFUTED, outcome=""), "failed"),
        (replace(SKIPPED, outcome=""), "skipped"),
        (replace(BROKEN, outcome=""), "error"),
        (LATER, "skipped"),
        (replace(BORDERLINE, outcome="skipped"), "skipped"),
        (replace(REFUTED, outcome="no such word"), "failed"),
    ],
)
def test_outcomes(claim: ClaimRecord, expected: str) -> None:
    assert outcome(claim) == expected


def test_remarks_say_what_the_verdict_does_not() -> None:
    assert remark(HOLDS) == ""
    assert remark(UNSELECTED) == "Evaluated with its family, but not selected in this run."
    assert remark(LATER) == "Not evaluated: its family was not run."
    assert remark(replace(BORDERLINE, outcome="skipped")).startswith("Counted as skipped")
    assert label(EXPECTED) == "inconclusive (expected)"
    assert label(replace(HOLDS, xfail="why")) == "holds (unexpected)"


def test_a_family_that_is_not_described_is_counted() -> None:
    record = replace(sample(), families=())
    assert declared(record, HOLDS) == 3
    assert declared(sample(), DISTINCT) == 4


def test_visible_keeps_words_and_shows_the_rest() -> None:
    assert visible("a\tb\nc\r\nd\re\x00\x7f\x9b\ufffe\ud800") == "a\tb\nc\nd␍e␀␡\ufffd\ufffd\ufffd"
    # Letters that are written from right to left stay; what turns other letters around goes.
    assert visible(HOSTILE[4]) == HOSTILE[4].replace("\u202e", "\ufffd").replace("\u202c", "\ufffd") != HOSTILE[4]


@pytest.mark.parametrize(
    ("value", "words"), [(1.934, "1.93"), (0.0899, "0.09"), (0.0038, "0.0038"), (-0.0012, "-0.0012"), (0.0, "0.00")]
)
def test_a_statistic_shows_what_it_is(value: float, words: str) -> None:
    assert numbers.statistic(value) == words


def test_random_sets_that_nobody_counted_are_told_without_a_number() -> None:
    claim = next(one for one in CLAIMS if one.evidence is not None and one.evidence.keys)
    assert claim.evidence is not None
    key = replace(claim.evidence.keys[0], name="random sets", draws=None)
    text = failure_text(replace(claim, evidence=replace(claim.evidence, keys=(key,))), suite="s", model="m", declared=3)
    assert "random sets p" in text
    assert "None" not in text


def test_the_lines_that_mend_near_copies_are_there_to_paste() -> None:
    inconclusive = next(claim for claim in sample().claims if claim.verdict == "inconclusive" and claim.evidence)
    assert inconclusive.evidence is not None
    paste = '      - {text: "one", group: a-1}\n      - {text: "two", group: a-1}'
    evidence = replace(inconclusive.evidence, copies=(NearCopies("two are one", paste), NearCopies("as are others")))
    text = failure_text(replace(inconclusive, evidence=evidence), suite="specs", model="tiny", declared=1)
    lines = text.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("  to paste"))
    assert [line.strip().removeprefix("to paste").strip() for line in lines[at : at + 2]] == [
        line.strip() for line in paste.splitlines()
    ]
    assert text.count("to paste") == 1


def test_numbers_of_neurons_say_the_m_that_they_hang_on() -> None:
    assert HOLDS.evidence is not None
    assert effect(HOLDS) == "+30 neurons [12, 48], m = 12"
    share = replace(HOLDS, evidence=replace(HOLDS.evidence, effect=replace(HOLDS.evidence.effect, unit="share")))
    causal = replace(HOLDS, evidence=replace(HOLDS.evidence, m=0))
    for other in (share, causal, replace(HOLDS, evidence=None)):
        assert half_sample(other) == ""
        assert "m = " not in effect(other) + headline(other, suite="s", declared=3)
