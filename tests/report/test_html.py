from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from syrupy.assertion import SnapshotAssertion

from neurontest.report.files import write_reports
from neurontest.report.html import html_report
from neurontest.report.html.again import anchors
from neurontest.report.record import load_record
from neurontest.types import ConceptRecord, NearCopies, PublishedNeuron, Record, TraceRecord, Vacuity
from neurontest.untrusted import visible

from .sample import CLAIMS, CONCEPTS, HOSTILE, sample
from .strategies import anything

VOID = {"meta", "link", "br", "img", "input", "hr"}
ALLOWED = {
    *(
        "html",
        "head",
        "meta",
        "link",
        "title",
        "style",
        "body",
        "header",
        "main",
        "footer",
        "nav",
        "section",
        "article",
    ),
    *(
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "a",
        "b",
        "br",
        "code",
        "pre",
        "time",
        "span",
        "mark",
        "bdi",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "div",
    ),
    *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "details", "summary"),
    *("svg", "g", "line", "circle", "rect", "path", "text"),
    *("form", "label", "select", "option", "input", "button", "output", "script"),
}


class Page(HTMLParser):
    """The tags, attributes and texts of a page; fails on tags that do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.outline: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))
            if self.open[-1] in ("h1", "h2", "h3", "h4") and data.strip():
                self.outline.append(f"{self.open[-1]} {data.strip()}")


@pytest.fixture(scope="module")
def html() -> str:
    return html_report(sample())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_outline(page: Page, snapshot: SnapshotAssertion) -> None:
    assert page.outline == snapshot


def test_the_seed_of_the_tests_is_not_taken_for_that_of_the_texts(html: str) -> None:
    assert html.count("<dt>seed</dt>") == html.count("<dt>statistics seed</dt>") == 1


def test_a_search_is_held_against_what_it_had_to_reach_and_no_null_value() -> None:
    record = sample()
    (claim, *_) = (one for one in record.claims if one.evidence is not None)
    for kind, said in ((claim.kind, "Dashed: the null hypothesis, "), ("specific_any", "had to reach, ")):
        drawn = html_report(replace(record, claims=(replace(claim, kind=kind),)))
        assert [text.count(said) for text in re.findall("<figcaption>(.*?)</figcaption>", drawn)][:1] == [1]


def test_hostile_text_makes_no_tag_and_no_attribute(page: Page) -> None:
    assert page.tags <= ALLOWED
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert {value for _, name, value in page.attributes if name == "href"} <= {
        "data:,",
        *(f"#{name}" for name in ("verdicts", "claims", "effects", "overlaps", "depth", "concepts", "run")),
        *(f"#{anchor}" for anchor in anchors(CLAIMS)),
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_to_the_letter(page: Page, text: str) -> None:
    # The parser gives a text in pieces where a character reference stands in it.
    prompts = "".join(data for tag, data in page.texts if tag == "p")
    assert prompts.count(visible(text)) >= 2


def test_no_control_character_is_left(html: str) -> None:
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", html) == []


def test_nothing_is_loaded_from_anywhere(html: str, page: Page) -> None:
    assert not [
        value for _, name, value in page.attributes if name in ("src", "srcset", "data", "action", "xlink:href")
    ]
    style = "".join(data for tag, data in page.texts if tag == "style")
    assert "url(" not in style
    assert "@import" not in style
    script = "".join(data for tag, data in page.texts if tag == "script")
    own = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{own}'; style-src 'unsafe-inline'; img-src data:"
    assert ("meta", "content", policy) in page.attributes
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import|eval|innerHTML|localStorage)\b", script)


def test_no_element_has_a_style_of_its_own(page: Page) -> None:
    assert not [tag for tag, name, _ in page.attributes if name == "style"]


def test_every_figure_has_a_title_and_a_role(html: str) -> None:
    figures = re.findall(r"<svg class=[^>]*>\s*<title>[^<]+</title>", html)
    assert len(figures) == html.count('role="img"') > 20
    assert html.count("<svg class=") == len(figures)


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for _, name, value in page.attributes if name == "href" and value[0] == "#"} <= set(ids)


def test_every_claim_is_told_with_its_verdict_and_numbers(page: Page) -> None:
    said = " ".join(" ".join(data.split()) for _, data in page.texts)
    for claim in CLAIMS:
        assert said.count(claim.sentence) >= 2
        assert f"{claim.where.file}:{claim.where.line}" in said
    for words in (
        "+30 neurons [12, 48]  m = 12",
        "+1.1 neurons [−0.4, 2.7]  m = 12",
        "71% [64%, 78%]",
        "9,214, of which 10 reach the observed statistic",
        "all 20,000, of which 1 reach the observed statistic",
        "2.2 neurons with 24 prompts a concept, 1.5 with 48, 1.1 with 96 (power 0.8)",
        "a retest that includes these prompts errs up to .09 where alpha says .05; declare looks",
        "Expected not to hold: ten neurons are too few to show it on this model: p = 0.21 over 6 claims.",
        "Skipped by the spec: nobody knows what to expect.",
        "No verdict: the activations of layer 12 are not finite for the prompt '<b>tulips</b>␛[2J'; use float32.",
        "Evaluated with its family, but not selected in this run.",
        "Not evaluated: its family was not run.",
        "< 0.001 that the opposite holds after Holm over 4 claims, needs 0.05",
        "or smaller, the evidence for the opposite.",
        "borderline: Monte-Carlo error leaves open on which side it lies",
        "Measured coverage 0.885 to 0.99.",
        "2 of 10 neurons of hanoi were placed by a tie.",
        "tulip has fewer prompts than the other concepts",
        "544 texts, 21,483 tokens in 61 s; 2 draws within rounding of a boundary",
    ):
        assert words in said


def test_claims_that_also_hold_where_concepts_mean_nothing_are_counted() -> None:
    record = sample()
    dealt, twin = "also hold with prompts dealt to the concepts at random", "also hold on a twin of the model"
    page = html_report(replace(record, claims=(replace(CLAIMS[0], salmon=0.001), CLAIMS[0])))
    assert f"{twin} with random weights (vacuous): 1." in page
    assert dealt not in page
    declared = Vacuity(12, 9, vacuous=True)
    page = html_report(replace(record, claims=(replace(CLAIMS[0], vacuity=declared), CLAIMS[0])))
    assert f"{dealt} (vacuous): 1." in page
    assert twin not in page
    assert "Vacuous.</b> It is declared in 9 of 12 worlds in which prompts were dealt to concepts at random" in page
    assert "(rate above 10%, sequential error &lt;= .05)" in page


def test_what_so_many_worlds_do_not_tell_is_said() -> None:
    open_still, cleared = Vacuity(100, 9, vacuous=False), Vacuity(46, 0, vacuous=False, cleared=True)
    pages = [html_report(replace(sample(), claims=(replace(CLAIMS[0], vacuity=one),))) for one in (open_still, cleared)]
    said = "declared in 9 of 100 worlds in which prompts were dealt to concepts at random, which does not tell"
    assert said in pages[0]
    assert "prompts were dealt" not in pages[1]


def test_the_tables_of_the_write_up_are_there(html: str) -> None:
    sets = len(CONCEPTS) * 6
    assert html.count('<th scope="col">Occurrences</th>') == sets
    first = sample().concepts[0].sets[0].neurons[0]
    cells = (1, first.layer, first.index, first.occurrences, f"{100 * first.share:.2f}")
    assert "".join(f"<td>{cell}</td>" for cell in cells) in html
    assert "† placed by layer and index among exact equals" in html


def test_matrices_stand_raw_beside_normalized_and_last_above_generated(page: Page) -> None:
    titles = [line for line in page.outline if line.startswith(("h4 Raw", "h4 Normalized"))]
    assert titles[:4] == [
        "h4 Raw, last token",
        "h4 Normalized, last token",
        "h4 Raw, generated tokens",
        "h4 Normalized, generated tokens",
    ]


def test_the_same_record_gives_the_same_page_and_a_small_one(html: str) -> None:
    assert html_report(sample()) == html
    assert len(html.encode()) < 1_000_000


def test_an_empty_record_makes_a_page() -> None:
    empty = replace(sample(), claims=(), families=(), concepts=(), overlaps=(), created="some day")
    page = Page(html_report(empty))
    assert [line for line in page.outline if line.startswith("h2")] == ["h2 Verdicts", "h2 The run"]
    assert ("time", "some day") in page.texts


@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(anything(Record))
def test_any_record_makes_a_page(record: Record) -> None:
    assert Page(html_report(record)).tags <= ALLOWED


def test_of_given_texts_only_what_decides_them_is_told() -> None:
    record = sample()
    given = replace(record.generation, replay="live/record.json")
    claims = tuple(replace(claim, generation=given) for claim in record.claims)
    page = html_report(replace(record, generation=given, claims=claims))
    written = html_report(record)
    for name, value in (("max new tokens", 40), ("temperature", 0.9), ("samples", given.samples)):
        for shown in (f"<dt>{name}</dt>", f"{name} <b>{value}</b>"):
            assert shown in written
            assert shown not in page
    assert "<dt>replay</dt><dd>live/record.json</dd>" in page
    assert "<dt>replay</dt>" not in written


def test_the_files_of_a_run(tmp_path: Path, html: str) -> None:
    paths = write_reports(sample(), tmp_path / "latest")
    badges = [f"badges/{name}.{end}" for name in ("geography", "writeup", "sub-later") for end in ("svg", "json")]
    names = ["record.json", "report.html", "junit.xml", "summary.md", "badge.svg", "badge.json", *badges]
    assert [path.relative_to(tmp_path / "latest").as_posix() for path in paths] == names
    assert load_record(paths[0]) == sample()
    assert html_report(load_record(paths[0])) == html == paths[1].read_bytes().decode()
    assert paths[2].read_text(encoding="utf-8").startswith('<?xml version="1.0" encoding="utf-8"?>\n<testsuites ')
    assert {path for path in (tmp_path / "latest").rglob("*") if path.is_file()} == set(paths)


def test_a_record_from_elsewhere_names_no_other_folder(tmp_path: Path) -> None:
    families = ("../../out.yaml", "a/b.yaml", "a-b.yaml", "...", "c:\\d.yml")
    claims = tuple(replace(sample().claims[0], family=family) for family in families)
    paths = write_reports(replace(sample(), claims=claims), tmp_path / "latest", "specs")
    assert len(set(paths)) == len(paths)
    assert all(path.resolve().is_relative_to(tmp_path / "latest") for path in paths)
    names = {path.name for path in paths if path.parent.name == "badges" and path.suffix == ".svg"}
    assert names == {"out.svg", "a-b.svg", "a-b-2.svg", "file.svg", "c-d.svg"}
    assert paths[-1].name == "claims.sarif"


def test_a_published_set_is_marked_and_drawn_as_the_write_up_does() -> None:
    neurons = (PublishedNeuron(11, 365, 7), PublishedNeuron(10, 756))
    paper = ConceptRecord("paper", (), None, (), (), published=neurons, site="residual", out_of=10)
    html = html_report(replace(sample(), concepts=(paper,)))
    assert "published set of 2 neurons, not traced" in html
    assert "<td>1</td><td>11</td><td>365</td><td>7</td><td>70.00</td>" in html
    assert "<td>2</td><td>10</td><td>756</td><td>–</td><td>–</td>" in html
    assert 'title="L10.residual[756]"' in html
    assert "A published set is the same in every panel." in html
    assert "<h4>Prompts" not in html
    untold = html_report(replace(sample(), concepts=(replace(paper, out_of=None),)))
    assert "<td>365</td><td>7</td><td>–</td>" in untold


def test_a_neuron_of_attention_is_told_with_its_head() -> None:
    record = sample()
    concept = next(one for one in record.concepts if one.sets)
    layer, index = concept.sets[0].neurons[0].layer, concept.sets[0].neurons[0].index
    heads = replace(concept, sets=(replace(concept.sets[0], site="attention", head_size=8),))
    html = html_report(replace(record, concepts=(heads,)))
    assert f'title="L{layer}.attention[{index}], head {index // 8}, score' in html
    assert ", head " not in html_report(record)


def test_the_symbol_for_a_draw_near_a_boundary_is_explained_where_it_stands() -> None:
    record = sample()
    said = "≈ and a number: so many draws of the text were approximately equal to a boundary"
    marked = sum(any(one.near_boundary for one in concept.continuations) for concept in record.concepts)
    assert html_report(record).count(said) == marked > 0
    plain = replace(record.concepts[0], continuations=())
    assert "≈" not in html_report(replace(record, concepts=(plain,)))


def test_groups_are_told_with_their_prompts() -> None:
    grouped = ConceptRecord("rose", ("x", "y", "z"), None, (), (), groups=("t1", "t1", "(rose 3)"))
    html = html_report(replace(sample(), concepts=(grouped,)))
    assert "3 prompts in 2 groups" in html
    assert html.count("group t1</span>") == 2
    assert "(rose 3)" not in html


def test_what_ended_a_run_stands_first() -> None:
    page = html_report(replace(sample(), claims=(), errors=("specs/a.yaml:1:1: <b>no</b>",)))
    assert "<b>Error.</b> specs/a.yaml:1:1: &lt;b&gt;no&lt;/b&gt;" in page


def test_a_run_that_looked_at_nothing_says_so_and_no_more() -> None:
    """The model was not looked at, so that nothing is known of it, or of what the store had."""
    unknown = replace(sample().model, fingerprint="", dtype="", device="", attention="")
    bare = replace(sample(), claims=(), families=(), model=unknown, trace=TraceRecord(), errors=("a fault",))
    page = html_report(bare)
    assert "No claim was looked at: see the errors above." in page
    assert "nothing: the run ended before it looked at the model" in page
    assert "the store had everything" not in page
    assert "<dt>fingerprint</dt>" not in page
    assert f"about <b>{unknown.name}</b>, <time" in page
    assert '<table class="overview">' not in page
    known = html_report(replace(sample(), trace=TraceRecord()))
    assert "nothing: the store had everything" in known


def test_the_lines_that_mend_near_copies_keep_their_lines() -> None:
    evidence = CLAIMS[0].evidence
    assert evidence is not None
    copies = (NearCopies("two are one", '- {text: "<b>one", group: a-1}\n- {text: "two", group: a-1}'),)
    page = html_report(replace(sample(), claims=(replace(CLAIMS[0], evidence=replace(evidence, copies=copies)),)))
    assert (
        '<pre class="paste">- {text: &#34;&lt;b&gt;one&#34;, group: a-1}\n- {text: &#34;two&#34;, group: a-1}</pre>'
        in page
    )
