"""A claim's own test on two models: what survived, by the same half-samples in both."""

from __future__ import annotations

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.evidence.trial import Trial
from neurontest.gate.margin import Margin
from neurontest.gate.ways.paired import PairedTrial, survival
from neurontest.gate.ways.survival import Survival
from neurontest.types import Selection, Statistics, Thresholds
from tests.worlds import World, claim_on, three

AT = Thresholds.of(0.05)
TEN = Selection(k=10)
SENTENCE = "a overlaps b more than c"


def data(seed: int, n: int = 10, gain: float = 1.0) -> tuple[dict[str, Floats], Floats]:
    world = World(np.random.default_rng([16, seed]), layers=1, width=200, massive=2)
    signals = dict(zip("abc", three(world, 6, 1, gain), strict=True))
    return {name: world.concept(n, signals[name]) for name in "abc"}, world.neutral(20)


def asked(
    then: tuple[dict[str, Floats], Floats],
    now: tuple[dict[str, Floats], Floats],
    sentence: str = SENTENCE,
    margin: Margin | None = None,
    selection: Selection = TEN,
) -> Survival:
    tested = Statistics(test="half-sample")
    claim, reference = claim_on(sentence, *then, width=200, selection=selection, statistics=tested)
    _, candidate = claim_on(sentence, *now, width=now[1].shape[1], selection=selection, statistics=tested)
    return survival(PairedTrial(Trial(claim, reference), candidate), margin or Margin(), AT)


def permuted(world: tuple[dict[str, Floats], Floats], seed: int = 0) -> tuple[dict[str, Floats], Floats]:
    order = np.random.default_rng(seed).permutation(200)
    return {name: rows[:, order] for name, rows in world[0].items()}, world[1][:, order]


def test_the_same_model_keeps_all_of_its_effect() -> None:
    then = data(1)
    found = asked(then, then)
    assert found.change.estimate == 0
    assert found.then.estimate == found.now.estimate
    assert found.p_preserved < 0.05 < found.p_weakened


@pytest.mark.parametrize(
    "sentence", [SENTENCE, "a, b and c have distinct neurons", "a overlaps b by at least 2 neurons"]
)
def test_either_side_is_the_claims_own_test(sentence: str) -> None:
    then, now = data(2), data(3)
    found = asked(then, now, sentence)
    tested = Statistics(test="half-sample")
    for own, world in ((found.then, then), (found.now, now)):
        claim, traces = claim_on(sentence, *world, width=200, selection=TEN, statistics=tested)
        alone = Trial(claim, traces).decide(AT)
        assert any(one.estimate == own.estimate and one.variance == own.variance for one in alone)


def test_neurons_that_were_renumbered_change_nothing() -> None:
    then = data(4)
    found = asked(then, permuted(then))
    assert found.change.estimate == pytest.approx(0, abs=1e-12)
    assert found.p_preserved < 0.05


def test_what_is_gone_is_weakened() -> None:
    then = data(5, n=20, gain=2)
    # In the candidate c is what b was: a shares as much with both.
    now = {"a": then[0]["a"], "b": then[0]["b"], "c": then[0]["b"]}, then[1]
    found = asked(then, now)
    assert abs(found.now.estimate) < 0.2
    assert found.p_weakened < 0.05 < found.p_preserved


def test_the_margin_counts_from_what_the_claim_names() -> None:
    then = data(7)
    first = asked(then, then, "a overlaps b by at least 2 neurons")
    assert first.kept.reference == pytest.approx(1)
    assert first.kept.estimate == pytest.approx(first.then.estimate / 2)
    amount = asked(then, then, "a overlaps b by at least 2 neurons", Margin(1.0, is_share=False))
    assert amount.kept.estimate == pytest.approx(0)
    assert amount.kept.reference == pytest.approx(-1)
    below = asked(then, then, "a overlaps c by at most 8 neurons", Margin(1.0, is_share=False))
    assert below.kept.t > 0


def test_margins_as_they_are_written() -> None:
    assert Margin.of("50%") == Margin(0.5) == Margin()
    assert Margin.of(" 1.5 ") == Margin(1.5, is_share=False)
    assert [str(Margin.of(one)) for one in ("30%", "2")] == ["30%", "2"]
    assert Margin.of("99.9%").kept == pytest.approx(0.001)
    assert Margin.of("99.9%").amount == 0
    assert (Margin.of("2").kept, Margin.of("2").amount) == (1, 2)
    # A reference keeps what was said, and it is read again.
    for said in ("33.3333333%", "7%", "57%", "29.1%", "0%", "2.123456789", "1234567.5"):
        assert str(Margin.of(said)) == said
        assert Margin.of(str(Margin.of(said))) == Margin.of(said)
    for said in ("100%", "150%", "-1", "half", "", "nan"):
        with pytest.raises(ValueError, match="margin"):
            Margin.of(said)
