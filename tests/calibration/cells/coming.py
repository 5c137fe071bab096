"""Cells of sentences that the language does not say yet: to be moved to their subjects once it does.

A test fails as soon as one of them can be read, so that none is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.calibration.cell import CONSISTENCY, MEAN, Cell
from tests.calibration.worlds.levels import of_ceiling
from tests.calibration.worlds.sets import lowest

#: For the pair a and b: as low as the next lowest, lower, and the lowest of all though another one is as low.
TIED, BELOW = {"ab": 1, "cd": 1}, {"ab": 0, "cd": 4, "ac": 4, "ad": 4, "bc": 4, "bd": 4}


def cells() -> Iterator[Cell]:
    """Shares of the ceiling, and the lowest of all overlaps."""
    for by in (MEAN, CONSISTENCY):
        for n in (8, 10, 20):
            yield Cell("overlap_above", "at the true share of the ceiling", "boundary", n, by, of_ceiling)
        more = partial(of_ceiling, slack=0.2)
        yield Cell("overlap_above", "a fifth of the ceiling more", "true", 10, by, more)
        for n in (10, 20):
            yield Cell("overlap_lowest", "two pairs the lowest", "null", n, by, partial(lowest, shared=TIED))
        yield Cell("overlap_lowest", "lowest by four", "true", 10, by, partial(lowest, shared=BELOW))
