"""Claims about how much sets share: numbers of neurons, of m prompts that are said, and shares of the ceiling."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from neurontest.arrays import Floats
from neurontest.errors import SpecError
from neurontest.evidence import describe
from neurontest.evidence.null_worlds.vacuity import vacuity_of
from neurontest.evidence.procedure import procedure_of
from neurontest.evidence.trial import Trial
from neurontest.neurons.select import selector
from neurontest.spec.load import load_suite
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.types import Concept, Estimate, Selection, Statistics, Thresholds
from tests.worlds import Signal, World, claim_on, evidence_on, prompts_of

TEN = Selection(k=10)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "RESAMPLES", 19)


def two(seed: int, n: int, shared: int = 8, strength: float = 1.6) -> tuple[dict[str, Floats], Floats]:
    """Two concepts that share so many of ten neurons each, seen by `n` prompts."""
    world = World(np.random.default_rng(5), layers=2, width=120, massive=2, template=0.0)
    common = world.take(shared)
    signals = {name: (np.r_[common, world.take(10 - shared)], np.full(10, strength)) for name in "ab"}
    neutral = world.neutral(30)
    world.rng = np.random.default_rng([7, seed])
    return {name: world.concept(n, signal) for name, signal in signals.items()}, neutral


def half_t_of(sentence: str, data: dict[str, Floats], neutral: Floats, seed: int = 0, m: int | None = None) -> HalfT:
    claim, traces = claim_on(sentence, data, neutral, selection=TEN, statistics=Statistics(m=m), seed=seed)
    return Trial(claim, traces).decide(Thresholds.of(0.05))[0]


def rates(sentence: str, n: int, m: int | None = None) -> tuple[float, float]:
    """How often a claim is shown, and its opposite, in 40 data sets."""
    found = [half_t_of(sentence, *two(seed, n), seed, m) for seed in range(40)]
    return sum(one.p <= 0.05 for one in found) / 40, sum(one.p_opposite <= 0.05 for one in found) / 40


def test_neurons_of_a_default_m_are_another_claim_with_more_prompts() -> None:
    # What two sets of four and of ten prompts share is 3 and 5: so one and the same sentence is shown, then refuted.
    few, many = (rates("a overlaps b by at most 4 neurons", n) for n in (8, 20))
    assert few[0] > 0.3
    assert few[1] == 0
    assert many[0] == 0
    assert many[1] > 0.3


def test_neurons_of_m_prompts_are_the_same_claim_with_more_prompts() -> None:
    for sentence, place in (("a overlaps b by at most 4 neurons", 0), ("a overlaps b by at least 5 neurons", 1)):
        few, many = (rates(sentence, n, m=4) for n in (8, 20))
        assert 0 < few[place] < many[place]
        assert few[1 - place] == many[1 - place] == 0


def test_a_share_of_the_ceiling_hangs_little_on_the_number_of_prompts() -> None:
    shares = []
    for n in (8, 20):
        values = []
        for seed in range(25):
            data, neutral = two(seed, n, shared=5, strength=2.5)
            found = evidence_on("a overlaps b by at least 90% of the ceiling", data, neutral, selection=TEN)
            values.append(next(one.value for one in found.details if one.name == "a/b, share of the ceiling"))
        shares.append(np.mean(values))
    # Of neurons it is 3.4 and 4.2.
    assert shares[0] == pytest.approx(shares[1], abs=0.08)


def spec(folder: Path, *claims: object, **more: object) -> Path:
    prompts = {name: {"prompts": [f"{name} {at}" for at in range(13)]} for name in ("a", "b", "c")}
    concepts = {**prompts, "x": {"published": ["L0.residual[1]", "L1.residual[2]", "L1.residual[3]"]}}
    neutral = {"prompts": [f"plain {at}" for at in range(12)]}
    suite = {"neurontest": 1, "baseline": neutral, "concepts": concepts, "claims": claims, **more}
    (folder / "suite.yaml").write_text(json.dumps(suite, indent=1))
    return folder


def faults(folder: Path, *claims: object, **more: object) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_suite(spec(folder, *claims, **more))
    return [fault.message for fault in caught.value.faults]


HANGS = (
    "how many neurons sets share hangs on the number m of prompts that each is selected from, and m is not said; say "
)


@pytest.mark.parametrize(
    ("claim", "lines"),
    [
        (
            "a overlaps b by at least 5 neurons",
            "'- {claim: a overlaps b by at least 5 neurons, statistics: {m: 6}}' or"
            " '- a overlaps b by at least 50% of the ceiling'",
        ),
        (
            "a overlaps b by at most 40%",
            "'- {claim: a overlaps b by at most 40%, statistics: {m: 6}}' or"
            " '- a overlaps b by at most 40% of the ceiling'",
        ),
        (
            "a overlaps x by at least 1 neuron",
            "'- {claim: a overlaps x by at least 1 neuron, statistics: {m: 6}}'",
        ),
        ("a has consistent neurons", "'- {claim: a has consistent neurons, statistics: {m: 6}}'"),
        (
            "a overlaps b more than c by at least 1 neuron",
            "'- {claim: a overlaps b more than c by at least 1 neuron, statistics: {m: 6}}'",
        ),
        (
            "normalization separates a, b and c better than raw by at least 1 neuron",
            '\'- {claim: "normalization separates a, b and c better than raw by at least 1 neuron",'
            " statistics: {m: 6}}'",
        ),
    ],
)
def test_neurons_without_m_are_a_fault_that_says_what_to_write(claim: str, lines: str, tmp_path: Path) -> None:
    assert faults(tmp_path, claim) == [HANGS + lines]
    # What it says is what it takes, and so does m said around the claim.
    for line in lines.strip("'").split("' or '"):
        (tmp_path / "c.yaml").write_text(f"claims:\n  {line}\n")
        assert len(load_suite(spec(tmp_path)).claims) == 1
        (tmp_path / "c.yaml").unlink()
    assert len(load_suite(spec(tmp_path, claim, statistics={"m": 3})).claims) == 1
    assert len(load_suite(spec(tmp_path, claim), overrides={"m": 3}).claims) == 1


def test_what_needs_no_m(tmp_path: Path) -> None:
    claims = [
        "a overlaps b by at least 60% of the ceiling",
        "raw neurons of a and b are nearly identical",
        "baseline-normalized sets differ from raw",
        "a has consistent neurons against b",
        "a overlaps b more than c",
        "normalization separates a and b better than raw",
    ]
    assert len(load_suite(spec(tmp_path, *claims)).claims) == 6


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        ("a overlaps b by at least 100% of the ceiling", "share 0% to 100% of the ceiling: this claim could never be"),
        ("a overlaps b by at most 0% of the ceiling", "share 0% to 100% of the ceiling: this claim could never be"),
        ("a overlaps b by at most 100% of the ceiling", "share 0% to 100% of the ceiling: this claim could never fail"),
        ("a overlaps x by at most 50% of the ceiling", "'x' is a published set, of which there are no halves, and so"),
    ],
)
def test_shares_that_no_test_could_decide(claim: str, fault: str, tmp_path: Path) -> None:
    (found,) = faults(tmp_path, claim)
    assert fault in found


def test_a_share_is_tested_against_a_part_of_the_ceiling() -> None:
    data, neutral = two(0, 10, strength=3.0)
    found = evidence_on("a overlaps b by at least 60% of the ceiling", data, neutral, selection=TEN)
    by_name: dict[str, Estimate] = {one.name: one for one in found.details}
    own = [by_name[f"{name}, two halves of its prompts"].value for name in "ab"]
    shared = by_name["a/b, share of the ceiling"].value * np.mean(own)
    assert found.effect.name == "a/b minus 60% of the ceiling"
    assert found.effect.value == pytest.approx(shared - 0.6 * np.mean(own))
    assert found.effect.reference == 0
    assert f"{by_name['a/b, share of the ceiling'].value:.0%} of the ceiling" in found.effect.note
    above, below = (
        half_t_of(f"a overlaps b by {side} 60% of the ceiling", data, neutral) for side in ("at least", "at most")
    )
    assert above.p == pytest.approx(below.p_opposite)
    # The ceilings' variance counts twice.
    claim, traces = claim_on("a overlaps b by at least 60% of the ceiling", data, neutral, selection=TEN)
    trial = Trial(claim, traces)
    (decisive,) = trial.decide(Thresholds.of(0.05))
    (asked,) = procedure_of(claim.kind).hypotheses(claim, trial.half_samples())
    once = trial.half_samples().variance(asked.term, level=False)
    assert decisive.variance == trial.half_samples().variance(asked.term, level=True) > once


def nothing(n: int = 8) -> tuple[dict[str, Floats], Floats]:
    """Two concepts of which every prompt has a neuron of its own: no two halves share any."""
    data = {name: np.zeros((n, 60)) for name in "ab"}
    for at, name in enumerate("ab"):
        for prompt in range(n):
            data[name][prompt, 3 * (at * n + prompt) % 60 : 3 * (at * n + prompt) % 60 + 3] = 10.0 + prompt
    return data, np.zeros((12, 60))


@pytest.mark.parametrize("side", ["at least", "at most"])
def test_a_ceiling_of_nothing_decides_nothing(side: str) -> None:
    data, neutral = nothing()
    found = evidence_on(
        f"a overlaps b by {side} 50% of the ceiling",
        data,
        neutral,
        width=60,
        selection=Selection(k=3),
        statistics=Statistics(m=2),
    )
    share = next(one for one in found.details if one.name == "a/b, share of the ceiling")
    assert (share.value, share.note) == (0.0, "two halves of one share nothing")
    assert found.effect.value == 0
    assert found.p == found.p_opposite == 0.5


@pytest.mark.parametrize("share", [0.2, 0.8])
def test_shares_err_as_often_as_they_may(share: float) -> None:
    """Both sides' errors at the true share, and how often the interval misses; by the design each is .01 to .03."""
    cells = [two(seed, 10, shared=round(10 * share), strength=3.0) for seed in range(80)]
    values = []
    for seed, (data, neutral) in enumerate(cells):
        found = evidence_on("a overlaps b by at least 50% of the ceiling", data, neutral, selection=TEN, seed=seed)
        numbers = {one.name: one.value for one in found.details}
        own = np.mean([numbers[f"{name}, two halves of its prompts"] for name in "ab"])
        values.append((numbers["a/b, share of the ceiling"] * own, own))
    truth = float(np.divide(*np.sum(values, axis=0)))
    results = [half_t_of(f"a overlaps b by at least {100 * truth:.6f}% of the ceiling", *one) for one in cells]
    most = stats.binom.isf(1e-4, len(cells), 0.05)
    assert sum(one.p <= 0.05 for one in results) <= most
    assert sum(one.p_opposite <= 0.05 for one in results) <= most
    assert sum(not one.interval(0.95)[0] <= 0 <= one.interval(0.95)[1] for one in results) <= most


