"""How large a page gets, and what it leaves out to stay so."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, cycle
from pathlib import Path
from random import Random

import pytest

from neurontest.report.html import html_report, whole
from neurontest.report.html.claims import claim_views
from neurontest.report.html.concepts import LETTERS, concept_views
from neurontest.report.record import load_record
from neurontest.types import (
    TOKENS_VERSION,
    Comparison,
    ConceptRecord,
    ConceptTokens,
    Continuation,
    Estimate,
    Interval,
    Neuron,
    NeuronSet,
    OverlapMatrix,
    Record,
    ReferenceRecord,
    TokensRecord,
    TokenText,
)

from ..sample import CLAIMS, sample

REFERENCE = Path(__file__).parents[3] / "reports" / "reference" / "smollm2-135m" / "record.json"
NAMES = tuple(f"concept-{number}" for number in range(200))


def concept(name: str, dice: Random, letters: int) -> ConceptRecord:
    prompts = tuple(f"Prompt {number} about {name}, in the words of someone who saw it" for number in range(20))
    texts = tuple(
        Continuation(
            prompt, sample, (f" {name} was there & so were we <i>;" * 20)[:letters], 40, ended=False, near_boundary=0
        )
        for prompt in prompts
        for sample in range(4)
    )
    sets = tuple(
        NeuronSet(name, "residual", where, how, "mean", 200, "neuron", 20, neurons)
        for where in ("last", "generated")
        for how in ("raw", "difference")
        for neurons in [
            tuple(
                Neuron(rank, dice.randrange(30), dice.randrange(576), 9 / rank, 20 - rank // 11, 1 - rank / 220)
                for rank in range(1, 201)
            )
        ]
    )
    return ConceptRecord(name, prompts, None, texts, sets)


def read(name: str, texts: int = 20) -> ConceptTokens:
    """Texts token by token, one a prompt, all of them shaded."""
    pieces = tuple(f" {word}" for word in (f"Prompt about {name} and what " * 15).split())
    activity = tuple(float(at % 9 - 4) for at in range(len(pieces)))
    prompts = [f"Prompt {number} about {name}, in the words of someone who saw it" for number in range(texts)]
    return ConceptTokens(name, tuple(TokenText(prompt, 0, pieces, 15, activity) for prompt in prompts), 10)


@pytest.fixture(scope="module")
def large() -> Record:
    dice = Random(1)  # noqa: S311
    counts = tuple(tuple(float(dice.randrange(60)) for _ in NAMES) for _ in NAMES)
    overlaps = tuple(
        OverlapMatrix({"site": "residual", "select": "consistency", "k": 10 + at}, "raw", "last", NAMES, counts)
        for at in range(3)
    )
    every = replace(CLAIMS[4], terms={"concepts": NAMES}, sentence=f"{', '.join(NAMES)} have distinct neurons")
    assert every.evidence is not None
    pairs = tuple(
        Estimate(f"{a} and {b}, within minus between", 3.0, interval=Interval(1.0, 5.0, 0.95, "half-sample t"))
        for a, b in combinations(NAMES, 2)
    )
    every = replace(every, evidence=replace(every.evidence, details=pairs))
    return replace(
        sample(),
        claims=(*CLAIMS, every),
        concepts=tuple(concept(name, dice, 240) for name in NAMES),
        overlaps=overlaps,
        tokens=TokensRecord(TOKENS_VERSION, tuple(map(read, NAMES))),
    )


def test_the_shipped_record_s_page_is_under_a_megabyte() -> None:
    # As a run of it is drawn, three texts of each concept token by token: a reference keeps none of these.
    record = load_record(REFERENCE)
    names = [one.name for one in record.concepts if one.continuations]
    tokens = TokensRecord(TOKENS_VERSION, tuple(read(name, 3) for name in names))
    page = html_report(replace(record, tokens=tokens))
    assert len(names) >= 4
    assert len(page.encode()) < 1_000_000


def test_two_hundred_concepts_of_twenty_prompts_are_under_ten_megabytes_and_say_what_is_left_out(
    large: Record,
) -> None:
    page = html_report(large)
    assert 2_000_000 < len(page.encode()) < 10_000_000
    assert "texts of 80 are not shown: all are in <code>record.json</code>" in page
    assert "more: <code>neurontest report record.json --csv</code> writes all" in page
    assert "and 19,800 more, all in" in page
    assert "18 more texts read so have no room here" in page
    for name in NAMES:
        assert f'id="concept-{name}"' in page


def test_of_many_claims_each_is_there_and_the_page_is_no_larger_than_twelve_kilobytes_a_claim() -> None:
    record = load_record(REFERENCE)
    claims = tuple(replace(claim, id=f"{claim.id}-{at}") for at in range(12) for claim in record.claims)
    page = html_report(replace(record, claims=claims, concepts=()))
    assert len(claims) > 200
    assert len(page.encode()) < 12_000 * len(claims)
    assert page.count('<article class="claim"') == len(claims)
    assert 'class="null"' not in page
    assert "Of more than 200 claims each has its effect drawn" in page


def of_many(count: int, **said: object) -> Record:
    record = load_record(REFERENCE)
    claims = tuple(
        replace(claim, id=f"{claim.id}-{at}", **said)  # type: ignore[arg-type]
        for at, claim in zip(range(count), cycle(record.claims), strict=False)
    )
    return replace(record, claims=claims, concepts=(), overlaps=())


def test_ten_thousand_claims_make_a_page_that_a_browser_opens() -> None:
    page = html_report(of_many(800))
    lines = re.findall(r'<tr[^>]* id=".*?</tr>\n', page, flags=re.DOTALL)
    assert len(lines) == 800 - whole.TOLD
    light = len("".join(lines).encode())
    assert len(page.encode()) - light + light / len(lines) * (10_000 - whole.TOLD) < 15_000_000


def test_what_fails_is_told_whole_before_what_does_not_hold_and_what_holds() -> None:
    record = of_many(700, outcome="passed")
    failed = replace(record.claims[-1], id="fails", outcome="failed")
    record = replace(record, claims=(*record.claims[:-1], failed))
    page = html_report(record)
    views = claim_views(record)
    told = whole.told(record, views)
    assert page.count('<article class="claim"') == len(told) == whole.TOLD
    assert 700 in told
    open_ = [view.number for view in views if view.counted in ("inconclusive", "refuted", "vacuous")]
    assert 0 < len(open_) < whole.TOLD
    assert set(open_) <= told
    hold = [view.number for view in views if view.counted == "holds" and view.number != 700]
    assert [number in told for number in hold] == sorted((number in told for number in hold), reverse=True)
    assert "Told whole are 500 of 700 claims" in page
    assert "<code>claims.csv</code>" in page
    # Every anchor is there once, and every link within the page leads somewhere.
    for view in views:
        assert page.count(f'id="{view.anchor}"') == 1
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(re.findall(r' id="([^"]*)"', page))


def test_since_a_reference_what_is_worst_is_listed_and_the_rest_counted() -> None:
    record = of_many(700, against=Comparison("preserved"))
    claims = (*record.claims[:-1], replace(record.claims[-1], id="gone", against=Comparison("lost", "none is left")))
    reference = ReferenceRecord("base", "smollm2-135m", "", "", "same", "50%", ("weakened", "lost"))
    page = html_report(replace(record, claims=claims, against=reference))
    listed = page[page.index('class="overview since"') :]
    listed = listed[: listed.index("</table>")]
    assert listed.count("<tr>") == whole.TOLD + 1
    assert listed.index("none is left") < listed.index("preserved")
    assert "200 more are in <code>record.json</code>: 200 preserved." in page


def test_of_every_prompt_one_text_is_shown_before_a_second_of_any(large: Record) -> None:
    (view, *_) = concept_views(large)
    shown = [len(texts) for _, _, texts in view.texts]
    assert view.unshown == 80 - sum(shown) > 0
    assert max(shown) - min(shown) <= 1
    letters = sum(len(one.text) for view in concept_views(large) for *_, texts in view.texts for one in texts)
    assert letters <= LETTERS


def test_a_small_record_is_shown_whole() -> None:
    views = concept_views(sample())
    assert [view.unshown for view in views] == [0] * len(views)
    assert min(view.listed for view in views) >= 200
