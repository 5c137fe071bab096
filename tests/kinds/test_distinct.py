"""Distinct neurons: of every two concepts, and on average."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.claims.exchange import ways_to_deal
from neurontest.evidence import describe, permutation
from neurontest.evidence.trial import Trial
from neurontest.stats.relabeling.relabel import relabel
from neurontest.types import Evidence, Selection, Statistics, Thresholds
from neurontest.verdict import judge
from tests.test_verdict import family
from tests.worlds import Signal, World, claim_on, evidence_on

SENTENCE = "a, b, c and d have distinct neurons"
TEN = Selection(k=10)
WIDTH = 200


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "RESAMPLES", 19)
    monkeypatch.setattr(permutation, "relabel", partial(relabel, fewest=199, most=199))


def concepts(seed: int, alike: str, n: int, gain: float = 1.0, names: str = "abcd") -> tuple[dict[str, Floats], Floats]:
    """Concepts with neurons of their own, but for those named in `alike`, which are one and the same."""
    world = World(np.random.default_rng([3, seed]), layers=1, width=WIDTH, massive=2)
    own: dict[str, Signal] = {name: (world.take(8), np.array([4, 3.5, 3, 3, 2.5, 2.5, 2, 2]) * gain) for name in names}
    own.update(dict.fromkeys(alike, own[alike[0]]) if alike else {})
    return {name: world.concept(n, own[name]) for name in names}, world.neutral(20)


def evidence(sentence: str, alike: str, seed: int = 0, n: int = 10, test: str = "half-sample") -> Evidence:
    data, neutral = concepts(seed, alike, n)
    statistics = Statistics(test=test)  # type: ignore[arg-type]
    return evidence_on(sentence, data, neutral, width=WIDTH, selection=TEN, statistics=statistics, seed=seed)


def declared(sentence: str, data_sets: int, alike: str, n: int, gain: float = 1.0) -> int:
    shown = 0
    for seed in range(data_sets):
        data, neutral = concepts(seed, alike, n, gain)
        claim, traces = claim_on(
            sentence, data, neutral, width=WIDTH, selection=TEN, statistics=Statistics(test="half-sample"), seed=seed
        )
        shown += max(one.p for one in Trial(claim, traces).decide(Thresholds.of(0.05))) <= 0.05
    return shown


@pytest.mark.parametrize(("alike", "n"), [("ab", 8), ("abc", 8)])
def test_concepts_of_which_some_are_alike_are_not_all_distinct(alike: str, n: int) -> None:
    # On average they are apart, and were declared in .95 to 1 of such data sets.
    assert declared(SENTENCE, 60, alike, n) <= 60 * 0.05 + 2 * (60 * 0.05 * 0.95) ** 0.5
    assert declared(SENTENCE + " on average", 20, alike, n) >= 18


def test_concepts_that_are_all_apart_are_found_to_be() -> None:
    assert declared(SENTENCE, 20, "", 10, gain=1.3) >= 17


def test_the_largest_p_of_any_pair_by_either_test_decides() -> None:
    one = evidence(SENTENCE, "", test="both")
    assert {key.name for key in one.keys} == {"permutation", "half-sample"}
    assert one.p == max(key.p for key in one.keys)
    pairs = {f"{x} and {y}" for x, y in combinations("abcd", 2)}
    assert {key.about for key in one.keys} <= pairs
    apart = [detail for detail in one.details if "within minus between" in detail.name]
    assert {detail.name.removesuffix(", within minus between") for detail in apart} == pairs
    assert all("half-sample p = " in detail.note and "permutation p = " in detail.note for detail in apart)
    assert one.effect.name.endswith("minus between them (the weakest of 6 pairs)")
    assert one.effect.value == min(detail.value for detail in apart if detail.name.split(",")[0] in one.effect.name)


def test_two_that_are_alike_are_named() -> None:
    one = evidence(SENTENCE, "cd", test="both")
    assert one.p > 0.2
    assert one.effect.name == "shared within c and d minus between them (the weakest of 6 pairs)"
    weakest = max(one.keys, key=lambda key: key.p)
    assert weakest.about == "c and d"
    assert judge(family(1), {"c0": one})["c0"].name == "inconclusive"


def test_the_opposite_has_as_many_chances_as_pairs() -> None:
    one = evidence(SENTENCE, "cd")
    (key,) = [key for key in one.keys if key.about == "c and d"]
    assert key.chances == 6
    assert one.p_opposite == pytest.approx(min(1.0, 6 * (key.p_opposite or 1)))


def test_of_two_concepts_both_sentences_mean_the_same() -> None:
    data, neutral = concepts(1, "", 6, names="ab")
    each, average = (
        evidence_on(
            f"a and b have distinct neurons{end}", data, neutral, width=WIDTH, selection=TEN, statistics=Statistics()
        )
        for end in ("", " on average")
    )
    assert each.p == average.p
    assert each.p_opposite == average.p_opposite
    assert each.effect.value == average.effect.value
    assert [key.about for key in each.keys] == ["", ""]


def test_the_smallest_p_is_that_of_one_pair() -> None:
    data, neutral = concepts(1, "", 6)
    claim, _ = claim_on(SENTENCE, data, neutral, width=WIDTH)
    assert claim.kind.smallest_p(claim) == 1 / 924
    other, _ = claim_on(SENTENCE + " on average", data, neutral, width=WIDTH)
    assert other.kind.smallest_p(other) == 1 / ways_to_deal(list(other.concepts.values()))
    asked = replace(claim, statistics=Statistics(test="half-sample"))
    assert claim.kind.smallest_p(asked) == 0


def test_each_pair_is_exchanged_within_the_templates_that_it_shares() -> None:
    data, neutral = concepts(2, "", 10, gain=1.5, names="abc")
    templates = tuple(f"t{at}" for at in range(10))
    one = evidence_on(
        "a, b and c have distinct neurons",
        data,
        neutral,
        width=WIDTH,
        selection=TEN,
        statistics=Statistics(test="permutation"),
        groups={"a": templates, "b": templates},
    )
    within = {key.about: "within each template" in key.null for key in one.keys}
    assert all(inside == (about == "a and b") for about, inside in within.items())
    assert one.p < 0.05
