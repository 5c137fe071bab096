"""The reference grid in short: its worlds made small, and fewer data sets.

Bounds are for flukes, not for comfort: if a test's true error rate is the largest that the design's simulations found
for its key, more than the bound are declared with probability 1e-5. Seeds are fixed besides.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from scipy import stats

from neurontest.claims import describe
from neurontest.types import Statistics
from tests.calibration import worlds
from tests.calibration.cell import Cell, run_cell
from tests.calibration.grid import Counts
from tests.calibration.reference import CELLS

pytestmark = pytest.mark.calibration

REFERENCE = {Counts.of(cell).key: cell for cell in CELLS}
#: Largest error rates found for the half-sample key, and for the studentised relabelings.
HALF_SAMPLE, RELABELED = 0.062, 0.093
NULLS = {
    "overlap_greater/equal overlaps/8/mean": 100,
    "overlap_greater/equal overlaps/8/consistency": 100,
    "overlap_greater/shared templates, equal overlaps/10/mean": 60,
    "overlap_above/at the true overlap/10/mean": 60,
    "overlap_below/at the true overlap/10/consistency": 60,
    "overlap_above_chance/unrelated/10/mean": 40,
    "sets_similar/at the true overlap/10/mean": 60,
    "sets_differ/at the true cross overlap/10/mean": 100,
    "sets_differ/at the true cross overlap/10/consistency": 100,
    "consistent/at the true overlap/10/mean": 100,
    "consistent/at the true overlap/10/consistency": 100,
    "consistent/against neutral, noise/10/mean": 60,
    "distinct/noise/6/mean": 100,
    "distinct/noise/6/consistency": 60,
    "positions_more_distinct/equally distinct/10/mean": 60,
    "positions_more_distinct/equally distinct/10/consistency": 60,
    "normalization_helps/noise/10/mean": 40,
    "specific/noise/10/mean": 60,
    "specific_any/noise/10/mean": 40,
    "overlap_greater/permutation key, equal overlaps/8/mean": 200,
    "distinct/permutation key, noise/8/mean": 200,
}
LOPSIDED = (6, 0, 1.6)
#: Cells whose claim is true, with an effect that must not be missed.
STRONG = {
    "overlap_greater/6 against 1 shared/10/mean": partial(worlds.overlap_greater, shape=LOPSIDED),
    "overlap_greater/6 against 1 shared/10/consistency": partial(worlds.overlap_greater, shape=LOPSIDED),
    "overlap_greater/shared templates, 6 against 1/10/mean": partial(worlds.templates, shape=(6, 0, 2.5)),
    "overlap_greater/permutation key, 6 against 1 shared/8/mean": partial(
        worlds.overlap_greater, shape=LOPSIDED, test="permutation"
    ),
    "overlap_above_chance/4 shared/10/mean": partial(worlds.above_chance, shared=6),
    "distinct/weak signals/10/mean": partial(worlds.distinct, gain=1.2),
    "distinct/permutation key, weak signals/8/mean": partial(worlds.distinct, gain=1.2, test="permutation"),
    "positions_more_distinct/all tokens say more/10/mean": partial(worlds.positions, gains=(1.5, 0.3)),
    "positions_more_distinct/all tokens say more/10/consistency": partial(worlds.positions, gains=(1.5, 0.3)),
    "normalization_helps/signals/10/mean": partial(worlds.normalization, gain=1.5),
    "consistent/against neutral, signals/10/mean": partial(worlds.against_neutral, gain=1.5),
    "specific/one neuron, 3 sd/10/mean": partial(worlds.specific, strength=3.0, named=True),
    "specific_any/one neuron, 3 sd/15/mean": partial(worlds.specific, strength=4.0, named=False),
}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LAYERS": 2, "WIDTH": 120, "FIXED": 2}.items():
        monkeypatch.setattr(worlds, name, value)
    # Nothing is decided by it.
    monkeypatch.setattr(describe, "RESAMPLES", 19)


def counted(cell: Cell, data_sets: int) -> Counts:
    return Counts.of(cell).plus([run_cell(cell, cell.make(cell, seed), seed) for seed in range(data_sets)])


@pytest.mark.parametrize("key", NULLS)
def test_errors(key: str) -> None:
    found = counted(REFERENCE[key], NULLS[key])
    rate = RELABELED if "permutation" in key else HALF_SAMPLE
    most = stats.binom.isf(1e-5, found.data_sets, rate)
    assert found.declared <= most
    assert found.opposite <= most
    assert found.known - found.covered <= most


@pytest.mark.parametrize("key", STRONG)
def test_power(key: str) -> None:
    found = counted(replace(REFERENCE[key], make=STRONG[key]), 15)
    assert found.declared >= (14 if key.startswith(("distinct", "positions")) else 12)
    assert found.opposite == 0


@pytest.mark.parametrize("kind", ["overlap_greater", "distinct"])
def test_power_of_both_keys(kind: str) -> None:
    key = next(key for key in STRONG if key.startswith(kind) and "mean" in key)
    make = STRONG[key]

    def both(cell: Cell, seed: int) -> worlds.Made:
        return replace(make(cell, seed), statistics=Statistics(test="both"))

    found = counted(replace(REFERENCE[key], make=both), 15)
    assert found.declared >= 12
    assert found.opposite == 0
