from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import neurontest.neurons.pieces as pieces_module
import neurontest.neurons.select as select_module
from neurontest.arrays import Floats
from neurontest.neurons.normalize import exact_mean, fixed_point, normalize
from neurontest.neurons.select import ConsistencySelector, MeanSelector, selector, top

SCORES = arrays(np.float64, st.tuples(st.integers(2, 6), st.just(12)), elements=st.integers(-3, 3).map(float))


def subsets(n: int, m: int) -> Floats:
    out = np.zeros((0, n))
    for chosen in combinations(range(n), m):
        row = np.zeros((1, n))
        row[0, list(chosen)] = 1
        out = np.r_[out, row]
    return out


def shared(keys: list[tuple[Fraction, ...]], k: int) -> list[Fraction]:
    """Memberships of the top k: the definition, with fractions for ties at the edge."""
    if k >= len(keys):
        return [Fraction(1)] * len(keys)
    edge = sorted(keys, reverse=True)[k - 1]
    above, tied = sum(key > edge for key in keys), sum(key == edge for key in keys)
    return [Fraction(1) if key > edge else Fraction(k - above, tied) if key == edge else Fraction(0) for key in keys]


def strongest(values: list[Fraction], width: int | None) -> list[Fraction]:
    if width is None:
        return values
    return [max(values[index::width]) for index in range(width)]


def by_definition(scores: Floats, rows: list[int], k: int, own: int | None, select: str, width: int | None) -> Floats:
    """The set that the prompts `rows` select, by the words of the glossary."""
    exact = [[Fraction(value) for value in line] for line in scores]
    means = strongest([sum((exact[row][i] for row in rows), Fraction(0)) for i in range(scores.shape[1])], width)
    if select == "mean":
        return np.array([float(x) for x in shared([(mean,) for mean in means], k)])
    counts = [Fraction(0)] * len(means)
    for row in rows:
        members = shared([(value,) for value in strongest(exact[row], width)], own or k)
        # Counts are fixed-point numbers: a third is a third up to 2^-24.
        counts = [total + Fraction(round(member * 2**24)) for total, member in zip(counts, members, strict=True)]
    return np.array([float(x) for x in shared(list(zip(counts, means, strict=True)), k)])


@settings(max_examples=60, deadline=None)
@given(
    SCORES,
    st.integers(1, 5),
    st.sampled_from(["mean", "consistency"]),
    st.sampled_from([None, 4]),
    st.sampled_from([None, 1, 3]),
    st.sampled_from([(1, 1, 1), (1, 2, 3), (512, 4, 256)]),
    st.data(),
)
def test_selection_is_what_the_glossary_says(
    scores: Floats,
    k: int,
    select: str,
    width: int | None,
    own: int | None,
    steps: tuple[int, int, int],
    data: st.DataObject,
) -> None:
    """Pruned or not, visited in blocks or at once, every subset's set is the one that the definition gives."""
    block, growth, rows = steps
    m = data.draw(st.integers(1, len(scores)))
    if width is not None:
        k = min(k, width)
    asked = subsets(len(scores), m)
    held = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=width or 12, max_size=width or 12)))
    with (
        mock.patch.multiple(select_module, _BLOCK=block, _GROWTH=growth + 1, _ROWS=rows),
        mock.patch.object(pieces_module, "CHUNK_BYTES", 8 * 12 * rows),
    ):
        chosen = selector(scores, select=select, k=k, smallest=m, per_prompt_k=own, width=width)
        wide = np.zeros((len(asked), chosen.size))
        wide[:, chosen.columns] = chosen.memberships(asked)
        places, held_sets = chosen.selected(asked)
        shared = chosen.sharing(held[chosen.columns])(asked)
    assert shared == pytest.approx(wide @ held)
    assert list(places) == [at for at, column in enumerate(chosen.columns) if wide[:, column].any()]
    assert (held_sets == wide[:, chosen.columns[places]]).all()
    for got, row in zip(wide, asked, strict=True):
        expected = by_definition(scores, list(np.flatnonzero(row)), k, own, select, width)
        assert got == pytest.approx(expected, abs=1e-9)
        assert got.sum() == pytest.approx(k)


