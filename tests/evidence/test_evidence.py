"""Evidence on a world whose truth is planted: the right numbers under the right names."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from neurontest.errors import EvidenceError
from neurontest.evidence import describe, permutation
from neurontest.evidence.procedure import evidence_of
from neurontest.stats.relabeling.relabel import relabel
from neurontest.types import Selection, Statistics, Thresholds
from tests.worlds import World, claim_on, evidence_on


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "RESAMPLES", 19)


def test_two_concepts_with_the_same_neurons_share_them_all() -> None:
    world = World(np.random.default_rng(0), layers=2, width=60, massive=0)
    loud = np.full(4, 60.0)
    same, other = world.take(4), world.take(4)
    data = {"a": world.concept(8), "b": world.concept(8), "c": world.concept(8)}
    for name, neurons in (("a", same), ("b", same), ("c", other)):
        data[name][:, neurons] += loud
    found = evidence_on(
        "a overlaps b more than c",
        data,
        world.neutral(20),
        width=60,
        selection=Selection(k=4),
        statistics=Statistics(test="half-sample"),
    )
    assert found.effect.value == pytest.approx(4)
    assert found.effect.name == "a/b minus a/c"
    assert found.effect.note == "All prompts: a/b 4 of 4, a/c 0 of 4"
    assert found.p < 0.001
    values = {(one.name, one.interval.method if one.interval else ""): one.value for one in found.details}
    assert values["a/b, all prompts", "half-sample"] == 4
    assert values["a/c, all prompts, bootstrap", "percentile bootstrap"] == 0
    assert values["a, two halves of its prompts", "half-sample t"] == pytest.approx(4)
    # What is only described was tested against nothing.
    assert found.effect.reference == 0
    assert all(one.reference is None for one in found.details)
    assert found.prompts == {"a": 8, "b": 8, "c": 8}
    assert found.m == 4
    assert not found.warnings

    steady = evidence_on(
        "a has consistent neurons", data, world.neutral(20), width=60, selection=Selection(k=4), statistics=Statistics()
    )
    assert steady.effect.value == pytest.approx(4)
    assert steady.effect.reference == pytest.approx(1.2)
    # Every prompt's own list is the planted set.
    assert steady.details[0].value == pytest.approx(1)


def test_a_small_baseline_widens_the_interval_and_warns() -> None:
    world = World(np.random.default_rng(1), layers=2, width=60)
    neurons = world.take(6)
    data = {name: world.concept(8, (neurons, np.full(6, 3.0))) for name in ("a", "b", "c")}
    neutral = world.neutral(20)
    asked = Statistics(test="half-sample")
    few = evidence_on("a overlaps b more than c", data, neutral[:5], width=60, statistics=asked)
    many = evidence_on("a overlaps b more than c", data, neutral, width=60, statistics=asked)
    assert "the baseline has 5 prompts" in few.warnings[0]
    assert not many.warnings
    assert few.effect.interval is not None
    assert few.spread is not None
    assert many.spread is not None
    assert few.spread.variance > many.spread.variance
    assert few.spread.prompts == 8


SENTENCES = (
    "a overlaps b more than c",
    "a has consistent neurons",
    "a, b and c have distinct neurons",
    "a has specific neurons",
    "normalization separates a, b and c better than raw",
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_order_of_prompts_changes_nothing(sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permutation, "relabel", partial(relabel, fewest=50, most=100, enumerated=50))
    world = World(np.random.default_rng(3), layers=2, width=60)
    # Sixteen prompts: more than are enumerated.
    data = {name: world.concept(16, (world.take(6), np.full(6, 3.0))) for name in ("a", "b", "c")}
    claim, traces = claim_on(sentence, data, world.neutral(12), width=60)
    order = np.random.default_rng(4).permutation(16)
    shuffled = {
        name: replace(concept, prompts=tuple(concept.prompts[at] for at in order))
        for name, concept in claim.concepts.items()
    }
    other = replace(claim, concepts=shuffled)
    moved = {
        **traces,
        **{
            other.request(name): replace(traces[claim.request(name)], values=traces[claim.request(name)].values[order])
            for name in shuffled
        },
    }
    assert evidence_of(other, moved, Thresholds.of(0.05)) == evidence_of(claim, traces, Thresholds.of(0.05))


DIGEST = """
import numpy as np
from hashlib import sha256
from neurontest.evidence import describe
from neurontest.types import Statistics
from tests.worlds import World, evidence_on

