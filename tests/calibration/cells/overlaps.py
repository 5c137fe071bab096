"""``overlap_greater``, ``overlap_lowest`` and ``overlap_highest``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from neurontest.types import Selection
from tests.calibration.cell import CONSISTENCY, MEAN, SIZES, Cell
from tests.calibration.counts import FEW
from tests.calibration.worlds.overlaps import alike, family, mixtures, near_copies, planted, templates
from tests.calibration.worlds.sets import extreme

KIND = "overlap_greater"
EQUAL = partial(planted, shape=(5, 5, 1.0))
MORE = partial(planted, shape=(6, 1, 1.4))
BORDER = partial(planted, shape=(6, 2, 1.3))
#: What pairs of four concepts share, three neurons if it is not said: for a and b as much as c and d, or most or least.
TIED = {"overlap_lowest": {"ab": 1, "cd": 1}, "overlap_highest": {"ab": 5, "cd": 5}}
APART = {
    "overlap_lowest": {"ab": 0, "cd": 4, "ac": 4, "ad": 4, "bc": 4, "bd": 4},
    "overlap_highest": {"ab": 7, "cd": 1, "ac": 1, "ad": 1, "bc": 1, "bd": 1},
}


def cells() -> Iterator[Cell]:
    """Reference worlds, power, sizes of sets, worlds that strain it, seeds and families."""
    for by in (MEAN, CONSISTENCY):
        for n in (6, 8, 10, 20, 24):
            yield Cell(KIND, "equal overlaps", "null", n, by, EQUAL)
        for n in (10, 20):
            yield Cell(KIND, "b and c alike", "null", n, by, alike)
        for n in (6, 10, 15, 20):
            yield Cell(KIND, "6 against 1 shared", "true", n, by, MORE)
        for n in (10, 15):
            yield Cell(KIND, "6 against 1 shared, whole sets relabelled", "true", n, by, MORE, peer=True)
        for test in ("permutation", "half-sample"):
            for n in (8, 12):
                yield Cell(KIND, "equal overlaps", "null", n, by, EQUAL, test=test)
                yield Cell(KIND, "b and c alike", "null", n, by, alike, test=test)
        for n, k in SIZES:
            yield Cell(KIND, "equal overlaps", "null", n, replace(by, k=k), EQUAL, data_sets=FEW)
        yield from _strained(by)
        yield Cell(KIND, "shared templates, equal overlaps", "null", 10, by, partial(templates, shape=(5, 5, 1.2)))
        yield Cell(KIND, "shared templates, 6 against 1", "true", 10, by, partial(templates, shape=(6, 1, 1.4)))
        # Where the verdict is as near to its threshold as it can be, what seeds do shows.
        yield Cell(KIND, "near the border, three seeds", "true", 20, by, BORDER, stability=True, data_sets=300)
        yield Cell(KIND, "six false among nine claims", "null", 10, by, family, data_sets=FEW)
        for kind, shared in TIED.items():
            for n in (10, 20):
                yield Cell(kind, "two pairs share as much", "null", n, by, partial(extreme, shared=shared))
                yield Cell(kind, "apart by four or six", "true", n, by, partial(extreme, shared=APART[kind]))


def _strained(by: Selection) -> Iterator[Cell]:
    stress = partial(Cell, KIND, truth="null", selection=by, role="stress")
    yield stress("10 of b, 30 of c", n=20, make=EQUAL, others={"b": 10, "c": 30})
    yield stress("10 of c, 40 else", n=40, make=EQUAL, others={"c": 10})
    yield stress("5 baseline prompts", n=20, make=partial(EQUAL, neutral=5))
    loud = partial(EQUAL, loud={"b": 3.0, "c": 3.0})
    yield stress("8 of b, 40 of c, both three times as noisy as a", n=20, make=loud, others={"b": 8, "c": 40})
    for noise in ("t3", "lognormal", "sparse"):
        yield stress(f"{noise} noise", n=10, make=partial(EQUAL, noise=noise))
    yield stress("eight-bit activations", n=10, make=partial(EQUAL, step=0.5))
    yield stress("two concepts in each", n=10, make=mixtures)
    yield stress("four unmarked paraphrases of each prompt", n=24, make=near_copies)