@pytest.mark.parametrize("select", ["mean", "consistency"])
def test_order_of_prompts_changes_nothing(select: str) -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(12, 500)) * np.exp(rng.normal(0, 2, 500)) + 3000 * (np.arange(500) < 3)
    order = rng.permutation(12)
    rows = (rng.random((40, 12)) < 0.5).astype(float)
    rows[rows.sum(axis=1) < 3] = 1
    one = selector(scores, select=select, k=10, smallest=3)
    other = selector(scores[order], select=select, k=10, smallest=3)
    assert (one.columns == other.columns).all()
    assert (one.memberships(rows) == other.memberships(rows[:, order])).all()


def test_most_neurons_are_never_visited() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(10, 5000))
    scores[:, :12] += 30
    assert len(MeanSelector(scores, 10, 5).columns) == 12


@pytest.mark.parametrize("width", [None, 250])
def test_many_neurons_in_pieces_are_selected_as_in_one(width: int | None) -> None:
    """Among thousands of neurons, whatever is looked at in one go, the sets are those of a look at all sums."""
    rng = np.random.default_rng(4)
    scores = (rng.normal(size=(12, 3000)) + np.where(rng.random(3000) < 0.02, 2.0, 0.0)).astype(np.float32)
    scores[:, :3] += 300
    rows = (rng.permuted(np.tile(np.arange(12), (300, 1)), axis=1) < 6).astype(float)
    sums = rows @ fixed_point(scores, 12)
    expected = top(sums if width is None else sums.reshape(300, -1, width).max(axis=1), 10)
    held = np.asarray(rng.integers(0, 3, expected.shape[1]) / 2, dtype=np.float64)
    for block, growth, together, size in ((1, 2, 7, 500), (96, 4, 256, 4_000_000), (5000, 2, 300, 100_000)):
        with (
            mock.patch.multiple(select_module, _BLOCK=block, _GROWTH=growth, _ROWS=together, CHUNK_BYTES=size),
            mock.patch.object(pieces_module, "CHUNK_BYTES", size),
        ):
            chosen = MeanSelector(scores, 10, 6, width)
            assert (chosen.memberships(rows) == expected[:, chosen.columns]).all()
            assert chosen.sharing(held[chosen.columns])(rows) == pytest.approx(expected @ held)


@pytest.mark.parametrize("width", [None, 250])
def test_neurons_that_single_precision_cannot_tell_apart_are_told_apart(width: int | None) -> None:
    rng = np.random.default_rng(6)
    scores = 1000 + rng.integers(-9, 9, (12, 2000)) * 2.0**-20
    rows = (rng.permuted(np.tile(np.arange(12), (50, 1)), axis=1) < 6).astype(float)
    sums = rows @ fixed_point(scores, 12)
    expected = top(sums if width is None else sums.reshape(50, -1, width).max(axis=1), 10)
    chosen = MeanSelector(scores, 10, 6, width)
    assert (chosen.memberships(rows) == expected[:, chosen.columns]).all()


def test_of_many_neurons_few_are_copied() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(10, 50_000)).astype(np.float32)
    scores[:, :12] += 1
    chosen = MeanSelector(scores, 10, 5)
    rows = (rng.permuted(np.tile(np.arange(10), (50, 1)), axis=1) < 5).astype(float)
    chosen.sharing((chosen.columns < 12).astype(float))(rows)
    assert 8 * chosen._sums._copied.shape[1] < len(chosen.columns)


