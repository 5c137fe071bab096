from __future__ import annotations

import pytest

from neurontest.plugin.ending.terminal import layout
from neurontest.report.text.rows import Row, counts
from tests.plugin.conftest import Make, RunPytest

ROWS = [
    Row("g.yaml:1", "hanoi overlaps vietnam more than violent", "holds", "+3 neurons [1, 5]", "0.01", "holds"),
    Row("g.yaml:2", "short", "refuted (expected)", "", "", "refuted"),
    Row("g.yaml:3", "short", "error", "", "", "error"),
]


def test_columns_align_and_only_sentences_are_cut() -> None:
    assert layout(ROWS, None) == [
        "claim                                     verdict             effect             adjusted p",
        "hanoi overlaps vietnam more than violent  holds               +3 neurons [1, 5]  0.01",
        "short                                     refuted (expected)",
        "short                                     error",
    ]
    narrow = layout(ROWS, 80)
    assert max(map(len, narrow)) < 80
    assert narrow[1].startswith("hanoi overlaps vietnam more…  holds")
    assert layout(ROWS, 10)[1].startswith("hanoi overlaps vietnam …  holds")


def test_every_verdict_is_counted_by_its_name() -> None:
    assert counts(ROWS) == "1 holds, 1 refuted, 1 error"
    assert counts([ROWS[0], ROWS[0]]) == "2 hold"
    assert counts([ROWS[2], ROWS[2]]) == "2 errors"


def test_header_table_and_report(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    result = run("--concept-specs=specs", "-W", "error")
    result.stdout.fnmatch_lines(
        [
            "neurontest: *, concept specs: specs",
            "specs/geo.yaml ",
            "tracing smollm2-135m 3 of 4, 120 tokens/s",
            "specs/geo.yaml .FFsx*",
            "*= concept neurons =*",
            "claim * verdict * effect * adjusted p",
            "b overlaps a more than c  holds               +3.1 neurons [[]-0.4, 6.2], m = 5  0.001",
            "1 holds, 2 refuted, 1 inconclusive, 1 skipped",
            "report: reports/latest/report.html",
        ]
    )
    assert sum("neurontest:" in line for line in result.outlines) == 1


def test_several_files_have_headings(run: RunPytest, suite: Make) -> None:
    suite(claims="claims: [a overlaps b more than c]\n", other="claims: [b overlaps a more than c]\n")
    heading = "residual, generated tokens, difference, top 10 by mean"
    run("--concept-specs=specs").stdout.fnmatch_lines(
        [f"geo.yaml: {heading}", "a overlaps b *", f"other.yaml: {heading}", "b overlaps a *"]
    )


def test_a_run_that_is_about_no_suite_looks_as_ever(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    pytester.makeini("[pytest]\nconcept_specs = specs")
    pytester.makepyfile("def test_other(): pass")
    result = run("test_a_run_that_is_about_no_suite_looks_as_ever.py")
    result.assert_outcomes(passed=1)
    assert "neurontest:" not in result.stdout.str()
    assert "concept neurons" not in result.stdout.str()
    assert not (pytester.path / "reports").exists()


def test_very_quiet_is_silent(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    result = run("--concept-specs=specs", "-qq")
    text = result.stdout.str()
    assert "concept neurons" not in text
    assert "tracing" not in text
    assert (pytester.path / "reports/latest/report.html").is_file()


@pytest.mark.parametrize("absent", ["terminal", "capture"])
def test_works_without_parts_of_pytest(run: RunPytest, suite: Make, pytester: pytest.Pytester, absent: str) -> None:
    suite()
    result = run("--concept-specs=specs", "-k", "holds-1", "-p", f"no:{absent}", "-p", "no:cacheprovider")
    assert result.ret == pytest.ExitCode.OK
    assert (pytester.path / "reports/latest/record.json").is_file()


EVIL = "\\e[2J\\a\\u009b1m\\u202eabc\\nd"


def test_nothing_that_a_suite_says_steers_the_terminal(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(
        claims="claims:\n"
        f'  - {{id: refuted-1, claim: a overlaps b more than c, xfail: "{EVIL}"}}\n'
        f'  - {{id: holds-1, claim: b overlaps a more than c, skip: "{EVIL}"}}\n',
        other=f'claims: [{{id: unsure-1, claim: "nonsense {EVIL}"}}, "{EVIL}"]\n"{EVIL}": 1\n',
    )
    for more in ((), ("specs/geo.yaml", "-vv")):
        shown = run("--concept-specs=specs", "-rA", *more).stdout.str()
        assert "nonsense" in shown
        assert not set("\x1b\x07\x9b\u202e") & set(shown)
    (pytester.path / "specs" / "other.yaml").unlink()
    shown = run("--concept-specs=specs", "-rA", "-vv").stdout.str()
    assert "␛[2J␇\ufffd1m\ufffdabc" in shown
    assert not set("\x1b\x07\x9b\u202e") & set(shown)


def test_a_run_says_once_what_a_retest_is_worth_or_which_look_it_is(run: RunPytest, suite: Make) -> None:
    suite()
    said = run("--concept-specs=specs").stdout.str()
    assert said.count("a retest that includes these prompts errs up to .09") == 1
    result = run("--concept-specs=specs", "--concept-looks=12,24")
    said = result.stdout.str()
    assert "a retest" not in said
    # Four claims are tested, and Holm's correction divides by as many.
    result.stdout.fnmatch_lines(["geo.yaml: look 1 of 2, held to 0.0084*; all looks together to 0.05"])
    result.stdout.fnmatch_lines(["*needs 0.0084* at look 1 of 2, m = 5)"])
