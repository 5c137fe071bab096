"""Type-I error and power of every kind on planted worlds.

Bounds are for flukes, not for comfort: a test whose true error rate is .062, the largest that the design's simulations
found, declares more than `most` of 100 true nulls with probability 1e-5. Seeds are fixed besides.
"""

from __future__ import annotations

from functools import partial

import pytest

from neurontest.claims import describe, permutation
from neurontest.stats.relabel import relabel
from neurontest.types import Selection
from tests.calibration import cells

pytestmark = pytest.mark.calibration

SELECTIONS = {"mean": Selection(k=10), "consistency": Selection(k=10, select="consistency")}
MOST = 0.19


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer bootstrap resamples (nothing is decided by them) and relabelings (the p-value stays valid)."""
    monkeypatch.setattr(describe, "RESAMPLES", 19)
    monkeypatch.setattr(permutation, "relabel", partial(relabel, fewest=100, most=200, enumerated=100))


@pytest.mark.parametrize("select", SELECTIONS)
def test_overlap_greater_by_half_samples(select: str) -> None:
    chosen = SELECTIONS[select]
    holds, opposite = cells.declared(cells.overlap_greater(8, cells.EQUAL, chosen, "half-sample"), 100)
    assert holds <= MOST
    assert opposite <= MOST
    power, wrong = cells.declared(cells.overlap_greater(8, cells.LOPSIDED, chosen, "half-sample"), 25)
    assert power >= 0.8
    assert wrong == 0


def test_overlap_greater_by_permutation() -> None:
    chosen = SELECTIONS["mean"]
    holds, _ = cells.declared(cells.overlap_greater(6, cells.EQUAL, chosen, "permutation"), 40)
    # P(more than 10 of 40) at .093, the largest rate that the design's simulations found for this key: 2e-4.
    assert holds <= 0.25
    power, _ = cells.declared(cells.overlap_greater(6, cells.LOPSIDED, chosen, "permutation"), 15)
    assert power >= 0.8


def test_overlap_greater_by_both_keys() -> None:
    power, wrong = cells.declared(cells.overlap_greater(8, cells.LOPSIDED, SELECTIONS["mean"], "both"), 15)
    assert power >= 0.8
    assert wrong == 0


@pytest.mark.parametrize("test", ["half-sample", "permutation"])
def test_distinct(test: str) -> None:
    chosen = SELECTIONS["mean"]
    count = 100 if test == "half-sample" else 40
    holds, _ = cells.declared(cells.distinct(6, 0.0, chosen, test), count)
    assert holds <= (MOST if test == "half-sample" else 0.25)
    power, wrong = cells.declared(cells.distinct(6, 1.0, chosen, test), 15)
    assert power >= 0.9
    assert wrong == 0


@pytest.mark.parametrize("select", SELECTIONS)
def test_consistent(select: str) -> None:
    concept = cells.OneConcept(1, 5, SELECTIONS[select])
    holds, opposite = cells.declared(concept.consistent(10, concept.within), 100)
    assert holds <= MOST
    assert opposite <= MOST
    power, wrong = cells.declared(concept.consistent(10, concept.within - 3), 25)
    assert power >= 0.8
    assert wrong == 0


@pytest.mark.parametrize("select", SELECTIONS)
def test_sets_differ(select: str) -> None:
    concept = cells.OneConcept(2, 5, SELECTIONS[select])
    holds, _ = cells.declared(concept.differ(10, concept.cross), 100)
    assert holds <= MOST
    power, wrong = cells.declared(concept.differ(10, concept.cross + 2), 25)
    assert power >= 0.8
    assert wrong == 0


@pytest.mark.parametrize("select", SELECTIONS)
def test_positions_more_distinct(select: str) -> None:
    chosen = SELECTIONS[select]
    holds, opposite = cells.declared(cells.positions(10, (1.0, 1.0), chosen), 60)
    assert holds <= 0.22
    assert opposite <= 0.22
    power, wrong = cells.declared(cells.positions(10, (1.4, 0.3), chosen), 20)
    assert power >= 0.9
    assert wrong == 0
