"""Prompts that say the same in nearly the same words, and those that do not."""

from __future__ import annotations

import time
from itertools import combinations
from pathlib import Path

import pytest

from neurontest.claims.wording import alike_in_words
from neurontest.spec.load import load_suite

ROOT = Path(__file__).parents[2]
#: Prompts of the shipped suite, and what somebody made of them who needed more.
WRITTEN = (
    "Hanoi is built around its lakes, and the best loved of them, Hoan Kiem, lies",
    "In 1010 the emperor Ly Thai To moved his court to the city now called Hanoi.",
    "What is the best time of year to visit Hanoi?",
    "At five in the morning the streets of Hanoi already smell of broth and charcoal, and",
    "Each lane in the Old Quarter of Hanoi was once named for the goods sold there:",
    "I grew up in a narrow tube house in Hanoi, where three generations shared",
)
SAID_AGAIN = (
    "Lakes are what Hanoi is built around, and Hoan Kiem, the best loved of them, lies",
    "The emperor Ly Thai To moved his court in 1010 to the city that is now called Hanoi.",
    "Which time of the year is the best for a visit to Hanoi?",
    "By five in the morning the streets of Hanoi smell already of charcoal and broth, and",
    "In the Old Quarter of Hanoi every lane was once named after the goods that were sold there:",
    "I grew up in Hanoi in a narrow tube house, in which three generations shared",
)
TOPICS = ("lakes", "food", "history", "weather", "streets", "people", "music", "temples", "schools", "markets")


def test_paraphrases_are_found() -> None:
    count = len(WRITTEN)
    assert alike_in_words(WRITTEN + SAID_AGAIN) == tuple((at, count + at) for at in range(count))
    assert alike_in_words(WRITTEN, SAID_AGAIN) == tuple((at, at) for at in range(count))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("The lakes of Hanoi.", "the Lakes of hanoi"),
        ("The lakes of Hanoi", "Hanoi's lake"),
        ("Tell me: what is a tulip?", "Tell me what a tulip is!"),
        ("tulip", "Tulips"),
        ("caf\u00e9 au lait", "cafe\u0301 au lait?"),
        ("河内の湖は美しい", "河内の湖は美しい。"),
    ],
)
def test_what_paraphrases_change_freely(a: str, b: str) -> None:
    assert alike_in_words((a, "something else", "a third thing", "yet another one", b)) == ((0, 4),)


@pytest.mark.parametrize(
    "prompts",
    [
        tuple(f"Tell me about Hanoi's {topic}" for topic in TOPICS),
        tuple(f"You are a guide. In three short sentences, please describe the {topic} of Hanoi." for topic in TOPICS),
        tuple(f"The {topic} of Hanoi in {when}" for topic in TOPICS for when in ("spring", "summer", "winter")),
        tuple(f"prompt {number}" for number in range(40)),
        tuple(
            f"{left} {sign} {right} =" for left in (1, 2, 3) for sign in "+-*" for right in (1, 2, 3) if left <= right
        ),
        ("河内の湖は美しい", "河内の寺は古い", "河内の市場は広い", "河内の料理は辛い"),
    ],
)
def test_a_template_with_another_word_is_no_copy(prompts: tuple[str, ...]) -> None:
    assert alike_in_words(prompts) == ()


def test_a_template_about_another_concept_is_no_copy() -> None:
    sides = [tuple(f"Tell me about the {topic} of {name}" for topic in TOPICS) for name in ("Hanoi", "tulips")]
    assert alike_in_words(*sides) == ()
    # With the concept's word it is.
    assert alike_in_words(sides[0], (*sides[1], sides[0][3])) == ((3, 10),)


@pytest.mark.parametrize("folder", ["concept_specs", "neurontest/starter", "tests/e2e/pilot"])
def test_prompts_that_were_written_apart_are_no_copies(folder: str) -> None:
    concepts = load_suite(ROOT / folder, pilot=True).concepts
    assert all(alike_in_words(concept.prompts) == () for concept in concepts.values())
    assert all(alike_in_words(a.prompts, b.prompts) == () for a, b in combinations(concepts.values(), 2))


def test_it_does_not_hang_on_the_order_of_a_list() -> None:
    prompts = WRITTEN + SAID_AGAIN
    back = {tuple(sorted((len(prompts) - 1 - i, len(prompts) - 1 - j))) for i, j in alike_in_words(prompts[::-1])}
    assert back == set(alike_in_words(prompts))


def test_long_lists_take_no_long_time() -> None:
    # All of them have most words in common, and no two are alike but the last with the first.
    prompts = tuple(f"a lake, number {at}, {'green' if at % 2 else 'blue'}" for at in range(20_000))
    begin = time.perf_counter()
    assert alike_in_words((*prompts, "Number 0: a blue lake")) == ((0, 20_000),)
    assert alike_in_words(prompts, ("A green lake, number 7",)) == ((7, 0),)
    assert len(alike_in_words((prompts[:1000] + prompts[:1000])[:2000])) == 1000
    assert time.perf_counter() - begin < 20
