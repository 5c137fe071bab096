"""How large a page gets, and what it leaves out to stay so."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from neurontest.report.html import html_report
from neurontest.report.html.concepts import LETTERS, concept_views
from neurontest.report.record import load_record
from neurontest.types import ConceptRecord, Continuation, Estimate, Interval, Neuron, NeuronSet, OverlapMatrix, Record

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
        sample(), claims=(*CLAIMS, every), concepts=tuple(concept(name, dice, 240) for name in NAMES), overlaps=overlaps
    )


def test_the_shipped_record_s_page_is_under_a_megabyte() -> None:
    assert len(html_report(load_record(REFERENCE)).encode()) < 1_000_000


def test_two_hundred_concepts_of_twenty_prompts_are_under_ten_megabytes_and_say_what_is_left_out(
    large: Record,
) -> None:
    page = html_report(large)
    assert 2_000_000 < len(page.encode()) < 10_000_000
    assert "texts of 80 are not shown: all are in <code>record.json</code>" in page
    assert "more: <code>neurontest report record.json --csv</code> writes all" in page
    assert "and 19,800 more, all in" in page
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
