"""The full grid: type-I error, power, coverage and stability of every kind of claim, on worlds whose truth is known.

    python -m tests.calibration.grid [--minutes 45] [--data-sets 1000] [--cells 'overlap|distinct'] [--traces CACHE]

Each data set is a world of its own, in which the claim's null holds exactly (by symmetry, or at a reference value found
by brute force), or its alternative does. With `--traces` there are also cells whose concepts are prompts of the shipped
suite, dealt at random: activations of a real model, and no difference by construction. Cells of "two models" are the
gate's: nothing of a claim's effect is lost, or less than the margin, exactly the margin, or more.

Counts are added to the packaged table as they come, so a run that is broken off goes on where it was. The first data
set of each cell is looked at anew each time: where it comes out otherwise than it did, the test or the world is no
longer that which was counted, and the cell is begun again. At the end what is drawn from the table is written: the page
of all cells, the misses in docs/statistics.md, the gate's rates in docs/gate-statistics.md and the README, and the
rates in docs/claims.md.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from neurontest.files import write_whole
from neurontest.stats.calibration import Measured, Table, read, written
from tests.calibration.cells import CELLS
from tests.calibration.counts import Counts, Outcome, counted, nothing_yet
from tests.calibration.drawn import DRAWN, draw
from tests.calibration.real import TRACES

TABLE = Path(__file__).parents[2] / "neurontest" / "stats" / "calibration.json"
#: The most data sets, and seconds, that a process is given in one go.
MOST, LONGEST = 50, 10.0
#: Of p-values that are to come out again.
SAME = 1e-6
#: Seconds between two times that the table is written.
PAUSE = 5.0


@dataclass(frozen=True)
class Chunk:
    """Data sets of one cell, looked at by one process in one go."""

    key: str
    start: int
    stop: int


@dataclass(frozen=True)
class Done:
    """What came of a chunk."""

    outcomes: tuple[Outcome, ...]
    seconds: float


def look(chunk: Chunk) -> Done:
    """Look at some data sets of a cell."""
    cell = {one.key: one for one in CELLS}[chunk.key]
    before = time.process_time()
    outcomes = tuple(cell.look(seed) for seed in range(chunk.start, chunk.stop))
    return Done(outcomes, time.process_time() - before)


def with_chunk(cell: Counts, so_far: Measured | None, chunk: Chunk, done: Done) -> Measured:
    """The counts with a chunk's.

    The first data set alone is a proof of what was counted before: if it came out otherwise, nothing else is kept.
    """
    fresh = nothing_yet(cell, done.outcomes[0].design)
    if so_far is None or chunk.start:
        return counted(so_far or fresh, done.outcomes, done.seconds)
    return so_far if proven(so_far, fresh, done.outcomes[0]) else counted(fresh, done.outcomes, done.seconds)


def proven(so_far: Measured, fresh: Measured, first: Outcome) -> bool:
    """Whether counts are of this test and world."""
    facts = [(one.design, one.world, one.truth, one.role, one.real, one.seeds) for one in (so_far, fresh)]
    return facts[0] == facts[1] and all(
        abs(one - other) <= SAME * max(abs(one), SAME)
        for one, other in zip(so_far.proof, (first.p, first.p_opposite), strict=True)
    )


class Plan:
    """Which chunk is next: all cells grow together, the cheap ones faster.

    A cell has data sets in proportion to one over the root of what one costs, which for a given time makes the sum of
    the rates' variances least (Neyman's allocation).

    Parameters
    ----------
    cells : sequence of Cell
    found : dict from key to Measured
        What was counted; it is added to.
    most : int
        Data sets of a cell, unless it takes fewer.
    """

    def __init__(self, cells: Sequence[Counts], found: dict[str, Measured], most: int) -> None:
        self.cells = {cell.key: cell for cell in cells}
        self.found = found
        self._most = most
        self._unproven = set(self.cells)
        self._costs: dict[str, float] = {}
        self._running: set[str] = set()

    def next(self) -> Chunk | None:
        """The chunk to be looked at next; None if each cell is finished, or being looked at."""
        idle = [key for key in self.cells if key not in self._running and self.left(key)]
        if not idle:
            return None
        key = min(idle, key=lambda one: (one not in self._unproven, self._count(one) * self.cost(one) ** 0.5))
        self._running.add(key)
        if key in self._unproven:
            return Chunk(key, 0, 1)
        start = self._count(key)
        size = max(1, min(MOST, int(LONGEST / max(self.cost(key), 1e-3))))
        return Chunk(key, start, min(self._target(key), start + size))

    def add(self, chunk: Chunk, done: Done) -> None:
        """Count what came of a chunk."""
        key = chunk.key
        self._running.discard(key)
        self._costs.setdefault(key, done.seconds / len(done.outcomes))
        self._unproven.discard(key)
        self.found[key] = with_chunk(self.cells[key], self.found.get(key), chunk, done)

    def drop(self, key: str) -> None:
        """Leave a cell out."""
        self._running.discard(key)
        del self.cells[key]

    @property
    def proven(self) -> bool:
        """Whether the first data set of every cell was looked at."""
        return not self._unproven & self.cells.keys()

    def cost(self, key: str) -> float:
        """Seconds that a data set takes; by the one that was looked at first, before there are more."""
        one = self.found.get(key)
        if one is not None and one.data_sets > 1:
            return one.seconds / one.data_sets
        return self._costs.get(key, 0.0)

    def left(self, key: str) -> int:
        """Data sets still to be looked at."""
        if key in self._unproven:
            return max(1, self._target(key) - self._count(key))
        return max(0, self._target(key) - self._count(key))

    def seconds(self) -> float:
        """Processor seconds that all of it takes from here."""
        return sum(self.left(key) * self.cost(key) for key in self.cells)

    def _count(self, key: str) -> int:
        return self.found[key].data_sets if key in self.found else 0

    def _target(self, key: str) -> int:
        return min(self._most, self.cells[key].data_sets)


def chosen(cells: Sequence[Counts], said: str, traces: bool) -> Iterator[Counts]:
    """Cells whose key holds one of the texts, divided by bars; real ones only if there are traces."""
    wanted = [one.strip() for one in said.split("|")]
    for cell in cells:
        if any(one in cell.key for one in wanted) and (traces or not cell.dealt):
            yield cell


def ordered(found: Mapping[str, Measured]) -> dict[str, Measured]:
    """What was counted of the grid's cells, in their order; of cells that are no more nothing is kept."""
    return {cell.key: found[cell.key] for cell in CELLS if cell.key in found and found[cell.key].data_sets}


