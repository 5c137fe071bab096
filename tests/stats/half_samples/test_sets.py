from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurontest.neurons.select import MeanSelector
from neurontest.stats.half_samples.half_t import HalfT, Hypothesis, equivalent, half_t, settle, weakest_of
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.halves import draw_halves, enumerate_halves, halves_of, jackknife_variance
from neurontest.stats.streams import Stream
from neurontest.stats.terms import Term

A, B = ("a", ""), ("b", "")
OTHER = ("a", "other")


def samples_of(n: int, m: int, seed: int = 0, pairs: int = 200) -> tuple[HalfSamples, dict[str, Stream]]:
    rng = np.random.default_rng(seed)
    selectors = {(name, ""): MeanSelector(rng.normal(size=(n, 30)) + np.arange(30) / 8, 5, m) for name in "ab"}
    streams = {name: Stream(seed, name) for name in "ab"}
    return HalfSamples.draw(selectors, {"a": n, "b": n}, m, pairs, streams), streams


def two_modes(n: int, m: int) -> HalfSamples:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(n, 30))
    selectors = {A: MeanSelector(scores, 5, m), OTHER: MeanSelector(scores + np.arange(30) / 8, 5, m)}
    return HalfSamples.draw(selectors, {"a": n}, m, 200, {"a": Stream(1, "a")})