def test_all_concepts_must_differ_and_one_exception_refutes() -> None:
    data, neutral = two(1, 12, strength=5.0)
    sentence = "baseline-normalized sets differ from raw"
    found = evidence_on(sentence, data, neutral, selection=TEN, statistics=Statistics(differ_below=0.2))
    assert {key.chances for key in found.keys} == {2}
    assert {key.about for key in found.keys} <= {"a", "b"}
    assert found.p == max(key.p for key in found.keys)
    assert found.effect.name.endswith("minus 20% of the ceiling (the weakest of 2 concepts)")
    parts = [one for one in found.details if one.name.endswith("raw and normalized minus 20% of the ceiling")]
    assert found.effect.value == max(one.value for one in parts)
    assert len(found.nulls) == len(found.keys)


@pytest.mark.parametrize(
    "sentence",
    [
        "a overlaps b by at least 60% of the ceiling",
        "a overlaps b by at most 4 neurons",
        "raw neurons of a and b are nearly identical",
        "baseline-normalized sets differ from raw for a",
        "a has consistent neurons",
        "the lowest overlap is between a and b among c",
        "the highest overlap is between a and b",
    ],
)
def test_claims_about_levels_are_replayed(sentence: str) -> None:
    data, neutral = two(3, 12)
    world = World(np.random.default_rng(9), layers=2, width=120)
    data["c"] = world.concept(12)
    everyone = {name: Concept(name, prompts_of(name, rows)) for name, rows in data.items()}
    claim, traces = claim_on(sentence, data, neutral, selection=TEN, statistics=Statistics(m=5))
    _, more = claim_on("a, b and c have distinct neurons", data, neutral, selection=TEN)
    found = vacuity_of(claim, everyone, {**more, **traces}, worlds=5)
    assert found.worlds > 0
    assert not found.reason


