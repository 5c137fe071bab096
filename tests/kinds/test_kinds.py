"""Every kind on worlds whose truth is planted: what is true is shown, what is not is not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.errors import EvidenceError
from neurontest.evidence import describe
from neurontest.types import Evidence, Selection, Statistics
from tests.worlds import World, evidence_on

K = 8


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "RESAMPLES", 19)


class Planted:
    """Five concepts of twelve prompts: a and b share six loud neurons of eight, the others share none."""

    def __init__(self) -> None:
        self.world = World(np.random.default_rng(0), layers=2, width=120)
        shared = self.world.take(6)
        self.neurons = {name: np.r_[shared, self.world.take(2)] for name in "ab"}
        self.neurons |= {name: self.world.take(8) for name in "cde"}
        self.data = {name: self.world.concept(12, (own, np.full(8, 6.0))) for name, own in self.neurons.items()}
        self.data["neutral"] = self.world.concept(14)
        self.baseline = self.world.neutral(20)

    def evidence(self, sentence: str, data: Mapping[str, Floats] | None = None, **statistics: object) -> Evidence:
        return evidence_on(
            sentence,
            self.data if data is None else data,
            self.baseline,
            width=120,
            selection=Selection(k=K),
            statistics=Statistics(**{"test": "half-sample", **statistics}),  # type: ignore[arg-type]
        )


@pytest.fixture(scope="module")
def planted() -> Planted:
    return Planted()


TRUE = [
    "a overlaps b more than c",
    "a overlaps b more than c by at least 2 neurons",
    "a overlaps b by at least 3 neurons",
    "a overlaps b by at least 30%",
    "a overlaps b by at least 60% of the ceiling",
    "a overlaps c by at most 30% of the ceiling",
    "the highest overlap is between a and b among c, d and e",
    "a overlaps c by at most 4 neurons",
    "a overlaps b more than c, d and e on average",
    "a, c and d have distinct neurons",
    "a, b, c and d have distinct neurons on average",
    "normalization separates a, c and d better than raw",
    "raw neurons of a, c and d are nearly identical",
    "baseline-normalized sets differ from raw for a and c",
    "a has consistent neurons",
    "a has consistent neurons against neutral",
    "c has specific neurons against a and d",
    "c has specific neurons",
]
REFUTED = [
    "a overlaps c more than b",
    "a overlaps c by at least 6 neurons",
    "a overlaps b by at most 1 neuron",
    "normalized neurons of a, c and d are nearly identical",
    "a overlaps c above chance against b, d and e on these controls",
]


@pytest.mark.parametrize("sentence", TRUE)
def test_what_is_true_is_shown(sentence: str, planted: Planted) -> None:
    # Massive dimensions take six of eight places raw, and some of what is left when the baseline's mean is subtracted.
    found = planted.evidence(sentence, differ_below=0.8)
    assert found.p < 0.05
    # A search has no number of prompts, nor has what no prompt moves.
    assert (found.spread is None) == bool(found.tallies or found.degenerate)


@pytest.mark.parametrize("sentence", REFUTED)
def test_what_is_false_is_refuted(sentence: str, planted: Planted) -> None:
    found = planted.evidence(sentence)
    assert found.p_opposite < 0.05


def test_a_named_neuron(planted: Planted) -> None:
    own, foreign = (int(planted.neurons[name][0]) for name in "cd")
    labels = [f"L{neuron // 120}.residual[{neuron % 120}]" for neuron in (own, foreign)]
    found = planted.evidence(f"neuron {labels[0]} is specific to c against a and d")
    assert found.effect.unit == "AUROC"
    assert found.effect.value > 0.85
    assert found.effect.interval is not None
    assert found.effect.interval.low > 0.5
    assert found.p < 0.01
    wrong = planted.evidence(f"neuron {labels[1]} is specific to c against a and d")
    assert wrong.p > 0.5
    assert wrong.p_opposite < 0.05
    with pytest.raises(EvidenceError, match=r"there is no L7\.residual\[3\]; the model has layers 0 to 1"):
        planted.evidence("neuron L7.residual[3] is specific to c against a and d")


def test_a_search_lists_the_planted_neurons_and_how_to_name_them(planted: Planted) -> None:
    found = planted.evidence("c has specific neurons against a and d")
    names = {f"L{neuron // 120}.residual[{neuron % 120}]" for neuron in planted.neurons["c"]}
    listed = [one for one in found.details if one.unit == "Welch t"]
    assert listed
    assert {one.name for one in listed} <= names
    assert f"'neuron {listed[0].name} is specific to c against a and d'" in listed[0].note
    cross = next(one for one in found.details if "scored in the other" in one.name)
    assert cross.value > 0.8


def test_occurrence_against_neutral_prompts_is_of_planted_neurons(planted: Planted) -> None:
    found = planted.evidence("c has consistent neurons against neutral")
    names = {f"L{neuron // 120}.residual[{neuron % 120}]" for neuron in planted.neurons["c"]}
    assert {one.name for one in found.details} <= names
    assert found.effect.value > 0.5
    nothing = dict(planted.data, c=planted.world.concept(12))
    assert planted.evidence("c has consistent neurons against neutral", nothing).p > 0.05


def test_distinct_says_which_pairs(planted: Planted) -> None:
    found = planted.evidence("a, b and c have distinct neurons on average", test="both")
    p = {
        one.name: float(one.note.split(" = ")[1].split(",")[0])
        for one in found.details
        if one.note.startswith("permutation p")
    }
    assert set(p) == {f"{x} and {y}, within minus between" for x, y in ("ab", "ac", "bc")}
    assert p["a and c, within minus between"] < 0.05
    assert p["b and c, within minus between"] < 0.05


def test_the_null_is_the_other_side_of_what_is_claimed(planted: Planted) -> None:
    for sentence, null in (
        ("a overlaps b by at least 3 neurons", "no larger"),
        ("a overlaps b by at most 3 neurons", "no smaller"),
    ):
        (key,) = planted.evidence(sentence).keys
        assert null in key.null


def test_the_naive_interval_is_had_by_asking_and_says_that_its_coverage_is_not_measured(planted: Planted) -> None:
    for sentence in ("a overlaps b more than c", "a overlaps b by at least 3 neurons"):
        plain, naive = (planted.evidence(sentence, interval=how) for how in ("half-sample", "bootstrap"))
        assert plain.effect.interval is not None
        assert naive.effect.interval is not None
        assert naive.effect.interval.method == "percentile bootstrap"
        assert naive.effect.note.endswith("how often such an interval holds the overlap is not measured")
        # What is shown changes no decision.
        assert naive.p == plain.p
