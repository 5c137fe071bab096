"""The report in a real browser: the only judge of layout, colours and what is loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from neurontest.report.files import write_reports

from .drifting import DEEPER, MOVED, STILL, drifting
from .sample import CLAIMS, HOSTILE, sample
from .visiting import DESKTOP, MARKS, PHONE, Visit

if TYPE_CHECKING:
    from playwright import sync_api

pytestmark = MARKS


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    record = sample()
    # One concept with long tables shows as much as four, in a quarter of the time.
    concepts = (record.concepts[0], *(replace(concept, sets=concept.sets[:4]) for concept in record.concepts[1:]))
    return write_reports(replace(record, concepts=concepts), tmp_path_factory.mktemp("reports"))[1].as_uri()


@pytest.fixture(scope="module")
def visit(browser: sync_api.Browser, address: str) -> Visit:
    # A context is a window, and a window is most of the cost: one for all tests.
    return Visit(browser.new_context(offline=True), address)


@pytest.fixture(scope="module")
def since(browser: sync_api.Browser, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    record = replace(drifting(MOVED, STILL, DEEPER), concepts=(), claims=CLAIMS[:1])
    address = write_reports(record, tmp_path_factory.mktemp("since"))[1].as_uri()
    return Visit(browser.new_context(offline=True), address)


def test_it_reads_without_scripts_network_or_complaint(browser: sync_api.Browser, address: str) -> None:
    visit = Visit(browser.new_context(offline=True, java_script_enabled=False), address)
    page = visit.open()
    assert page.locator("h1", has_text="concept_specs").is_visible()
    for name in ("Verdicts", "Claims", "Overlaps", "Concepts", "The run"):
        assert page.locator("h2", has_text=name).is_visible()
    overview = page.locator("table.overview")
    assert overview.locator("tbody tr:not(.family)").count() == len(CLAIMS)
    for word in ("✓ holds", "✗ refuted", "? inconclusive (expected)", "– skipped", "○ not evaluated", "! error"):
        assert overview.get_by_text(word, exact=True).first.is_visible()
    assert visit.complaints == []
    assert [url for url in visit.requests if url.startswith("http")] == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_sticks_out_and_nothing_hostile_runs(visit: Visit, size: tuple[int, int]) -> None:
    page = visit.open(size)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    page.add_style_tag(content=".claim, .concept { content-visibility: visible !important }")
    wide = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.tagName + '.' + e.getAttribute('class') + ' ' + e.textContent.slice(0, 40))"""
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.get_by_text(HOSTILE[0], exact=True).first.is_visible()
    # The policy of the page forbids styles from elsewhere, not this one; alerts would show as dialogs.
    assert visit.complaints == []


def test_on_a_phone_the_name_of_an_effect_has_room_beside_a_long_value(
    browser: sync_api.Browser, tmp_path: Path
) -> None:
    assert CLAIMS[0].evidence is not None
    found = CLAIMS[0].evidence.effect
    assert found.interval is not None
    interval = replace(found.interval, low=-0.0006, high=0.0081)
    effect = replace(found, name="extra loss", unit="nats a token", value=0.0038, interval=interval)
    record = replace(
        sample(), claims=(replace(CLAIMS[0], evidence=replace(CLAIMS[0].evidence, effect=effect, details=())),)
    )
    page = Visit(browser.new_context(offline=True), write_reports(record, tmp_path)[1].as_uri()).open(PHONE)
    name = page.locator(".effect .name")
    assert name.text_content() == "extra loss"
    assert name.evaluate("e => e.getBoundingClientRect().width") > 100


@pytest.mark.parametrize(("width", "media"), [(1280, "screen"), (760, "screen"), (705, "screen"), (720, "print")])
def test_a_verdict_keeps_to_its_cell_and_breaks_no_word(
    visit: Visit, width: int, media: Literal["screen", "print"]
) -> None:
    page = visit.open((width, 900))
    page.emulate_media(media=media)
    beyond = page.evaluate(
        """() => [...document.querySelectorAll('table.overview td > .verdict')]
            .filter(e => e.getBoundingClientRect().right > e.parentElement.getBoundingClientRect().right)
            .map(e => e.textContent.trim())"""
    )
    assert beyond == []
    word = page.locator("table.overview .verdict", has_text="inconclusive (expected)").first
    # Two words, and so no more than two lines.
    assert word.evaluate("e => e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight)") < 2.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1200, 900), PHONE], ids=["desktop", "phone"])
def test_neurons_and_texts_since_a_reference(
    since: Visit, size: tuple[int, int], scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    page = since.open(size, scheme)
    section = page.locator("#drift")
    assert section.locator("h2").is_visible()
    # The setting that moved lies open: each number of it can be read.
    assert section.get_by_text("+3.9 [3.3, 4.5]").is_visible()
    assert section.get_by_text("4.2 [3.6, 4.8]").first.is_visible()
    assert not section.locator("table.moves").first.is_visible()
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert section.locator("table.moves").first.is_visible()
    texts = page.locator("#texts-since")
    assert texts.get_by_text("They were not", exact=False).first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    then, now = (texts.locator(".then-now").first.locator("> div").nth(at).bounding_box() for at in (0, 1))
    assert then is not None
    assert now is not None
    assert (then["y"] == now["y"]) == (size != PHONE)
    wide = page.evaluate(
        """() => [...document.querySelectorAll('#drift *, #texts-since *')]
            .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.tagName + ' ' + e.textContent.slice(0, 40))"""
    )
    assert wide == []
    assert page.evaluate(CONTRAST.replace("#verdicts", "#drift")) >= 4.5
    assert len(section.screenshot(path=tmp_path / "drift.png")) > 20_000
    assert since.complaints == []


def test_details_open_with_a_click(visit: Visit) -> None:
    page = visit.open()
    concept = page.locator("details.concept").first
    assert not concept.locator("table.neurons").first.is_visible()
    concept.locator("summary").first.click()
    assert concept.locator("table.neurons").first.is_visible()


def background(visit: Visit) -> tuple[int, ...]:
    colour: str = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    return tuple(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))


# The contrast of WCAG 2, of the least legible text against the page. What is not laid out yet is left out: asking for
# its style lays it out, piece by piece.
CONTRAST = """() => {
  const linear = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  return Math.min(...[...document.querySelectorAll('.masthead *, #verdicts :not(svg, svg *)')].map(e => {
    const ink = light(getComputedStyle(e).color);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  }));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_colour_schemes_are_legible(visit: Visit, scheme: Literal["light", "dark"], tmp_path: Path) -> None:
    page = visit.open(scheme=scheme)
    assert (sum(background(visit)) < 3 * 128) == (scheme == "dark")
    assert page.evaluate(CONTRAST) >= 4.5
    picture = page.screenshot(path=tmp_path / "report.png")
    # A blank page of this size compresses to a few kB.
    assert len(picture) > 20_000


def test_on_paper_it_is_black_on_white(visit: Visit) -> None:
    page = visit.open(scheme="dark")
    page.emulate_media(media="print")
    assert background(visit) == (255, 255, 255)
    assert not page.locator("nav").is_visible()