@pytest.mark.parametrize("width", [None, 500])
def test_subsets_of_any_size_and_repeated_prompts_select_alike(width: int | None) -> None:
    """Few columns are visited, and what they give is what a look at all of them gives."""
    rng = np.random.default_rng(2)
    scores = rng.normal(size=(12, 3000)) + np.where(rng.random(3000) < 0.02, 3.0, 0.0)
    subsets_of_many_sizes = rng.integers(0, 3, (60, 12)).astype(float)
    subsets_of_many_sizes[0] = 1
    chosen = MeanSelector(scores, 10, 1, width)
    with mock.patch.object(select_module, "_BLOCK", 32):
        places, sets = chosen.selected(subsets_of_many_sizes)
    assert 2 * chosen._sums._copied.shape[1] < len(chosen.columns) * (3000 // chosen.size)
    with mock.patch.object(select_module, "_BLOCK", 10_000):
        assert (chosen.memberships(subsets_of_many_sizes)[:, places] == sets).all()


def test_lists_shorter_than_the_set_leave_places_to_the_mean() -> None:
    scores = np.array([[9.0, 1, 5, 0], [9.0, 1, 5, 0]])
    chosen = ConsistencySelector(scores, 2, 2, per_prompt_k=1)
    member = np.zeros(4)
    member[chosen.columns] = chosen.memberships(np.ones((1, 2)))[0]
    assert member.tolist() == [1, 0, 1, 0]


def test_ties_are_never_broken_by_index() -> None:
    assert top(np.array([[3.0, 1, 1, 1]]), 2)[0] == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3])


@given(arrays(np.float64, (6, 3), elements=st.floats(-1e6, 1e6)), st.permutations(range(6)))
def test_the_baseline_mean_does_not_depend_on_order(values: Floats, order: list[int]) -> None:
    with mock.patch.object(pieces_module, "CHUNK_BYTES", 100):
        in_pieces = exact_mean(values)
    assert (exact_mean(values) == in_pieces).all()
    assert (exact_mean(values) == exact_mean(values[order])).all()
    assert exact_mean(values) == pytest.approx(values.mean(axis=0), rel=1e-6, abs=1e-6)


@given(st.floats(1e-3, 1e12), st.integers(1, 100_000))
def test_sums_of_fixed_point_numbers_are_exact(size: float, rows: int) -> None:
    whole = fixed_point(np.array([[size], [-size]]), rows)
    assert (whole == np.rint(whole)).all()
    assert np.abs(whole).max() * rows <= 2.0**53


def test_normalizations() -> None:
    rng = np.random.default_rng(1)
    x, baseline = rng.normal(2, 1, (4, 50)), rng.normal(0, 1, (30, 50))
    assert normalize(x, None, "raw") == pytest.approx(x)
    assert normalize(x, baseline, "difference") == pytest.approx(x - baseline.mean(axis=0), abs=1e-6)
    z = normalize(x, baseline, "zscore")
    variance = (29 * baseline.var(axis=0, ddof=1) + 4 * np.median(baseline.var(axis=0, ddof=1))) / 33
    assert z == pytest.approx((x - baseline.mean(axis=0)) / variance**0.5, abs=1e-5)
    with pytest.raises(ValueError, match="needs a baseline"):
        normalize(x, None, "difference")
    with pytest.raises(ValueError, match="at least two"):
        normalize(x, baseline[:1], "zscore")


def test_a_dead_neuron_has_a_finite_zscore() -> None:
    baseline = np.zeros((5, 3))
    baseline[:, 0] = [1, -1, 1, -1, 0]
    assert np.isfinite(normalize(np.ones((2, 3)), baseline, "zscore")).all()


@pytest.mark.parametrize("width", [None, 250])
def test_subsets_of_few_prompts_of_a_pool_select_as_by_all_sums(width: int | None) -> None:
    """Prompts that every subset leaves out are not looked at, and those of a later part are others."""
    rng = np.random.default_rng(8)
    scores = rng.normal(size=(12, 3000)) + np.where(rng.random(3000) < 0.02, 2.0, 0.0)
    rows = np.zeros((200, 12))
    for start, members in ((0, [1, 4, 7, 10]), (80, [0, 2, 3, 5]), (160, [6, 8, 9, 11])):
        size = min(80, 200 - start)
        rows[start : start + size, members] = rng.permuted(np.tile([1.0, 1.0, 1.0, 0.0], (size, 1)), axis=1)
    sums = rows @ fixed_point(scores, 12)
    expected = top(sums if width is None else sums.reshape(200, -1, width).max(axis=1), 10)
    chosen = MeanSelector(scores, 10, 3, width)
    places, sets = chosen.selected(rows)
    assert (sets == expected[:, chosen.columns[places]]).all()
    assert (sets.sum(axis=1) == 10).all()
