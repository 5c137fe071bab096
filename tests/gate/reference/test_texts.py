"""Texts of two models, then and now."""

from __future__ import annotations

from neurontest.gate.reference.texts import SHOWN, by_way, rewritten
from neurontest.types import ConceptRecord, Continuation, Generation, TextsRecord


def concept(name: str, texts: dict[tuple[str, int], str]) -> ConceptRecord:
    written = tuple(
        Continuation(prompt, sample, text, 3, ended=False, near_boundary=0) for (prompt, sample), text in texts.items()
    )
    return ConceptRecord(name, tuple(dict.fromkeys(prompt for prompt, _ in texts)), None, written, ())


def test_those_that_differ_are_shown_and_the_others_counted() -> None:
    then = concept("hanoi", {("Hanoi is", 0): " a city", ("Hanoi is", 1): " old", ("Hue is", 0): " near"})
    now = concept("hanoi", {("Hanoi is", 0): " a city", ("Hanoi is", 1): " <b>new", ("Hue was", 0): " near"})
    (found,) = rewritten({"hanoi": then}, [now, concept("tulip", {("Tulips", 0): " grow"})])
    assert (found.concept, found.texts, found.others) == ("hanoi", 2, 1)
    assert [(one.prompt, one.sample, one.then, one.now) for one in found.shown] == [("Hanoi is", 1, " old", " <b>new")]


def test_of_many_some_of_each_prompt() -> None:
    keys = [(f"prompt {at}", sample) for at in range(15) for sample in range(4)]
    then, now = (concept("a", {key: f"{key} {when}" for key in keys}) for when in ("then", "now"))
    (found,) = rewritten({"a": then}, [now])
    assert (found.texts, found.others, len(found.shown)) == (60, 60, SHOWN)
    shown = [(one.prompt, one.sample) for one in found.shown]
    assert shown == sorted(shown, key=keys.index)
    assert {(prompt, 0) for prompt, _ in keys} <= set(shown)
    assert {sample for _, sample in shown} == {0, 1}


def test_texts_are_found_by_what_tells_the_ways_of_writing_apart() -> None:
    written, given = (concept("a", {("Hanoi is", 0): text}).continuations for text in (" a city", " old"))
    own = Generation(samples=1)
    corpus = Generation(replay="corpus.json", format="chat")
    found = by_way(own, written, [TextsRecord(corpus.way, given)])
    assert found[own.way]["Hanoi is", 0].text == " a city"
    # Of texts that are given, no other setting says anything.
    other = Generation(replay="corpus.json", format="chat", max_new_tokens=3, seed=5)
    assert found[other.way]["Hanoi is", 0].text == " old"
    assert Generation(replay="corpus.json").way not in found
    assert Generation(samples=2).way not in found