def with_rare(world: World, count: int, signal: Signal) -> Floats:
    """Prompts of which 3% are eight times as far from what is usual, in all neurons."""
    out = world.concept(count, signal) - world.mean
    out[world.rng.random(count) < 0.03] *= 8
    return out + world.mean


@pytest.mark.parametrize(
    ("select", "least", "most"),
    [("mean", 0.12, 0.3), ("consistency", 0.0, 0.12)],
)
def test_rare_prompts_far_from_all_others_mislead_consistent_by_mean(select: str, least: float, most: float) -> None:
    # .20 and .04 of 300, as docs/statistics.md says: most samples have none of them, and nothing in these can tell.
    world = World(np.random.default_rng(44), layers=2, width=150, massive=2, template=0.0)
    signal, neutral = (world.take(8), np.full(8, 2.5)), world.neutral(30)
    own = Selection(k=10, select=select)  # type: ignore[arg-type]

    def fresh() -> Floats:
        chosen = selector(with_rare(world, 10, signal) - neutral.mean(axis=0), select=select, k=10, smallest=10)
        out = np.zeros(world.size)
        out[chosen.columns] = chosen.memberships(np.ones((1, 10)))[0]
        return out

    sets = np.array([fresh() for _ in range(300)])
    # Of every two of these sets, what they share on average.
    shared = (np.sum(sets.sum(axis=0) ** 2) - np.sum(sets**2)) / (300 * 299)
    at_the_truth = Statistics(m=10, consistent_above=shared / 10)
    world.rng = np.random.default_rng(9)
    shown = 0
    for seed in range(80):
        data = {"a": with_rare(world, 20, signal)}
        claim, traces = claim_on(
            "a has consistent neurons", data, neutral, width=150, selection=own, statistics=at_the_truth, seed=seed
        )
        shown += Trial(claim, traces).decide(Thresholds.of(0.05))[0].p <= 0.05
    assert least <= shown / 80 <= most
