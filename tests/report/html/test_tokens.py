"""Shades of tokens: which step a number is, what is said in words, and what a page has no room for."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.report.html import html_report
from neurontest.report.html import tokens as shading
from neurontest.report.html.tokens import Shade, TokensView, number, tokens_views
from neurontest.types import TOKENS_VERSION, ConceptTokens, Record, Selection, TokensRecord, TokenText
from neurontest.untrusted import visible

from ..sample import HOSTILE, sample, tokens


def record(*concepts: ConceptTokens, **said: Any) -> Record:
    return replace(sample(), tokens=TokensRecord(TOKENS_VERSION, concepts), **said)


def view(pieces: tuple[str, ...], activity: tuple[float | None, ...], own: int = 0, **selection: Any) -> TokensView:
    text = TokenText("Prompt 1 about tulip, in the words of someone who", 0, pieces, own, activity)
    made = record(ConceptTokens("tulip", (text,), 10), selection=Selection(**selection))
    return tokens_views(made)["tulip"]


def test_the_more_active_the_darker_and_below_zero_in_the_other_hue() -> None:
    values = (8.0, 4.1, 2.2, 1.2, 0.9, 0.0, -0.9, -1.2, -2.2, -4.1, -8.0, None)
    found = view(tuple(f"{at}." for at in range(12)), values)
    (shaded,) = (found.text(prompt, 0) for prompt, _ in found._texts)
    assert shaded is not None
    assert [(one.text, one.css, one.title) for one in shaded.text] == [
        ("0.", "p4", "8"),
        ("1.", "p2", "4.1"),
        ("2.", "p1", "2.2"),
        ("3.", "p1", "1.2"),
        # What is not shaded, for whatever reason, is one text.
        ("4.5.6.", "", ""),
        ("7.", "n1", "−1.2"),
        ("8.", "n1", "−2.2"),
        ("9.", "n2", "−4.1"),
        ("10.", "n4", "−8"),
        ("11.", "", ""),
    ]
    assert [one.strong for one in shaded.text] == [True] + [False] * 9
    assert [(one.css, one.text) for one in found.scale] == [
        *(("n4", "−8 or less"), ("n3", "−6"), ("n2", "−4"), ("n1", "−2"), ("", "0")),
        *(("p1", "2"), ("p2", "4"), ("p3", "6"), ("p4", "8 or more")),
    ]
    assert shaded.most == (("0.", "8"), ("1.", "4.1"), ("2.", "2.2"))
    assert shaded.least == ("10.", "−8")


def test_a_few_extreme_tokens_do_not_make_all_others_pale() -> None:
    values = (*(float(at) for at in range(1, 40)), 5000.0)
    found = view(tuple("x" * 40), values)
    shaded = found.first("Prompt 1 about tulip, in the words of someone who")
    assert shaded is not None
    assert found.scale[-1].text == "38 or more"
    assert [one.css for one in shaded.text][-4:] == ["p4"] * 4
    assert shaded.most[0] == ("x", "5,000")


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=20))
def test_a_larger_number_is_never_paler(values: list[float]) -> None:
    found = view(tuple(f"{at} " for at in range(len(values))), tuple(values))
    end = shading._end([abs(value) for value in values])
    steps = {"": 0, **{f"{sign}{step}": step * (1 if sign == "p" else -1) for sign in "pn" for step in range(1, 5)}}
    shades = [steps[shading._shade("", value, end).css] for value in sorted(values)]
    assert shades == sorted(shades)
    assert len(found.scale) == (9 if end > 0 else 0)


def test_blank_tokens_are_told_by_their_names() -> None:
    found = view(("\n", " ", "\t", "\n\n", " a"), (9.0, 8.0, 7.0, -8.0, -9.0))
    (shaded,) = found._texts.values()
    assert [word for word, _ in shaded.most] == ["line break", "space", "tab"]
    assert shaded.least == ("a", "−9")


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ({}, "the mean of their activations minus the baseline's, in units of activation"),
        ({"normalize": "raw"}, "the mean of their activations, as the model has them"),
        ({"normalize": "zscore"}, "the mean of their activations minus the baseline's, in its standard deviations"),
        ({"normalize": "raw", "reduce": "rate"}, "the share of them that is above zero"),
        ({"reduce": "rate"}, "the share of them that is above zero minus the baseline's"),
    ],
)
def test_the_legend_says_what_is_shown_and_in_what_unit(selection: dict[str, Any], said: str) -> None:
    page = unescape(html_report(replace(sample(), selection=Selection(site="mlp", **selection))))
    legends = re.findall('<p class="legend">(.*)</p>', page)
    assert len(legends) == 3
    for name, legend in zip(("tulip", "violent"), (legends[0], legends[2]), strict=True):
        assert legend.startswith(
            f"In 3 texts each token is shaded by how active the 200 neurons of {name} are at it"
            f" (mlp, the suite's own setting): {said}. "
        )
    assert legends[1] == "No tokens are shaded: the model is in two parts."
    assert page.count('<p class="scale shaded">') == 2


def test_pieces_are_shown_to_the_letter_and_obey_nobody() -> None:
    page = html_report(sample())
    section = page.partition('id="concept-violent"')[2].partition("</ol>")[0]
    shaded = re.findall(r'<p class="(?:prompt|written) shaded" dir="auto">(.*?)</p>', section, re.DOTALL)
    assert len(shaded) == 6
    texts = [unescape(re.sub("<[^>]*>", "", one)) for one in shaded]
    for text in tokens("violent").texts:
        assert any(visible(text.prompt) == one.removesuffix(" ∎").strip() for one in texts)
    assert {tag for one in shaded for tag in re.findall("<(/?[a-z]+)", one)} <= {"span", "/span", "mark", "/mark"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shaded[0]
    assert HOSTILE[0] not in page


def test_what_has_no_room_is_told_and_what_is_of_another_version_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shading, "SHADED", 3 * 2 * len(tokens("tulip").texts[0].pieces))
    views = tokens_views(sample())
    assert (views["tulip"].shown, views["tulip"].unshown) == (2, 1)
    assert "1 more text read so has no room here" in html_report(sample())
    other = replace(sample(), tokens=TokensRecord(TOKENS_VERSION + 1, (tokens("tulip"),)))
    assert tokens_views(other) == {}
    assert html_report(other) == html_report(replace(sample(), tokens=None))
    assert 'class="legend"' not in html_report(other)


def test_a_prompt_that_is_read_alone_is_shaded_and_told() -> None:
    made = sample()
    prompt = "Prompt 1 about tulip, in the words of someone who"
    text = TokenText(prompt, 0, ("Prompt 1 about", " tulip", prompt[20:]), 3, (None, 7.0, 0.5))
    concept = replace(made.concepts[0], continuations=())
    page = html_report(record(ConceptTokens("tulip", (text,), 3), concepts=(concept,)))
    assert '<mark class="p4" title="7"> tulip</mark>' in page
    assert "Most active at “<bdi>tulip</bdi>” (7), “<bdi>, in the words" in page


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_numbers_have_three_digits_and_no_power_of_ten(value: float) -> None:
    said = number(value)
    assert "-" not in said
    if abs(value) >= 1e-4 or value == 0:
        assert "e" not in said
    assert float(said.replace("−", "-").replace(",", "")) == pytest.approx(value, rel=0.005)


def test_steps_are_as_many_on_both_sides() -> None:
    assert Shade("", f"p{shading.STEPS}").strong
    assert [shading._css(step) for step in (-4, -1, 0, 1, 4)] == ["n4", "n1", "", "p1", "p4"]
