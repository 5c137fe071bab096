"""A claim's test on the neurons that it needs is its test on all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.evidence.trial import Trial
from neurontest.gate.reference.pruned import Pruned, PrunedTrial, needed
from neurontest.types import Selection, Statistics, Thresholds
from tests.worlds import World, claim_on, three

AT = Thresholds.of(0.05)
SENTENCES = ("a overlaps b more than c", "a, b and c have distinct neurons", "a overlaps b by at least 3 neurons")


def pruned(trial: Trial) -> tuple[PrunedTrial, int]:
    traces = {request: Pruned.of(trial.traces[request], columns) for request, columns in needed(trial).items()}
    return PrunedTrial(trial.claim, traces), max(len(one.columns) for one in traces.values())


def whole(
    seed: int, sentence: str, selection: Selection, *, n: int = 8, neutral: int = 12, m: int | None = None
) -> Trial:
    world = World(np.random.default_rng([17, seed]), layers=4, width=60, massive=2)
    signals = dict(zip("abc", three(world, 5, 2), strict=True))
    data = {name: world.concept(n + at, signals[name]) for at, name in enumerate("abc")}
    statistics = Statistics(test="half-sample", m=m)
    return Trial(
        *claim_on(sentence, data, world.neutral(neutral), width=60, selection=selection, statistics=statistics)
    )


SELECTIONS = st.builds(
    Selection,
    k=st.sampled_from([1, 5, 10, 40]),
    select=st.sampled_from(["mean", "consistency"]),
    normalize=st.sampled_from(["raw", "difference", "zscore"]),
    identity=st.sampled_from(["neuron", "dimension"]),
    per_prompt_k=st.sampled_from([None, 3, 20]),
)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    sentence=st.sampled_from(SENTENCES),
    selection=SELECTIONS,
    neutral=st.sampled_from([5, 12]),
    m=st.sampled_from([None, 2]),
)
def test_the_test_on_what_is_kept_is_the_test_on_all(
    seed: int, sentence: str, selection: Selection, neutral: int, m: int | None
) -> None:
    trial = whole(seed, sentence, selection, neutral=neutral, m=m)
    expected = trial.decide(AT)
    small, _ = pruned(trial)
    for found, own in zip(small.decide(AT), expected, strict=True):
        assert found.estimate == pytest.approx(own.estimate, abs=1e-12)
        # A small baseline's own noise is judged without each of its prompts; the scale of a z-score is that of all.
        near = 0.5 if selection.normalize == "zscore" and neutral < 10 else 1e-9
        assert found.variance == pytest.approx(own.variance, rel=near)


def test_few_neurons_are_kept() -> None:
    rng = np.random.default_rng(3)
    data = {name: rng.normal(size=(24, 3000)) for name in "abc"}
    for at, rows in enumerate(data.values()):
        rows[:, 20 * at : 20 * at + 20] += 3
    trial = Trial(*claim_on(SENTENCES[0], data, rng.normal(size=(40, 3000)), width=3000, selection=Selection(k=10)))
    assert pruned(trial)[1] < 0.1 * 3000


def test_a_set_that_never_changes_is_kept_whole() -> None:
    rows = np.zeros((8, 40))
    rows[:, :5] = 10 + np.random.default_rng(0).normal(size=(8, 5))
    data = {"a": rows, "b": rows + 0.1, "c": np.roll(rows, 5, axis=1)}
    trial = Trial(*claim_on(SENTENCES[0], data, np.zeros((12, 40)), width=40, selection=Selection(k=5)))
    small, count = pruned(trial)
    assert count == 10
    assert not trial.traces.keys() - needed(trial).keys()
    assert small.decide(AT)[0].estimate == trial.decide(AT)[0].estimate == 5