def main() -> None:
    """Count, and write what is drawn of it."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data-sets", type=int, default=1000, help="of each cell, unless it takes fewer")
    options.add_argument("--minutes", type=float, help="stop in time; what was counted is kept")
    options.add_argument("--prove", action="store_true", help="count nothing; begin again what is no longer as it was")
    options.add_argument("--cells", default="", help="only cells whose name holds one of these texts, divided by bars")
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options.add_argument("--traces", type=Path, help="a cache that holds the traces of the shipped suite")
    options.add_argument("--table", type=Path, default=TABLE, help="JSON file that counts are added to")
    said = options.parse_args()
    if said.traces is not None:
        os.environ[TRACES] = str(said.traces)
    found = read(said.table.read_bytes()) if said.table.exists() else {}
    cells = [cell for cell in chosen(CELLS, said.cells, said.traces is not None) if not said.prove or cell.key in found]
    plan = Plan(cells, found, 0 if said.prove else said.data_sets)
    _say(f"{len(plan.cells)} cells; real activations {'too' if said.traces else 'left out: say --traces'}")
    try:
        failed = count(plan, said.processes, said.minutes, lambda: _save(said.table, found))
    finally:
        _save(said.table, found)
    if said.table == TABLE:
        draw(ordered(found))
        _say(f"drawn: {', '.join(str(one.relative_to(Path.cwd())) for one in DRAWN)}")
    if failed:
        raise SystemExit("failed:\n" + "\n".join(f"  {key}: {error}" for key, error in failed.items()))


def count(plan: Plan, processes: int, minutes: float | None, save: Callable[[], None]) -> dict[str, str]:
    """Look at data sets until all is counted, or the time is over; the cells that failed, and why."""
    ends = time.monotonic() + minutes * 60 if minutes is not None else float("inf")
    saved, told = time.monotonic(), False
    failed: dict[str, str] = {}
    jobs: dict[Future[Done], Chunk] = {}
    with ProcessPoolExecutor(processes) as pool:
        while True:
            while len(jobs) < processes + 1 and time.monotonic() < ends and (chunk := plan.next()):
                jobs[pool.submit(look, chunk)] = chunk
            if not jobs:
                return failed
            for job in wait(jobs, return_when=FIRST_COMPLETED).done:
                chunk = jobs.pop(job)
                try:
                    plan.add(chunk, job.result())
                except Exception as error:  # one world that fails is told at the end, and no other one lost
                    failed[chunk.key] = f"{type(error).__name__}: {error}"
                    plan.drop(chunk.key)
            if plan.proven and not told:
                told = True
                hours = plan.seconds() / processes / 3600
                _say(f"all data sets take about {hours:.1f} hours on {processes} processes; dearest data sets:")
                for key in sorted(plan.cells, key=plan.cost)[-5:]:
                    _say(f"  {plan.cost(key):.2f} s: {key}")
            if time.monotonic() - saved > PAUSE:
                saved = time.monotonic()
                save()


def _save(path: Path, found: Table) -> None:
    # Hours of counting must outlive a run that is broken off: old counts or new ones, never half of either.
    write_whole(path, written(ordered(found)))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