@settings(deadline=None)
@given(st.integers(2, 9), st.data())
def test_all_halves_and_all_disjoint_pairs(n: int, data: st.DataObject) -> None:
    m = data.draw(st.integers(1, n // 2))
    halves = enumerate_halves(n, m)
    assert {tuple(np.flatnonzero(row)) for row in halves.subsets} == set(combinations(range(n), m))
    assert len(halves.first) == comb(n, m) * comb(n - m, m) // 2
    assert (halves.subsets[halves.first] * halves.subsets[halves.second]).sum() == 0


def test_drawn_halves_are_disjoint_and_uniform() -> None:
    halves = draw_halves(20, 7, 2000, Stream(1, "halves"))
    assert (halves.subsets.sum(axis=1) == 7).all()
    assert (halves.subsets[halves.first] * halves.subsets[halves.second]).sum() == 0
    # Each prompt is in 7 of 20 subsets; 4000 subsets, so the standard error is .0075.
    assert np.abs(halves.subsets.mean(axis=0) - 7 / 20).max() < 5 * 0.0075


def test_halves_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="between 1 and half of the 20 prompts"):
        draw_halves(20, 11, 5, Stream(0))


def test_jackknife_of_a_mean_is_its_sampling_variance() -> None:
    """For a statistic linear in the prompts, the variance has a closed form: s^2 / n (finite-sample corrected)."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=10)
    halves = enumerate_halves(10, 5)
    values = halves.subsets @ x / 5
    assert jackknife_variance(halves.subsets, values, exact=True) == pytest.approx(x.var(ddof=1) / 10 * 1.0, rel=1e-9)


def test_overlap_and_within_by_brute_force() -> None:
    samples, _ = samples_of(8, 3)
    sets = {}
    for key in (A, B):
        wide = np.zeros((comb(8, 3), 30))
        wide[:, samples.columns[key]] = samples.sets[key]
        sets[key] = wide
    rows = list(combinations(range(8), 3))
    disjoint = [(i, j) for i in range(len(rows)) for j in range(i) if not set(rows[i]) & set(rows[j])]
    assert samples.overlap(A, B).value == pytest.approx(np.mean(sets[A] @ sets[B].T))
    assert samples.within(A).value == pytest.approx(np.mean([sets[A][i] @ sets[A][j] for i, j in disjoint]))


def test_a_concept_with_itself_must_use_disjoint_halves() -> None:
    samples, _ = samples_of(8, 4)
    with pytest.raises(ValueError, match="disjoint"):
        samples.overlap(A, A)
    with pytest.raises(ValueError, match="two modes of one concept"):
        samples.cross(A, B)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_terms_are_linear(x: float, y: float) -> None:
    one = Term(x, {A: np.array([x, 1.0])}, {A: np.array([1.0, 0.0])})
    two = Term(y, {A: np.array([0.0, y]), B: np.array([y, y])})
    both = 2 * one - two
    assert both.value == pytest.approx(2 * x - y)
    assert both.gradient[A] == pytest.approx([2 * x, 2 - y])
    assert both.gradient[B] == pytest.approx([-y, -y])
    assert both.split[A] == pytest.approx([2, 0])


def test_half_t_is_students() -> None:
    samples, _ = samples_of(10, 5)
    term = samples.overlap(A, B)
    found = half_t(samples, Hypothesis(term, reference=1.0))
    variance = samples.variance(term, level=False)
    assert found.t == pytest.approx((term.value - 1) / variance**0.5)
    assert found.p == pytest.approx(stats.t.sf(found.t, 9))
    assert found.p + found.p_opposite == pytest.approx(1)
    below = half_t(samples, Hypothesis(term, reference=1.0, side=-1))
    assert below.p == pytest.approx(found.p_opposite)
    # The interval of a difference is plain, that of a level is not.
    low, high = half_t(samples, Hypothesis(term - Term(2.0, {}))).interval(0.95)
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 9, term.value - 2, variance**0.5))


def test_levels_of_split_half_terms_count_twice() -> None:
    samples = two_modes(10, 5)
    for term in (samples.within(A), samples.cross(A, OTHER)):
        assert samples.variance(term, level=True) == pytest.approx(2 * samples.variance(term, level=False))


def test_cross_by_brute_force() -> None:
    samples = two_modes(8, 4)
    halves = samples.halves["a"].subsets
    sets = {key: np.zeros((len(halves), samples.sizes[key])) for key in samples.sets}
    for key, found in samples.sets.items():
        sets[key][:, samples.columns[key]] = found
    shared = [
        sets[A][i] @ sets[OTHER][j] for i, one in enumerate(halves) for j, two in enumerate(halves) if one @ two == 0
    ]
    assert samples.cross(A, OTHER).value == pytest.approx(np.mean(shared))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 50), st.floats(0.01, 5))
def test_equivalent_if_the_90_percent_interval_lies_within_the_margin(seed: int, margin: float) -> None:
    samples, _ = samples_of(8, 4, seed)
    term = samples.overlap(A, B) - Term(2.0, {})
    above, below = equivalent(samples, term, margin)
    low, high = above.interval(0.9)
    assert (max(above.p, below.p) <= 0.05) == (-margin <= low and high <= margin)
    assert above.p == half_t(samples, Hypothesis(term, -margin)).p


def test_more_halves_are_drawn_until_no_threshold_is_in_doubt() -> None:
    samples, streams = samples_of(20, 10)
    value = samples.overlap(A, B).value

    def hypothesis(reference: float) -> object:
        return lambda at: [Hypothesis(at.overlap(A, B), reference)]

    far, [clear] = settle(samples, streams, hypothesis(value - 3), [0.05])  # type: ignore[arg-type]
    assert far.pairs == 200
    assert clear.se > 0
    critical = float(stats.t.isf(0.05, 19))
    near_value = value - critical * clear.variance**0.5
    near, [close] = settle(samples, {name: Stream(9, name) for name in "ab"}, hypothesis(near_value), [0.05])  # type: ignore[arg-type]
    assert near.pairs > 200
    assert near.pairs == 6400 or abs(abs(close.t) - critical) > 4 * close.se


def test_what_may_be_the_weakest_part_is_told() -> None:
    def part(t: float, se: float) -> HalfT:
        p = float(stats.t.sf(t, 19))
        return HalfT(1.0, 0.0, 1.0, 19, t, p, 1 - p, se, exact=False, pairs=200)

    weakest, doubtful, clear = part(2.0, 0.01), part(2.1, 0.05), part(2.5, 0.05)
    assert weakest_of([clear, doubtful, weakest]) == [weakest, doubtful]
    assert weakest_of([clear, part(2.2, 0.04)]) == [part(2.2, 0.04)]
    assert weakest_of([weakest]) == [weakest]
    # Equal ones, as of concepts whose sets never change, are one answer.
    assert weakest_of([part(2.0, 0.0), part(2.0, 0.0)]) == [part(2.0, 0.0)]


def test_extending_keeps_what_was_drawn() -> None:
    samples, streams = samples_of(20, 10, pairs=40)
    longer = samples.extended(streams)
    assert longer.pairs == 80
    assert (longer.halves["a"].subsets[:80] == samples.halves["a"].subsets).all()
    wide = np.zeros((160, samples.sizes[A]))
    wide[:, longer.columns[A]] = longer.sets[A]
    assert (wide[:80, samples.columns[A]] == samples.sets[A]).all()
    assert (wide.sum(axis=1) == samples.sets[A].sum(axis=1)[0]).all()
    parts = longer.batches(8)
    assert [part.pairs for part in parts] == [10] * 8
    assert np.mean([part.pi(A) for part in parts], axis=0) == pytest.approx(longer.pi(A))


def test_small_concepts_are_enumerated() -> None:
    assert halves_of(14, 7, 10, Stream(0)).exact
    assert not halves_of(15, 7, 10, Stream(0)).exact


def test_the_prompt_that_moves_a_term_most_is_known() -> None:
    halves = enumerate_halves(8, 4)
    # Neuron 0 is in the set of a half with prompt 5, neuron 1 in the others.
    sets = np.stack([halves.subsets[:, 5], 1 - halves.subsets[:, 5]], axis=1)
    other = np.stack([halves.subsets[:, 0], halves.subsets[:, 1]], axis=1) * 1e-3
    samples = HalfSamples.given(
        {("a", ""): 2, ("b", ""): 2},
        {("a", ""): np.arange(2), ("b", ""): np.arange(2)},
        {("a", ""): sets, ("b", ""): other},
        {"a": halves, "b": halves},
    )
    term = Term(1.0, {("a", ""): np.array([1.0, 0.0]), ("b", ""): np.array([1.0, 0.0])})
    sample, row, share = samples.heaviest(term) or ("", 0, 0.0)
    assert (sample, row) == ("a", 5)
    # All others of a half move against it, each by a seventh.
    assert share == pytest.approx(1 / (1 + 7 / 49), rel=1e-4)
    assert samples.heaviest(Term(1.0, {("a", ""): np.zeros(2)})) is None