describe.RESAMPLES = 19

world = World(np.random.default_rng(3), layers=5, width=576)
for test, n, sentences in (
    ("half-sample", 16, ("a overlaps b more than c", "a, b and c have distinct neurons")),
    ("both", 6, ("a overlaps b more than c", "a has specific neurons against b", "a has consistent neurons")),
):
    data = {name: world.concept(n, (world.take(6), np.full(6, 3.0))) for name in "abc"}
    for sentence in sentences:
        found = evidence_on(sentence, data, world.neutral(12), (0.05,), width=576, statistics=Statistics(test=test))
        print(sha256(repr(found).encode()).hexdigest())
"""


def test_neither_threads_nor_the_order_of_sets_change_anything() -> None:
    found = [
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "OMP_NUM_THREADS": one, "OPENBLAS_NUM_THREADS": one, "PYTHONHASHSEED": one},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=900,
            check=True,
        ).stdout
        for one in ("1", "2")
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize(("identity", "size"), [("neuron", 240), ("dimension", 120)])
def test_a_selection_of_everything_is_refused(identity: Any, size: int) -> None:
    world = World(np.random.default_rng(0), layers=2, width=120)
    data = {name: world.concept(12) for name in "ab"}
    claim, traces = claim_on("a overlaps b by at least 1 neurons", data, world.neutral(24), width=120)
    for k in (size, size + 1):
        asked = replace(claim, selection=replace(claim.selection, k=k, identity=identity))
        with pytest.raises(EvidenceError, match=rf"k is {k}, and there are {size} to select from; say a smaller k"):
            evidence_of(asked, traces, Thresholds.of(0.05))


def test_the_spread_is_that_of_the_test_and_its_smallest_concept() -> None:
    world = World(np.random.default_rng(1), layers=2, width=60)
    neurons = world.take(6)
    sizes = {"a": 12, "b": 8, "c": 10}
    data = {name: world.concept(size, (neurons, np.full(6, 3.0))) for name, size in sizes.items()}
    found = evidence_on(
        "a overlaps b more than c", data, world.neutral(20), width=60, statistics=Statistics(test="half-sample")
    )
    assert found.spread is not None
    assert found.effect.interval is not None
    assert (found.spread.prompts, found.spread.growth, found.spread.known) == (8, 0.5, False)
    reach = (found.effect.interval.high - found.effect.interval.low) / 2
    assert found.spread.variance == pytest.approx((reach / stats.t.isf(0.025, 7)) ** 2)


@pytest.mark.parametrize("grouped", [False, True])
def test_a_prompt_that_carries_most_of_a_variance_is_named(grouped: bool) -> None:
    # Of twelve texts about a, one is about b as well, and louder than all others together.
    world = World(np.random.default_rng(5), layers=2, width=60, massive=0)
    own, other = world.take(5), world.take(5)
    data = {name: world.concept(12) for name in "ab"}
    data["a"][:, own] += 8.0
    data["b"][:, other] += 8.0
    data["a"][7, other] += 400.0
    names = tuple(f"text-{(at + 5) % 12:02}" for at in range(12))
    found = evidence_on(
        "a overlaps b by at most 4 neurons",
        data,
        world.neutral(20),
        width=60,
        selection=Selection(k=5),
        groups={"a": names} if grouped else None,
    )
    (warning,) = found.warnings
    what = "group 'text-00'" if grouped else "prompt 'a 007'"
    assert warning.startswith(f"the {what} of 'a' carries ")
    data["a"][7, other] -= 400.0
    assert not evidence_on(
        "a overlaps b by at most 4 neurons", data, world.neutral(20), width=60, selection=Selection(k=5)
    ).warnings
