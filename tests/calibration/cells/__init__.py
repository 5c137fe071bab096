"""The full grid, by subject. A kind or a world that comes later is an entry in one of its modules."""

from tests.calibration.cells import causal, chance, levels, overlaps, real, sets, single

#: What is counted.
CELLS = (
    *overlaps.cells(),
    *levels.cells(),
    *chance.cells(),
    *sets.cells(),
    *single.cells(),
    *causal.cells(),
    *real.cells(),
)
