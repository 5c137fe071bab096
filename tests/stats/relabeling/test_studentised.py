"""The statistics of the permutation keys, against their definitions on one relabeling."""

from __future__ import annotations

import numpy as np
import pytest

from neurontest.arrays import Floats, Labels
from neurontest.neurons.select import MeanSelector
from neurontest.stats.half_samples.subsampling import Probabilities, probabilities
from neurontest.stats.relabeling.relabel import every_labeling
from neurontest.stats.relabeling.studentised import Held, distinctness, overlap_difference, relabelled

M, K = 4, 5
RNG = np.random.default_rng(0)
A, B, C = (RNG.normal(size=(n, 40)) + RNG.exponential(0.5, 40) for n in (9, 8, 11))
EQUAL = [RNG.normal(size=(8, 40)) + RNG.exponential(0.5, 40) for _ in range(3)]


def chosen(*scores: Floats) -> MeanSelector:
    return MeanSelector(np.concatenate(scores), K, M)


def wide(scores: Floats, selector: MeanSelector, rows: range) -> tuple[Floats, Probabilities]:
    """Selection probabilities [neuron] of some rows."""
    found = probabilities(np.array(rows)[None], selector.scored(), M)
    out = np.zeros(scores.shape[1])
    out[selector.columns] = found.pi[0]
    return out, found


def variance(moved: Floats) -> float:
    return float((moved**2).sum() / (len(moved) * (len(moved) - 1)))


@pytest.mark.parametrize("by", [0.0, 0.7])
def test_an_overlap_difference_by_hand(by: float) -> None:
    own, pool = chosen(A), chosen(B, C)
    held = Held.sampled(own, 9, M, pool)
    statistic = relabelled(overlap_difference(held, samples="abc", by=by), pool, (8, 11), M)
    pi_a, found_a = wide(A, own, range(9))
    pi_b, found_b = wide(B, pool, range(8))
    pi_c, found_c = wide(C, pool, range(8, 19))
    spread = sum(
        variance(found.influence(gradient[None, columns])[0])
        for found, gradient, columns in (
            (found_a, pi_b - pi_c, own.columns),
            (found_b, pi_a, pool.columns),
            (found_c, pi_a, pool.columns),
        )
    )
    floor = 1 / 81 + 1 / 64 + 1 / 121
    expected = (pi_a @ (pi_b - pi_c) - by) / max(spread, floor) ** 0.5
    labels = np.repeat([0, 1], [8, 11]).astype(np.int8)[None]
    assert statistic(labels) == pytest.approx([expected], abs=1e-9)


def test_a_published_set_has_no_variance() -> None:
    pool = chosen(B, C)
    members = np.zeros(40)
    members[:6] = 1.0
    statistic = relabelled(overlap_difference(Held.published(members, pool), samples="abc"), pool, (8, 11), M)
    pi_b, found_b = wide(B, pool, range(8))
    pi_c, found_c = wide(C, pool, range(8, 19))
    spread = sum(variance(one.influence(members[None, pool.columns])[0]) for one in (found_b, found_c))
    expected = members @ (pi_b - pi_c) / max(spread, 1 / 64 + 1 / 121) ** 0.5
    assert statistic(np.repeat([0, 1], [8, 11]).astype(np.int8)[None]) == pytest.approx([expected], abs=1e-9)


@pytest.mark.parametrize("templates", [False, True])
def test_distinctness_by_hand_and_that_of_every_two(templates: bool) -> None:
    pool = chosen(*EQUAL)
    samples = "aaa" if templates else "abc"
    statistic = relabelled(distinctness(samples, pairs=True), pool, (8, 8, 8), M, within=templates)
    found = [wide(one, pool, range(8 * at, 8 * at + 8)) for at, one in enumerate(EQUAL)]

    def expected(*members: int) -> float:
        size, pairs = len(members), [(i, j) for i in members for j in members if i < j]
        apart = np.mean([found[one][1].within() for one in members])
        if templates:
            apart -= np.mean([found[i][1].beside(found[j][1]) for i, j in pairs])
        else:
            apart -= np.mean([found[i][0] @ found[j][0] for i, j in pairs])
        moved = []
        for one in members:
            gradient = 2 / size * found[one][0]
            gradient = gradient - sum(found[other][0] for other in members if other != one) / len(pairs)
            moved.append(found[one][1].influence(gradient[None, pool.columns])[0])
        # Concepts of common templates: what a template moves, it moves in all of them at once.
        spread = variance(sum(moved)) if templates else sum(map(variance, moved))
        return float(apart / max(spread, (1 if templates else size) / 64) ** 0.5)

    labels = np.repeat([0, 1, 2], 8).astype(np.int8)[None]
    assert statistic(labels)[0] == pytest.approx([expected(0, 1, 2), expected(0, 1), expected(0, 2), expected(1, 2)])


def test_templates_of_the_held_concept_too_are_compared_on_disjoint_halves() -> None:
    a, b, c = EQUAL
    own, pool = chosen(a), chosen(b, c)
    labels = np.repeat([0, 1], 8).astype(np.int8)[None]
    found = {
        samples: relabelled(
            overlap_difference(Held.sampled(own, 8, M, pool), samples=samples), pool, (8, 8), M, within=True
        )(labels)[0]
        for samples in ("aaa", "abb")
    }
    (_, found_a), (_, found_b), (_, found_c) = (
        wide(one, at, rows) for one, at, rows in ((a, own, range(8)), (b, pool, range(8)), (c, pool, range(8, 16)))
    )
    _, at_own, at_pool = np.intersect1d(own.columns, pool.columns, return_indices=True)
    held = found_a.at(at_own)
    difference = held.beside(found_b.at(at_pool)) - held.beside(found_c.at(at_pool))
    assert np.sign(found["aaa"]) == np.sign(difference[0])
    assert found["aaa"] != pytest.approx(found["abb"], abs=1e-3)


@pytest.mark.parametrize("width", [None, 10])
def test_swapped_labels_swap_the_sign_and_pieces_change_nothing(
    width: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = MeanSelector(A, K, 2, width)
    pool = MeanSelector(np.concatenate([B[:4], C[:4]]), K, 2, width)

    def statistic(labels: Labels) -> Floats:
        held = Held.sampled(own, 9, 2, pool)
        return relabelled(overlap_difference(held, samples="abc"), pool, (4, 4), 2)(labels)

    every = np.array(list(every_labeling([4, 4])), dtype=np.int8)
    whole = statistic(every)
    assert statistic(1 - every) == pytest.approx(-whole, abs=1e-9)
    monkeypatch.setattr("neurontest.stats.relabeling.studentised._TOGETHER", 1)
    assert statistic(every) == pytest.approx(whole, abs=1e-9)
