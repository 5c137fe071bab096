"""Published sets, clusters of paraphrases and shared templates in the evidence of claims."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.claims.exchange import exchanged_within, ways_to_deal, ways_to_pick
from neurontest.errors import EvidenceError
from neurontest.evidence import describe, permutation
from neurontest.stats.relabeling.relabel import relabel
from neurontest.types import Concept, PublishedNeuron, Selection, Statistics
from tests.worlds import World, claim_on, evidence_on

PLAIN = Statistics(test="half-sample")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "RESAMPLES", 19)
    monkeypatch.setattr(permutation, "relabel", partial(relabel, fewest=100, most=200, enumerated=100))


class Place:
    def __init__(self, n: int = 10) -> None:
        self.world = World(np.random.default_rng(4), layers=2, width=120)
        self.neurons = {name: self.world.take(8) for name in "bc"}
        self.data = {name: self.world.concept(n, (own, np.full(8, 6.0))) for name, own in self.neurons.items()}
        self.baseline = self.world.neutral(20)

    def published(self, name: str) -> tuple[PublishedNeuron, ...]:
        return tuple(PublishedNeuron(int(one) // 120, int(one) % 120) for one in self.neurons[name])


@pytest.mark.parametrize("test", ["both", "half-sample", "permutation"])
def test_a_published_set_is_compared_with_concepts_that_have_prompts(test: str) -> None:
    place = Place(8)
    found = evidence_on(
        "a overlaps b more than c",
        place.data,
        place.baseline,
        width=120,
        selection=Selection(k=8),
        statistics=Statistics(test=test),  # type: ignore[arg-type]
        published={"a": place.published("b")},
    )
    assert found.p < 0.05
    assert found.effect.value > 4
    assert found.prompts == {"b": 8, "c": 8}
    names = [one.name for one in found.details]
    assert "b, two halves of its prompts" in names
    assert "a, two halves of its prompts" not in names


def test_a_published_side_has_no_permutation_key_and_no_variance() -> None:
    place = Place()
    settings = {"width": 120, "selection": Selection(k=8), "published": {"c": place.published("c")}}
    data = {"a": place.world.concept(10, (place.neurons["b"], np.full(8, 6.0))), "b": place.data["b"]}
    found = evidence_on("a overlaps b more than c", data, place.baseline, statistics=Statistics(), **settings)  # type: ignore[arg-type]
    assert [key.name for key in found.keys] == ["half-sample"]
    assert found.p < 0.01
    with pytest.raises(EvidenceError, match="test: permutation exchanges prompts, and these cannot be"):
        evidence_on(
            "a overlaps b more than c",
            data,
            place.baseline,
            statistics=Statistics(test="permutation"),
            **settings,  # type: ignore[arg-type]
        )


def test_a_published_neuron_that_the_model_lacks() -> None:
    place = Place()
    with pytest.raises(EvidenceError, match="the published set 'a' has a neuron in layer 9 with index 3"):
        evidence_on(
            "a overlaps b more than c",
            place.data,
            place.baseline,
            width=120,
            statistics=PLAIN,
            published={"a": (PublishedNeuron(9, 3),)},
        )


def test_paraphrases_count_as_one_prompt() -> None:
    place = Place(9)
    # Every prompt three times, with a little noise of its own: no more evidence than once.
    rng = np.random.default_rng(5)
    tripled = {name: np.repeat(rows, 3, axis=0) for name, rows in place.data.items()}
    tripled = {name: rows + rng.normal(0, 1e-3, rows.shape) for name, rows in tripled.items()}
    groups = {name: tuple(f"{name}{at // 3}" for at in range(27)) for name in tripled}
    settings = {"width": 120, "selection": Selection(k=8), "statistics": PLAIN}
    once = evidence_on("b and c have distinct neurons", place.data, place.baseline, **settings)  # type: ignore[arg-type]
    thrice = evidence_on("b and c have distinct neurons", tripled, place.baseline, groups=groups, **settings)  # type: ignore[arg-type]
    as_if_new = evidence_on("b and c have distinct neurons", tripled, place.baseline, **settings)  # type: ignore[arg-type]
    assert thrice.prompts == once.prompts == {"b": 9, "c": 9}
    assert thrice.m == once.m == 4
    assert thrice.p == pytest.approx(once.p, rel=0.5)
    assert as_if_new.p < thrice.p


class Templates:
    """Concepts asked about in the same twelve templates, whose own response is as loud as the concepts'."""

    def __init__(self, *, apart: bool) -> None:
        world = World(np.random.default_rng(6), layers=2, width=120)
        loud = np.zeros((12, world.size))
        for row in loud:
            row[world.take(6)] = 8.0
        own = [world.take(8) for _ in range(3)]
        self.data: dict[str, Floats] = {}
        for at, name in enumerate("abc"):
            neurons = own[at] if apart and name == "c" else own[0]
            self.data[name] = world.concept(12, (neurons, np.full(8, 4.0))) + loud
        self.baseline = world.neutral(20)
        self.groups = {name: tuple(f"t{at:02}" for at in range(12)) for name in self.data}


