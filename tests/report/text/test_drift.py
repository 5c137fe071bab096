"""Neurons and texts since a reference, in the terminal and on the page."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

from neurontest.report.html import html_report
from neurontest.report.html.drifted import drift_views
from neurontest.report.text.drift import ROWS, drift_lines, match_words, moved
from neurontest.report.text.wording import in_common
from tests.report.drifting import DEEPER, MOVED, STILL, drift, drifted, drifting
from tests.report.sample import HOSTILE, sample


def test_the_terminal_shows_what_moved_and_counts_the_rest() -> None:
    lines = drift_lines(drifting(MOVED, STILL, DEEPER), 80)
    assert lines == [
        "neurons of  stayed  halves share  drift            by match  drift",
        "mlp, generated tokens, difference, top 6 by mean",
        "hanoi       1 of 6  4             +3.9 [3.3, 4.5]  5         +0.1 [-0.5, 0.7]",
        "neurons: no drift shown in 2 of 3 sets; 80 to 83% stayed (halves: 72 to 86%)",
        "not told both ways: a number names no neuron of both",
    ]
    assert max(map(len, lines)) <= 80
    assert drift_lines(sample(), 80) == []
    assert drift_lines(drifting(STILL), 80) == ["neurons: no drift shown in 1 of 1 set; 83% stayed (halves: 72%)"]


def test_by_match_alone_where_numbers_say_nothing() -> None:
    gone = replace(DEEPER, by_match=drifted(5, 0, 3.0, 1e-9, matched=True))
    row = drift_lines(drifting(gone), 80)[2].split("  ")
    assert [cell.strip() for cell in row if cell.strip()] == ["tulip", "- of 5", "4", "-", "0", "+3.0 [2.4, 3.6]"]


def test_of_a_large_suite_few_lines_are_shown() -> None:
    many = [replace(MOVED, concept=f"concept {at}") for at in range(200)]
    lines = drift_lines(drifting(*many), 80)
    assert len(lines) == ROWS + 3
    assert lines[-1] == "180 more sets moved"
    quiet = [replace(STILL, concept=f"concept {at}") for at in range(199)]
    assert len(drift_lines(drifting(MOVED, *quiet), 80)) == 4


def test_one_of_many_small_p_values_is_no_move() -> None:
    chance = drift("hanoi", drifted(6, 5, 0.9, 0.01), None)
    assert moved(drifting(chance)) == [chance]
    assert moved(drifting(chance, *[STILL] * 5)) == []


def test_what_a_match_is_worth_is_said_in_words() -> None:
    assert MOVED.by_match is not None
    words = {match_words(one) for one in (*MOVED.by_match.stayed, *MOVED.by_match.left)}
    assert words == {"", "poor match: another does nearly the same"}
    gone = drifted(6, 4, 1.0, 0.1, matched=True)
    assert match_words(gone.left[0]) == ""
    assert match_words(gone.left[1]) == "poor match: no neuron does the same"


def test_the_page_has_every_set_with_ceilings_and_moves() -> None:
    record = drifting(MOVED, STILL, DEEPER)
    page = unescape(html_report(record))
    section = page.partition('<section id="drift">')[2].partition("</section>\n\n")[0]
    first, second = drift_views(record)
    assert [view.drift.concept for view in first.views] == ["hanoi", "tulip"]
    assert (first.moved, second.moved) == (1, 0)
    assert second.reasons == ("a number names no neuron of both",)
    # What moved lies open, all else is folded.
    assert section.count('<details class="fold" open>') == 1
    for said in (
        "4.2 [3.6, 4.8]",
        "4.4 [3.8, 5.0]",
        "+3.9 [3.3, 4.5]",
        '<b class="moved">moved</b>',
        "by number 1 stayed, 5 entered, 5 left",
        "as L2.mlp[7]",
        "poor match: another does nearly the same",
        "Not told both ways: a number names no neuron of both.",
    ):
        assert said in section, said
    rows = first.views[0].ways[0].rows
    assert [one.then.rank for one in rows if one.then] == list(range(1, 7))
    assert [one.now.rank for one in rows if one.then is None and one.now] == [1, 3, 4, 5, 6]
    assert 'id="drift"' not in html_report(sample())


def test_texts_stand_side_by_side_and_stay_texts() -> None:
    page = html_report(drifting(MOVED))
    section = page.partition('<section id="texts-since">')[2]
    assert f"40 of 96 texts differ; {len(HOSTILE)} are shown, and {40 - len(HOSTILE)} are not; 56 are equal" in section
    assert "tulip: all 96 texts are equal." in section
    assert '<span class="common">They were </span>not &lt;script&gt;' in section
    # Ours alone is one.
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert "\x1b" not in page


def test_what_two_texts_have_in_common_ends_with_a_word() -> None:
    assert in_common(" a city of lakes", " a city on a river") == len(" a city ")
    assert in_common("lakes", "lake") == 0
    assert in_common("", "lake") == 0
    assert in_common("the lake ", "the lake of") == len("the lake ")
