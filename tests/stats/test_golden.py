"""Cases small enough to be enumerated by hand, in exact fractions (tests/golden/golden.json)."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from neurontest.arrays import Floats
from neurontest.neurons.overlap import coefficient, count, jaccard, rank_biased
from neurontest.neurons.select import ConsistencySelector, MeanSelector
from neurontest.stats.family.correction import adjust
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.halves import jackknife_variance
from neurontest.stats.relabeling.relabel import every_labeling, relabel, relabelings
from neurontest.stats.sequential import excluded
from neurontest.stats.streams import Stream
from neurontest.stats.terms import Key

CASES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "golden" / "golden.json").read_text())


def exactly(value: float, fraction: str) -> bool:
    return value == pytest.approx(float(Fraction(fraction)), rel=1e-12, abs=1e-15)


def index_breaks_ties(rows: list[list[int]]) -> Floats:
    """The golden cases of sets say that equal sums go to the smaller index; ours share the place, so none is equal."""
    values = np.array(rows, dtype=np.float64)
    return values - np.arange(values.shape[1]) * 2.0**-20


def first_group_sum(values: Floats) -> Any:
    return lambda labels: (labels == 0) @ values


@pytest.mark.parametrize("name", ["two_sample_mean", "two_sample_ties"])
def test_two_sample(name: str) -> None:
    case = CASES[name]
    pool = np.array(case["x"] + case["y"], dtype=np.float64)
    found = relabel(first_group_sum(pool), [3, 3], Stream(0, name))
    assert found.exact
    assert found.draws == case["relabelings"]
    assert exactly(found.p, case["p_greater"])


def test_overlap_greater_by_permutation_of_whole_sets_has_no_power() -> None:
    case = CASES["overlap_greater_permutation"]
    a, b, c = (index_breaks_ties(case[name]) for name in "abc")
    set_a = MeanSelector(a, case["k"], 3).memberships(np.ones((1, 3)))
    chosen = MeanSelector(a, case["k"], 3)
    wide_a = np.zeros(a.shape[1])
    wide_a[chosen.columns] = set_a[0]
    pool = MeanSelector(np.concatenate([b, c]), case["k"], 3)

    def statistic(labels: npt.NDArray[np.int8]) -> Floats:
        sets = []
        for group in (0, 1):
            wide = np.zeros((len(labels), a.shape[1]))
            wide[:, pool.columns] = pool.memberships((labels == group).astype(np.float64))
            sets.append(wide @ wide_a)
        out: Floats = sets[0] - sets[1]
        return out

    found = relabel(statistic, [3, 3], Stream(0, "golden"))
    assert sorted(np.flatnonzero(wide_a)) == case["S_a"]
    assert found.observed == case["T"]
    assert found.draws == case["relabelings"]
    assert exactly(found.p, case["p"])


def test_half_samples() -> None:
    case = CASES["half_sample"]
    scores = {name: index_breaks_ties(case[name]) for name in "ab"}
    keys: dict[str, Key] = {name: (name, "") for name in "ab"}
    selectors = {keys[name]: MeanSelector(scores[name], case["k"], case["m"]) for name in "ab"}
    streams = {name: Stream(0, name) for name in "ab"}
    samples = HalfSamples.draw(selectors, {"a": 4, "b": 4}, case["m"], 10, streams)
    overlap = samples.overlap(keys["a"], keys["b"])
    for name in "ab":
        assert all(exactly(*pair) for pair in zip(samples.pi(keys[name]), case[f"pi_{name}"], strict=True))
        assert exactly(samples.within(keys[name]).value, case[f"within_{name}"])
        values = samples.sets[keys[name]] @ overlap.gradient[keys[name]][samples.columns[keys[name]]]
        variance = jackknife_variance(samples.halves[name].subsets, values, exact=True)
        assert exactly(variance, case[f"V_ij_{name}"])
    assert exactly(overlap.value, case["U"])
    # 1/216 + 1/27 lies under the floor of one neuron flipping with probability 1/4 in each concept.
    assert exactly(samples.variance(overlap, level=False), "1/8")
    whole = [selectors[keys[name]].memberships(np.ones((1, 4)))[0] for name in "ab"]
    wide = np.zeros((2, 5))
    for row, name in enumerate("ab"):
        wide[row, selectors[keys[name]].columns] = whole[row]
    assert count(*wide) == case["overlap_full"]


def test_distinct() -> None:
    case = CASES["distinct"]
    pool = MeanSelector(index_breaks_ties(case["X"]), case["k"], 2)

    def minus_overlap(labels: npt.NDArray[np.int8]) -> Floats:
        sets = [pool.memberships((labels == group).astype(np.float64)) for group in range(3)]
        out: Floats = -sum((sets[i] * sets[j]).sum(axis=1) for i, j in ((0, 1), (0, 2), (1, 2)))
        return out

    found = relabel(minus_overlap, [2, 2, 2], Stream(0, "golden"))
    assert found.draws == case["relabelings"]
    assert -found.observed == case["T"]
    assert exactly(found.p, case["p"])


@pytest.mark.parametrize("name", ["ties_fractional", "ties_fractional_2"])
def test_consistency_ties_are_fractions(name: str) -> None:
    case = CASES[name]
    # Members of a prompt's list score 1, the others 0; equal means, so only the counts decide.
    scores = np.zeros((len(case["lists"]), 5))
    for row, members in enumerate(case["lists"]):
        scores[row, members] = 1.0
    chosen = ConsistencySelector(scores, case["k"], len(scores), per_prompt_k=2)
    member = np.zeros(5)
    member[chosen.columns] = chosen.memberships(np.ones((1, len(scores))))[0]
    assert all(exactly(*pair) for pair in zip(member, case["membership"], strict=True))
    if name == "ties_fractional_2":
        assert exactly(count(member, member), "4/3")


def test_max_over_neurons() -> None:
    case = CASES["max_T"]
    X = np.array(case["X"], dtype=np.float64)

    def differences(labels: npt.NDArray[np.int8]) -> Floats:
        out: Floats = np.where(labels == 0, 1.0, -1.0) @ X
        return out

    def of(neuron: int) -> Callable[[npt.NDArray[np.int8]], Floats]:
        return lambda labels: differences(labels)[:, neuron]

    for neuron in (0, 1):
        own = relabel(of(neuron), [3, 3], Stream(0, "t"))
        assert own.observed == case["T"][neuron]
        assert exactly(own.p, case["p_raw"][neuron])
        highest = relabel(lambda labels: differences(labels).max(axis=1), [3, 3], Stream(0, "t"))
        assert exactly(float((highest.null >= own.observed).mean()), case["p_maxT"][neuron])


def test_monte_carlo() -> None:
    case = CASES["monte_carlo"]

    def never(labels: npt.NDArray[np.int8]) -> Floats:
        return np.where((labels[:, :8] == 0).all(axis=1), 1.0, 0.0)

    found = relabel(never, [8, 12], Stream(1, "golden"), enumerated=0, fewest=999, most=999)
    assert found.exceedances == 0
    assert found.p == pytest.approx(1 / 1000)
    assert exactly(found.p, case["add_one_b0_B999"])
    first = next(draws for draws in range(1, 1000) if excluded(draws, 0, 0.05))
    assert first == case["robbins_lai_first_stop_b0_alpha05_eps1e3"]


def test_families() -> None:
    case = CASES["families"]
    p = [float(Fraction(value)) for value in case["p"]]
    for method in ("holm", "bh"):
        assert all(exactly(*pair) for pair in zip(adjust(p, method), case[method], strict=True))
    bonferroni = adjust(p, "bonferroni")
    assert all(exactly(*pair) for pair in zip(bonferroni, case["bonferroni_declared_m"], strict=True))


def test_smallest_p() -> None:
    for sizes, p in CASES["smallest_p"]["two_sample"].items():
        n, m = (int(size) for size in sizes.split("+"))
        assert exactly(1 / relabelings([n, m]), p)
    assert len(set(every_labeling([3, 3]))) == 20


def test_set_measures() -> None:
    case = CASES["set_measures"]
    a, b = np.zeros(8), np.zeros(8)
    a[case["a"]] = b[case["b"]] = 1.0
    assert count(a, b) == case["overlap"]
    assert exactly(jaccard(a, b), case["jaccard"])
    assert exactly(coefficient(a, b), case["overlap_coefficient"])
    assert exactly(rank_biased([1, 2, 3], [1, 3, 2], 0.5), "7/8")