@pytest.mark.parametrize("test", ["half-sample", "permutation"])
def test_shared_templates_are_compared_on_disjoint_ones(test: str) -> None:
    place = Templates(apart=True)
    settings = {
        "width": 120,
        "selection": Selection(k=8),
        "statistics": Statistics(test=test),  # type: ignore[arg-type]
    }
    sentence = "a overlaps b more than c"
    paired = evidence_on(sentence, place.data, place.baseline, groups=place.groups, **settings)  # type: ignore[arg-type]
    assert paired.p < 0.05
    assert "within each template" in paired.keys[0].null or test == "half-sample"
    same = Templates(apart=False)
    equal = evidence_on(sentence, same.data, same.baseline, groups=same.groups, **settings)  # type: ignore[arg-type]
    assert equal.p > 0.05


def test_what_templates_share_is_not_taken_for_the_concepts() -> None:
    place = Templates(apart=True)
    settings = {"width": 120, "selection": Selection(k=8), "statistics": PLAIN}
    sentence = "a overlaps c by at least 1 neuron"
    paired = evidence_on(sentence, place.data, place.baseline, groups=place.groups, **settings)  # type: ignore[arg-type]
    unpaired = evidence_on(sentence, place.data, place.baseline, **settings)  # type: ignore[arg-type]
    # Halves of all templates have templates in common, and so neurons: disjoint ones have not.
    assert paired.effect.value < unpaired.effect.value


def test_distinct_within_templates() -> None:
    place = Templates(apart=True)
    found = evidence_on(
        "a and c have distinct neurons",
        place.data,
        place.baseline,
        width=120,
        selection=Selection(k=8),
        groups=place.groups,
        statistics=Statistics(),
    )
    assert [key.name for key in found.keys] == ["permutation", "half-sample"]
    # 2^12 ways to swap two labels.
    assert found.keys[0].p_floor == pytest.approx(2**-12)
    assert "within each template" in found.keys[0].null
    assert found.p < 0.05


def test_ways_to_deal() -> None:
    plain = [Concept(name, tuple(f"{name} {at}" for at in range(5))) for name in "ab"]
    assert ways_to_deal(plain) == 252
    paired = [Concept(one.name, one.prompts, groups=("t1", "t2", "t3", "t4", "t5")) for one in plain]
    assert ways_to_deal(paired) == 2**5
    assert ways_to_deal([*paired, Concept("c", paired[0].prompts, groups=paired[0].groups)]) == 6**5
    clustered = [Concept(one.name, one.prompts, groups=(one.name, one.name, "x" + one.name) * 2) for one in plain]
    assert ways_to_deal(clustered) == 6
    third = replace(clustered[1], name="c", groups=("y", "z", "z", "y", "z", "y")[: len(clustered[1].groups)])
    assert ways_to_pick(clustered[0], [clustered[1], third]) == 15
    assert ways_to_pick(paired[0], [paired[1]] * 2) == 3**5


@pytest.mark.parametrize(
    ("sentence", "floor"),
    [
        ("neuron L0.residual[{neuron}] is specific to c against a and b", 2**-12),
        ("neuron L0.residual[{neuron}] is specific to c against a and b on average", 3**-12),
        ("c has specific neurons on average", 3**-12),
        ("c has consistent neurons against a", 2**-12),
    ],
)
def test_single_neurons_within_templates(sentence: str, floor: float) -> None:
    place = Templates(apart=True)
    difference = (place.data["c"] - place.data["a"])[:, :120].mean(axis=0)
    found = evidence_on(
        sentence.format(neuron=difference.argmax()),
        place.data,
        place.baseline,
        width=120,
        selection=Selection(k=8),
        groups=place.groups,
    )
    relabelled = [key for key in found.keys if key.name == "permutation"]
    assert relabelled
    for key in relabelled:
        assert "within each template" in key.null
        assert key.p_floor == pytest.approx(floor)
    assert found.p < 0.05


def test_concepts_of_which_some_share_templates_are_not_exchanged() -> None:
    groups = {"a": tuple("tuvwxy"), "b": tuple("tuvwxy"), "c": ()}
    concepts = {
        name: Concept(name, tuple(f"{name} {at}" for at in range(6)), groups=own) for name, own in groups.items()
    }
    assert exchanged_within(list(concepts.values())) is None
    assert exchanged_within([concepts["a"], concepts["b"]])
    assert exchanged_within([concepts["a"], concepts["c"]]) is False
    place = Templates(apart=True)
    claim, _ = claim_on("a has specific neurons on average", place.data, place.baseline, width=120)
    assert not claim.kind.faults(claim)
    assert claim.kind.faults(replace(claim, concepts=concepts)) == [
        "of a, b, c some prompts share templates and others do not; specific_any exchanges the prompts of all"
    ]
