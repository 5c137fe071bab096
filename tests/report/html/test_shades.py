"""Shaded tokens in a real browser: colours, paper, and pages without styles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from neurontest.report.files import write_reports
from neurontest.report.html.tokens import number

from ..sample import sample, tokens
from ..visiting import DESKTOP, MARKS, PHONE, Visit

if TYPE_CHECKING:
    from playwright import sync_api

pytestmark = MARKS

#: Of each step that is on the page: how far its background is from the paper, and how legible letters are on it.
STEPS = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const linear = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const paper = numbers(getComputedStyle(document.body).backgroundColor);
  return Object.fromEntries([...document.querySelectorAll('.written.shaded [title]:not(.mark)')].map(e => {
    const style = getComputedStyle(e), back = numbers(style.backgroundColor), ink = numbers(style.color);
    const [high, low] = [light(ink), light(back)].sort((a, b) => b - a);
    return [e.className, {
      far: Math.hypot(...back.map((c, at) => c - paper[at])), warm: back[0] > back[2],
      contrast: (high + 0.05) / (low + 0.05), dotted: style.borderBottomStyle === 'dotted',
    }];
  }));
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    record = sample()
    tulip, _, _, violent, *_ = (replace(one, sets=()) for one in record.concepts)
    small = replace(record, claims=record.claims[:1], concepts=(tulip, violent), overlaps=())
    return write_reports(small, tmp_path_factory.mktemp("shades"))[1].as_uri()


@pytest.fixture(scope="module")
def visit(browser: sync_api.Browser, address: str) -> Visit:
    return Visit(browser.new_context(offline=True, java_script_enabled=True), address)


def opened(visit: Visit, size: tuple[int, int] = DESKTOP, scheme: Literal["light", "dark"] = "light") -> Any:
    page = visit.open(size, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    return page


@pytest.mark.parametrize("medium", ["screen", "print"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_steps_grow_away_from_the_paper_in_two_hues_and_stay_legible(
    visit: Visit, scheme: Literal["light", "dark"], medium: Literal["screen", "print"]
) -> None:
    page = opened(visit, scheme=scheme)
    page.emulate_media(media=medium, color_scheme=scheme)
    found: dict[str, dict[str, Any]] = page.evaluate(STEPS)
    assert set(found) == {f"{sign}{step}" for sign in "pn" for step in range(1, 5)}
    for sign in "pn":
        far = [found[f"{sign}{step}"]["far"] for step in range(1, 5)]
        assert all(b > a + 10 for a, b in zip([0.0, *far], far, strict=False)), (sign, far)
        for step in range(1, 5):
            one = found[f"{sign}{step}"]
            assert one["contrast"] >= 4.5
            assert one["warm"] == (sign == "p")
            # Who sees no colours, or prints none, sees the sign all the same.
            assert one["dotted"] == (sign == "n")
    exact = page.evaluate("getComputedStyle(document.querySelector('.written.shaded .p3')).printColorAdjust")
    assert exact == ("exact" if medium == "print" else "economy")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_legend_and_the_numbers_fit_and_are_seen(visit: Visit, size: tuple[int, int]) -> None:
    page = opened(visit, size)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.locator(".legend").first.is_visible()
    assert page.locator(".scale").first.locator(".step").count() == 9
    text = tokens("tulip").texts[0]
    best = max(value for value in text.activity if value is not None)
    assert page.locator(".told").first.text_content().startswith("Most active at “")
    assert f"({number(best)})" in page.locator(".told").first.text_content()
    # What is read aloud, and copied, is the text as it is.
    assert page.locator(".prompt.shaded").first.inner_text() == text.prompt
    shaded = page.locator(".written.shaded").first.text_content()
    assert "".join(text.pieces[text.own :]) == shaded.removesuffix(" ∎").removesuffix(" ≈1")
    assert visit.complaints == []


def test_without_scripts_and_styles_the_most_active_are_marked_and_told(
    browser: sync_api.Browser, address: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    visit = Visit(context, "http://jenkins.test/report.html")
    body = Path(address.removeprefix("file://")).read_text(encoding="utf-8")
    policy = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
    context.route(
        "**/*",
        lambda route: route.fulfill(
            body=body, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy}
        ),
    )
    page = visit.open()
    page.locator("#concept-tulip > summary").click()
    assert page.locator("#concept-tulip mark").first.is_visible()
    assert page.locator("#concept-tulip .told").first.is_visible()
    assert page.locator("#concept-tulip .legend").is_visible()
    assert page.locator("#concept-tulip .scale").inner_text().startswith("−")
    context.close()
