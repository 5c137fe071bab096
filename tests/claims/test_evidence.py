"""Evidence on a world whose truth is planted: the right numbers under the right names."""

from __future__ import annotations

import numpy as np
import pytest

from neurontest.claims import describe
from neurontest.types import Selection, Statistics
from tests.worlds import World, evidence_on


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
    assert values["a/c, all prompts", "percentile bootstrap"] == 0
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
    assert few.detectable is not None
