"""The reference grid: every kind of claim, where its null is true, at its boundary, and where it is true.

Its cells are those of the design's simulations, as far as they speak of a claim. "Stress" cells break what a test
assumes or asks for: fewer baseline prompts than advised, concepts of very different sizes, unequal noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from neurontest.types import Selection
from tests.calibration.cell import Cell
from tests.calibration.real import SENTENCES
from tests.calibration.worlds import (
    Made,
    above_chance,
    against_neutral,
    alike,
    boundary,
    distinct,
    normalization,
    overlap_greater,
    positions,
    specific,
    templates,
)

MEAN = Selection(k=10)
CONSISTENCY = Selection(k=10, select="consistency")
#: Data sets where each takes a second or more.
FEW = 200

Make = Callable[[Cell, int], Made]


def _half_sample_cells(by: Selection) -> Iterator[Cell]:
    def cell(kind: str, name: str, truth: str, n: int, make: Make) -> Cell:
        return Cell(kind, name, truth, n, by, make)

    for n in (6, 8, 10, 20):
        yield cell("overlap_greater", "equal overlaps", "null", n, partial(overlap_greater, shape=(5, 5, 1.0)))
    yield cell("overlap_greater", "b and c alike", "null", 10, alike)
    for n in (6, 10, 15, 20):
        yield cell("overlap_greater", "6 against 1 shared", "true", n, partial(overlap_greater, shape=(6, 1, 1.4)))
    known = partial(overlap_greater, shape=(6, 1, 1.4))
    for n in (10, 15):
        yield Cell("overlap_greater", "6 against 1 shared, full-set permutation", "true", n, by, known, peer=True)
    equal = partial(overlap_greater, shape=(5, 5, 1.0))
    yield cell("overlap_greater", "stress: 10 of b, 30 of c", "null", 20, partial(equal, sizes=(20, 10, 30)))
    yield cell("overlap_greater", "stress: 10 of c, 40 else", "null", 40, partial(equal, sizes=(40, 40, 10)))
    yield cell("overlap_greater", "stress: 5 baseline prompts", "null", 20, partial(equal, neutral=5))
    yield cell("overlap_greater", "shared templates, equal overlaps", "null", 10, partial(templates, shape=(5, 5, 1.2)))
    yield cell("overlap_greater", "shared templates, 6 against 1", "true", 10, partial(templates, shape=(6, 1, 1.4)))
    for kind in ("overlap_above", "overlap_below"):
        for n in (10, 20):
            yield cell(kind, "at the true overlap", "boundary", n, boundary)
    yield cell("overlap_above_chance", "unrelated", "null", 10, partial(above_chance, shared=0))
    yield cell("overlap_above_chance", "4 shared", "true", 10, partial(above_chance, shared=4))
    yield cell("sets_similar", "at the true overlap", "boundary", 10, boundary)
    yield cell("sets_differ", "at the true cross overlap", "boundary", 10, boundary)
    for n in (10, 20):
        yield cell("consistent", "at the true overlap", "boundary", n, boundary)
    for kind in ("overlap_above", "overlap_below", "sets_similar", "sets_differ", "consistent"):
        yield cell(kind, "1 neuron from the truth", "true", 10, partial(boundary, slack=1.0))
    for n in (6, 10, 20):
        yield cell("distinct", "noise", "null", n, partial(distinct, gain=0.0))
    for n in (6, 10):
        yield cell("distinct", "weak signals", "true", n, partial(distinct, gain=0.7))
    quiet = partial(positions, gains=(0.0, 0.0), noise=0.5)
    yield cell("positions_more_distinct", "noise, last less noisy", "null", 10, quiet)
    for n in (10, 20):
        same = partial(positions, gains=(1.2, 1.2))
        yield cell("positions_more_distinct", "equally distinct", "null", n, same)
    yield cell(
        "positions_more_distinct", "all tokens say more", "true", 10, partial(positions, gains=(1.2, 0.8), noise=1.3)
    )
    yield cell("normalization_helps", "noise", "null", 10, partial(normalization, gain=0.0))
    yield cell("normalization_helps", "signals", "true", 10, partial(normalization, gain=1.0))


def _single_neuron_cells() -> Iterator[Cell]:
    for n in (10, 15):
        for kind, named in (("specific", True), ("specific_any", False)):
            for name, truth, strength in (("noise", "null", 0.0), ("one neuron, 3 sd", "true", 3.0)):
                make = partial(specific, strength=strength, named=named)
                yield Cell(kind, name, truth, n, MEAN, make, data_sets=1000 if named else FEW)
    noisy = partial(specific, strength=0.0, named=False, noise=1.6)
    yield Cell("specific_any", "stress: a 1.6 times as noisy", "null", 15, MEAN, noisy, data_sets=FEW)
    for name, truth, gain in (("noise", "null", 0.0), ("signals", "true", 0.7)):
        make = partial(against_neutral, gain=gain)
        yield Cell("consistent", f"against neutral, {name}", truth, 10, MEAN, make)


def _permutation_cells() -> Iterator[Cell]:
    """The studentised relabelings, without the half-sample key."""

    def cell(kind: str, name: str, truth: str, n: int, make: Make) -> Cell:
        return Cell(kind, f"permutation key, {name}", truth, n, MEAN, make, data_sets=FEW)

    relabeled = partial(overlap_greater, test="permutation")
    for n in (8, 12):
        yield cell("overlap_greater", "b and c alike", "null", n, partial(alike, test="permutation"))
        yield cell("overlap_greater", "equal overlaps", "null", n, partial(relabeled, shape=(5, 5, 1.0)))
    yield cell("overlap_greater", "6 against 1 shared", "true", 8, partial(relabeled, shape=(6, 1, 1.4)))
    yield cell("distinct", "noise", "null", 8, partial(distinct, gain=0.0, test="permutation"))
    yield cell("distinct", "weak signals", "true", 8, partial(distinct, gain=0.7, test="permutation"))


def _real_cells() -> Iterator[Cell]:
    for kind in SENTENCES:
        for by in (Selection(k=10, site="residual", select="consistency"), Selection(k=50, site="mlp")):
            n = 12 if kind == "overlap_above_chance" else 20
            name = f"dealt at random, {by.site}, k = {by.k}"
            yield Cell(kind, name, "null", n, by, _of_traces, dealt=True, data_sets=FEW)


def _of_traces(cell: Cell, seed: int) -> Made:
    raise LookupError(f"{cell.name} needs traces")


BORDER = Cell(
    "overlap_greater",
    "near the border, three seeds",
    "true",
    20,
    MEAN,
    partial(overlap_greater, shape=(6, 2, 1.3)),
    stability=True,
    data_sets=FEW,
)
CELLS = (
    *_half_sample_cells(MEAN),
    *_half_sample_cells(CONSISTENCY),
    *_single_neuron_cells(),
    *_permutation_cells(),
    BORDER,
    *_real_cells(),
)
