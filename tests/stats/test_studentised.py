"""The statistics of the permutation keys: those of the half-sample key on the same half-samples, digit by digit."""

from __future__ import annotations

import numpy as np
import pytest

from neurontest.stats.half_samples import HalfSamples, distinctness
from neurontest.stats.half_t import Hypothesis, half_t
from neurontest.stats.halves import draw_halves
from neurontest.stats.streams import Stream
from neurontest.stats.studentised import PAIRS, jackknife_variances, overlap_difference
from neurontest.stats.studentised import distinctness as studentised_distinctness
from tests.worlds import Floats

M, COLUMNS = 4, 12
SIZES = {"a": 9, "b": 8, "c": 11}


@pytest.fixture
def samples() -> HalfSamples:
    """Half-samples of three concepts of different size, whose sets hang on the prompts in them."""
    rng = np.random.default_rng(0)
    halves = {name: draw_halves(n, M, PAIRS, Stream(1, name)) for name, n in SIZES.items()}
    sets = {}
    for name, n in SIZES.items():
        scores = halves[name].subsets @ rng.normal(size=(n, COLUMNS)) + rng.normal(size=COLUMNS)
        sets[name, ""] = (scores >= np.sort(scores, axis=1)[:, -4:-3]).astype(float)
    columns = {key: np.arange(COLUMNS) for key in sets}
    return HalfSamples.given(dict.fromkeys(sets, COLUMNS), columns, sets, halves)


def halves_and_sets(samples: HalfSamples, names: str) -> tuple[list[Floats], list[Floats]]:
    """Of one relabeling."""
    return (
        [samples.halves[name].subsets[None] for name in names],
        [samples.sets[name, ""][None] for name in names],
    )


@pytest.mark.parametrize("by", [0.0, 0.7])
def test_an_overlap_difference_is_its_half_t(samples: HalfSamples, by: float) -> None:
    statistic = overlap_difference(samples.halves["a"].subsets, samples.sets["a", ""], M, by)
    halves, sets = halves_and_sets(samples, "bc")
    term = samples.overlap(("a", ""), ("b", "")) - samples.overlap(("a", ""), ("c", ""))
    expected = half_t(samples, Hypothesis(term, by)).t
    assert abs(expected) > 0.1
    assert statistic(halves, np.arange(COLUMNS), sets) == pytest.approx([expected])


def test_distinctness_is_its_half_t_and_so_is_that_of_every_two(samples: HalfSamples) -> None:
    found = studentised_distinctness(M, pairs=True)(
        halves_and_sets(samples, "abc")[0], np.arange(COLUMNS), halves_and_sets(samples, "abc")[1]
    )
    expected = [half_t(samples, Hypothesis(distinctness(samples, names)[0])).t for names in ("abc", "ab", "ac", "bc")]
    assert min(map(abs, expected)) > 0.1
    assert found[0] == pytest.approx(expected)


def test_whole_numbers_are_added_without_rounding() -> None:
    rng = np.random.default_rng(2)
    subsets = np.stack([draw_halves(9, M, PAIRS, Stream(seed)).subsets for seed in range(20)])
    values = rng.integers(0, 5000, size=subsets.shape[:2]).astype(float)
    order = rng.permutation(subsets.shape[1])
    assert (
        jackknife_variances(subsets[:, order], values[:, order], M) == jackknife_variances(subsets, values, M)
    ).all()
