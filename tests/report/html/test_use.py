"""The page in use, in a real browser: what its script adds, and what is left without script and styles."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from xml.etree import ElementTree

import pytest

from neurontest.report.files import write_models, write_reports
from neurontest.report.html import html_report
from neurontest.report.html.again import anchors, command
from neurontest.report.html.whole import TOLD
from neurontest.types import Record, Vacuity

from ..drifting import DEEPER, MOVED, STILL, drifting
from ..sample import CLAIMS, HOSTILE, sample
from ..visiting import DESKTOP, MARKS, PHONE, Visit

if TYPE_CHECKING:
    from playwright import sync_api

pytestmark = MARKS

#: What Jenkins says of a page that a build has archived.
JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"


def small() -> Record:
    """Every verdict, vacuous too, and one concept with sets; its texts mean harm."""
    record = sample()
    vacuous = replace(CLAIMS[4], vacuity=Vacuity(12, 9, vacuous=True))
    concepts = (
        replace(record.concepts[0], sets=record.concepts[0].sets[:4]),
        *(replace(one, sets=one.sets[:2]) for one in record.concepts[1:]),
    )
    return replace(record, claims=(*CLAIMS[:4], vacuous, *CLAIMS[5:]), concepts=concepts)


RECORD = small()
ANCHORS = anchors(RECORD.claims)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_reports(RECORD, tmp_path_factory.mktemp("reports"))[1].as_uri()


@pytest.fixture(scope="module")
def visit(browser: sync_api.Browser, address: str) -> Visit:
    return Visit(browser.new_context(offline=True, accept_downloads=True), address)


@pytest.fixture(scope="module")
def models(browser: sync_api.Browser, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    other = replace(
        RECORD, model=replace(RECORD.model, name="another"), claims=(replace(CLAIMS[0], verdict="refuted"),)
    )
    address = write_models([RECORD, other], tmp_path_factory.mktemp("models"))[0].as_uri()
    return Visit(browser.new_context(offline=True), address)


def shown(page: sync_api.Page) -> list[str]:
    """Ids of the claims that the page shows, in its order; the table says the same."""
    table = page.locator("table.overview tr[data-n]:visible th a").evaluate_all(
        "all => all.map(one => decodeURIComponent(one.hash.slice(1)))"
    )
    articles = page.locator("article.claim:visible").evaluate_all("all => all.map(one => one.id)")
    assert sorted(table) == sorted(articles)
    return [str(one) for one in articles]


def test_claims_are_filtered_by_verdict_and_file_and_searched(visit: Visit) -> None:
    page = visit.open()
    said = page.locator("form.controls output")
    assert said.text_content() == f"{len(CLAIMS)} of {len(CLAIMS)} claims"
    assert shown(page) == list(ANCHORS)
    page.locator("[name=verdict]").select_option("refuted")
    assert shown(page) == ["writeup.raw-differs"]
    assert said.text_content() == f"1 of {len(CLAIMS)} claims"
    # A file of which nothing is left says nothing either.
    assert page.locator("tr.family:visible").count() == 1
    page.locator("[name=verdict]").select_option("vacuous")
    assert shown(page) == ["writeup.distinct"]
    page.locator("[name=verdict]").select_option("")
    page.locator("[name=file]").select_option("geography.yaml")
    assert len(shown(page)) == 4
    page.locator("[name=search]").fill("HANOI top-10")
    assert shown(page) == ["geography.hanoi-vietnam-top-10"]
    page.locator("[name=search]").fill("no such words")
    assert shown(page) == []
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("document.querySelectorAll('article.claim:not([hidden])').length > 1")
    assert shown(page) == list(ANCHORS)
    assert visit.complaints == []


def test_claims_are_sorted(visit: Visit) -> None:
    page = visit.open()
    page.locator("[name=sort]").select_option("p")
    adjusted = {
        anchor: claim.judgement.p_adjusted if claim.judgement else 2.0
        for anchor, claim in zip(ANCHORS, RECORD.claims, strict=True)
    }
    assert shown(page) == sorted(ANCHORS, key=adjusted.__getitem__)
    page.locator("[name=sort]").select_option("verdict")
    first = page.locator("article.claim").first
    assert first.get_attribute("data-verdict") == "error"
    page.locator("[name=sort]").select_option("written")
    assert shown(page) == list(ANCHORS)


def test_a_link_to_a_claim_leads_there_though_it_was_filtered_out(visit: Visit) -> None:
    page = visit.open()
    page.locator("[name=verdict]").select_option("refuted")
    page.evaluate("location.hash = '#geography.hanoi-vietnam'")
    page.wait_for_function("!document.getElementById('geography.hanoi-vietnam').hidden")
    box = page.locator("[id='geography.hanoi-vietnam'] h3").bounding_box()
    bar = page.locator("nav").bounding_box()
    assert box is not None
    assert bar is not None
    # The bar of sections stays in view, and hides nothing of what was linked to.
    assert bar["y"] == 0
    assert bar["height"] - 1 <= box["y"] < DESKTOP[1]


def test_the_line_of_a_spec_and_the_command_are_copied(browser: sync_api.Browser, address: str) -> None:
    context = browser.new_context(offline=True, permissions=["clipboard-read", "clipboard-write"])
    page = Visit(context, address).open()
    first = page.locator("article.claim").first
    for name, expected in (
        ("Copy the line of the spec", "- hanoi overlaps vietnam more than violent"),
        ("Copy the command", command(RECORD, CLAIMS[0])),
    ):
        button = first.get_by_role("button", name=name)
        button.click()
        button.filter(has_text="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == expected
    context.close()


@pytest.mark.parametrize("kind", ["effects", "forest", "panel", "depth", "key"])
def test_every_figure_is_saved_as_an_svg_of_its_own(visit: Visit, kind: str, tmp_path: Path) -> None:
    page = visit.open()
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    figure = page.locator({"key": ".key figure"}.get(kind, f"figure.{kind}")).first
    with page.expect_download() as waited:
        figure.get_by_role("button", name="Save as SVG").click()
    path = tmp_path / "figure.svg"
    waited.value.save_as(path)
    assert re.fullmatch(r"[\w.-]+\.svg", waited.value.suggested_filename)
    root = ElementTree.parse(path).getroot()  # noqa: S314
    names = [one.tag.rpartition("}")[2] for one in root.iter()]
    assert names.count("svg") >= 2
    assert {"rect", "text"} <= set(names)
    assert {"line", "path", "g"} & set(names)
    assert not {"script", "style", "foreignObject", "image"} & set(names)
    assert not [key for one in root.iter() for key in one.attrib if key == "class" or key.startswith("on")]
    # By itself it is as visible as in the page: no line is without colour.
    for one in root.iter("{http://www.w3.org/2000/svg}line"):
        assert one.get("stroke") or _inherited(root, one, "stroke")
    page.goto(path.as_uri())
    assert len(page.screenshot()) > 4_000


def _inherited(root: ElementTree.Element, one: ElementTree.Element, name: str) -> bool:
    parents = {child: parent for parent in root.iter() for child in parent}
    while one in parents:
        one = parents[one]
        if one.get(name):
            return True
    return False


def test_every_figure_has_its_button(visit: Visit) -> None:
    page = visit.open()
    assert page.evaluate(
        """[...document.querySelectorAll('figure')].filter(figure => figure.querySelector('svg'))
            .every(figure => figure.querySelectorAll(':scope > button').length === 1)"""
    )


def test_a_screenshot_of_the_whole_page_is_nowhere_blank(visit: Visit) -> None:
    page = visit.open()
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height - DESKTOP[1], DESKTOP[1]):
        area = {"x": 0, "y": top, "width": DESKTOP[0], "height": DESKTOP[1]}
        # Nothing but paper compresses to 4 kB.
        assert len(page.screenshot(full_page=True, clip=area)) > 12_000, top  # type: ignore[arg-type]


def test_where_scripts_and_styles_are_blocked_all_is_there_to_read(browser: sync_api.Browser, address: str) -> None:
    context = browser.new_context()
    visit = Visit(context, "http://jenkins.test/report.html")
    body = Path(address.removeprefix("file://")).read_text(encoding="utf-8")
    context.route(
        "**/*",
        lambda route: route.fulfill(
            body=body, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": JENKINS}
        ),
    )
    page = visit.open()
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).position") == "static"
    assert not page.locator("form.controls").is_visible()
    assert page.get_by_role("button").count() == 0
    for name in ("Verdicts", "Claims", "Effects", "Overlaps", "Depth", "Concepts", "The run"):
        assert page.locator("h2", has_text=name).is_visible()
    assert page.locator(".plain", has_text="Shown: of the 200 strongest neurons of hanoi, about 30 more").is_visible()
    assert page.get_by_text("pytest --concept-specs").first.is_visible()
    summary = page.locator("details.evidence summary").first
    facts = page.locator("details.evidence .facts").first
    assert not facts.is_visible()
    summary.click()
    assert facts.is_visible()
    # What is drawn has its colours from its own attributes.
    strokes = page.locator("svg line").evaluate_all(
        "all => new Set(all.map(e => getComputedStyle(e).stroke)).has('none')"
    )
    assert strokes is False
    fills = page.locator(".heatmap rect").evaluate_all("all => all.map(e => getComputedStyle(e).fill)")
    assert "rgb(0, 0, 0)" not in fills
    assert page.locator("details.concept").count() == len(RECORD.concepts)
    context.close()


def test_without_scripts_nothing_is_offered_that_does_nothing(browser: sync_api.Browser, address: str) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = Visit(context, address).open()
    assert not page.locator("form.controls").is_visible()
    assert page.get_by_role("button").count() == 0
    context.close()


def test_the_keyboard_reaches_everything(visit: Visit) -> None:
    page = visit.open()
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """(() => { const e = document.activeElement;
                    const seen = getComputedStyle(e).outlineStyle !== 'none';
                    return e.tagName + (e.name ? ' ' + e.name : '') + (seen ? '' : ' unseen'); })()"""
            )
        )
        if reached[-1].startswith("SUMMARY"):
            break
    assert {"A", "SELECT verdict", "SELECT file", "INPUT search", "SELECT sort", "BUTTON", "SUMMARY"} <= set(reached)
    assert not [one for one in reached if one.endswith("unseen")]
    facts = page.locator("details.evidence .facts").first
    assert not facts.is_visible()
    page.keyboard.press("Enter")
    assert facts.is_visible()


def test_on_paper_the_tests_are_open_and_no_control_is_printed(visit: Visit) -> None:
    page = visit.open()
    page.emulate_media(media="print")
    assert page.locator("details.evidence .facts").first.is_visible()
    assert not page.locator("form.controls").is_visible()
    assert not page.locator(".tool").first.is_visible()
    assert page.pdf().startswith(b"%PDF")


def test_claims_by_models_fit_a_phone_and_filter(models: Visit) -> None:
    page = models.open(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    page = models.open()
    assert page.locator("tr[data-n]:visible").count() == len(CLAIMS)
    page.locator("[name=verdict]").select_option("differs")
    assert page.locator("tr[data-n]:visible").count() == 1
    assert models.complaints == []
    page.locator("tr[data-n]:visible td a").last.click()
    assert page.locator("h1").text_content() == "concept_specs"
    assert page.url.endswith("another/report.html#geography.hanoi-vietnam")


@pytest.fixture(scope="module")
def axe() -> str:
    pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python (the extra 'test')")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def since(browser: sync_api.Browser, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    record = replace(drifting(MOVED, STILL, DEEPER), concepts=(), claims=CLAIMS[:1])
    address = write_reports(record, tmp_path_factory.mktemp("since"))[1].as_uri()
    return Visit(browser.new_context(offline=True), address)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("which", ["visit", "models", "since"])
def test_axe_finds_no_fault(
    which: str, size: tuple[int, int], scheme: Literal["light", "dark"], axe: str, request: pytest.FixtureRequest
) -> None:
    found: Visit = request.getfixturevalue(which)
    page = found.open(size, scheme)
    # Some of each kind: to look at every neuron of every table takes minutes.
    page.evaluate(
        """for (const what of ['evidence', 'concept', 'fold', 'settings'])
            [...document.querySelectorAll('details.' + what)].slice(0, 2).forEach(one => one.open = true)"""
    )
    page.evaluate(axe)
    faults: list[dict[str, Any]] = page.evaluate("axe.run(document).then(found => found.violations)")
    assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in faults] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hostile_texts_stay_texts_with_the_script_at_work(visit: Visit, scheme: Literal["light", "dark"]) -> None:
    page = visit.open(scheme=scheme)
    page.locator("[name=search]").fill("<script>")
    page.get_by_role("button", name="Reset").click()
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert page.get_by_text(HOSTILE[0], exact=True).first.is_visible()
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    assert visit.complaints == []


def test_a_claim_that_has_no_more_than_its_line_is_searched_sorted_and_linked_to(
    browser: sync_api.Browser, tmp_path: Path
) -> None:
    plain = replace(CLAIMS[0], evidence=None, judgement=None)
    claims = tuple(replace(plain, id=f"claim-{at}", outcome="passed") for at in range(TOLD))
    last = replace(plain, id="the-last", sentence="zebra is last", kind="distinct", tags=("rare",), outcome="passed")
    record = replace(RECORD, claims=(*claims, last), concepts=(), overlaps=())
    visit = Visit(browser.new_context(offline=True), write_reports(record, tmp_path)[1].as_uri())
    page = visit.open()
    said, rows = page.locator("form.controls output"), page.locator("table.overview tr[data-n]:visible")
    assert page.locator("article.claim").count() == TOLD
    for words in ("zebra", "the-last", "RARE", "distinct zebra"):
        page.get_by_label("Search").fill(words)
        assert said.text_content() == f"1 of {TOLD + 1} claims"
        assert rows.locator(".place").all_text_contents() == [f"{last.where.file}:{last.where.line}, the-last"]
    page.get_by_label("Search").fill("claim-7")
    anchor = anchors([last])[0]
    page.evaluate("hash => { location.hash = hash }", anchor)
    page.wait_for_function("id => !document.getElementById(id).hidden", arg=anchor)
    page.get_by_label("Sort").select_option("name")
    assert "zebra" in (rows.last.text_content() or "")
    assert visit.complaints == []


def test_one_button_opens_all_tests_and_shuts_them_again(visit: Visit) -> None:
    page = visit.open()
    folds = page.locator("details.evidence")
    button = page.get_by_role("button", name="Open all tests")
    for pressed in ("true", "false"):
        button.click()
        assert button.get_attribute("aria-pressed") == pressed
        assert folds.evaluate_all("all => all.map(one => one.open)") == [pressed == "true"] * folds.count()
    assert folds.count() > 1


def test_a_line_says_no_id_that_is_its_sentence_once_more(visit: Visit) -> None:
    page = visit.open()
    places = page.locator("table.overview .place").all_text_contents()
    assert "writeup.yaml:5, raw-differs" in places
    record = replace(RECORD, claims=(replace(CLAIMS[0], id="hanoi-overlaps-vietnam-more-than"),))
    assert "hanoi-overlaps" not in html_report(record).partition('class="place">')[2].partition("<")[0]


def test_a_record_without_a_day_has_no_loose_comma() -> None:
    assert "</code></p>\n</header>" in html_report(replace(RECORD, created=""))
