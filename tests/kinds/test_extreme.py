"""The lowest and the highest overlap of all pairs of some concepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from neurontest.arrays import Floats
from neurontest.evidence import describe
from neurontest.evidence.procedure import evidence_of
from neurontest.evidence.trial import Trial
from neurontest.types import Evidence, Selection, Statistics, Thresholds, Verdict
from neurontest.verdict import judge
from tests.spec.suites import faults
from tests.test_verdict import family
from tests.worlds import World, claim_on, evidence_on

TEN = Selection(k=10)
WIDTH = 200
LOWEST, HIGHEST = "the lowest overlap is between a and b", "the highest overlap is between a and b"
#: Neurons that each pair of a, b, c and d shares.
LOW = {"ab": 0, "ac": 3, "ad": 3, "bc": 3, "bd": 3, "cd": 3}
HIGH = {"ab": 6, "ac": 1, "ad": 1, "bc": 1, "bd": 1, "cd": 1}
TIED = {"ab": 1, "cd": 1, "ac": 4, "ad": 4, "bc": 4, "bd": 4}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "RESAMPLES", 19)


def concepts(shared: Mapping[str, int], seed: int, n: int = 10) -> tuple[dict[str, Floats], Floats]:
    world = World(np.random.default_rng(1), layers=2, width=WIDTH, massive=2)
    own: dict[str, list[int]] = {name: [] for name in "abcd"}
    for pair, count in shared.items():
        common = world.take(count)
        for name in pair:
            own[name].extend(common)
    signals = {
        name: (np.r_[some, world.take(10 - len(some))].astype(int), np.full(10, 5.0)) for name, some in own.items()
    }
    neutral = world.neutral(30)
    world.rng = np.random.default_rng([3, seed])
    return {name: world.concept(n, signal) for name, signal in signals.items()}, neutral


def evidence(sentence: str, shared: Mapping[str, int], seed: int = 0) -> Evidence:
    data, neutral = concepts(shared, seed)
    return evidence_on(sentence, data, neutral, width=WIDTH, selection=TEN, statistics=Statistics(), seed=seed)


def verdict(found: Evidence) -> Verdict:
    return judge(family(1), {"c0": found})["c0"]


def test_the_lowest_and_the_highest_pair_are_shown() -> None:
    assert verdict(evidence(LOWEST, LOW)).name == "holds"
    assert verdict(evidence(HIGHEST, HIGH)).name == "holds"


def test_one_pair_beyond_the_named_one_refutes() -> None:
    assert verdict(evidence("the lowest overlap is between a and c", LOW)).name == "refuted"
    assert verdict(evidence("the highest overlap is between c and d", HIGH)).name == "refuted"


def test_the_nearest_other_pair_decides() -> None:
    found = evidence(LOWEST, TIED)
    apart = [one for one in found.details if one.name.endswith(" minus a/b")]
    assert {one.name.split(" ")[0] for one in apart} == {"a/c", "a/d", "b/c", "b/d", "c/d"}
    assert found.effect.name == "c/d minus a/b (the nearest of 5 other pairs)"
    assert found.effect.value == min(one.value for one in apart)
    assert found.p == max(key.p for key in found.keys) > 0.05
    (key,) = found.keys
    assert (key.about, key.chances) == ("against c/d", 5)
    assert found.p_opposite == pytest.approx(min(1.0, 5 * (key.p_opposite or 1)))
    assert verdict(found).name == "inconclusive"
    pairs = [one.name for one in found.details if one.name in {"/".join(two) for two in combinations("abcd", 2)}]
    assert len(pairs) == 6


def test_lowest_and_highest_are_mirror_images() -> None:
    low, high = (evidence(sentence, LOW, seed=4) for sentence in (LOWEST, HIGHEST))
    differences = {one.name.split(" ")[0]: one.value for one in low.details if one.name.endswith(" minus a/b")}
    for one in high.details:
        if one.name.startswith("a/b minus "):
            assert one.value == pytest.approx(-differences[one.name.removeprefix("a/b minus ")])


def test_among_says_whose_pairs_are_compared() -> None:
    data, neutral = concepts(TIED, 0)
    claim, traces = claim_on(f"{LOWEST} among c", data, neutral, width=WIDTH, selection=TEN)
    assert list(claim.concepts) == ["a", "b", "c"]
    # Without d the pair that ties with it is not there.
    found = evidence_of(claim, traces, Thresholds.of(0.05))
    assert found.p < 0.05
    other, _ = claim_on(f"{LOWEST} among a, b and c", data, neutral, width=WIDTH, selection=TEN)
    assert list(other.concepts) == list(claim.concepts)
    assert other.kind.faults(other) == claim.kind.faults(claim) == []
    again = replace(other, terms={**other.terms, "among": ("a", "b", "c", "c")})
    assert other.kind.faults(again) == ["'c' is named twice in 'among'; say it once"]


def test_what_compares_no_pairs_is_a_fault(tmp_path: Path) -> None:
    claims = "claims:\n  - the lowest overlap is between tulip and hanoi among tulip and hanoi\n"
    (found,) = faults(tmp_path, {"c.yaml": claims})
    assert found == (
        "c.yaml:2:5: overlap_lowest compares one pair of concepts with all others, and there are 2 concepts; it takes 3"
        " or more"
    )
    claims = "claims:\n  - the highest overlap is between tulip and tulip\n"
    (found,) = faults(tmp_path, {"c.yaml": claims})
    assert "'tulip' is named twice" in found


@pytest.mark.parametrize("sentence", [LOWEST, HIGHEST])
def test_a_tie_is_no_extreme(sentence: str) -> None:
    shared = TIED if sentence == LOWEST else {"ab": 4, "cd": 4, "ac": 1, "ad": 1, "bc": 1, "bd": 1}
    shown = refuted = 0
    for seed in range(60):
        data, neutral = concepts(shared, seed)
        claim, traces = claim_on(sentence, data, neutral, width=WIDTH, selection=TEN, seed=seed)
        results = Trial(claim, traces).decide(Thresholds.of(0.05))
        shown += max(one.p for one in results) <= 0.05
        refuted += len(results) * min(one.p_opposite for one in results) <= 0.05
    most = stats.binom.isf(1e-4, 60, 0.05)
    assert shown <= most
    assert refuted <= most
