"""The full grid, by subject. A kind or a world that comes later is an entry in one of its modules."""

from tests.calibration.cells import causal, chance, gate, levels, overlaps, real, sets, single
from tests.calibration.counts import Counts

#: What is counted.
CELLS: tuple[Counts, ...] = (
    *overlaps.cells(),
    *levels.cells(),
    *chance.cells(),
    *sets.cells(),
    *single.cells(),
    *causal.cells(),
    *real.cells(),
    *gate.cells(),
)
