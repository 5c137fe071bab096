"""The full grid: type-I error, power, coverage and stability of every kind of claim, on worlds whose truth is known.

    python -m tests.calibration.grid [--data-sets 1000] [--cells overlap] [--traces CACHE] [--out FILE]

Each data set is a world of its own (five layers of 576 neurons), in which the claim's null holds exactly (by symmetry,
or at a reference value found by brute force), or its alternative does. With `--traces` the concepts are prompts of the
shipped suite, dealt at random: activations of a real model, and no difference by construction.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tests.calibration.reference import CELLS
from tests.calibration.worlds import Cell, Outcome, run_cell

#: Data sets looked at by one process in one go.
CHUNK = 25
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Rates:
    """What a cell came to.

    Attributes
    ----------
    declared, opposite : float
        Share of data sets in which the claim, or its opposite, was shown at .05.
    covered : float or None
        Share in which the 95% interval held the truth, if it is known.
    borderline, contradictory : float or None
        Share in which Monte-Carlo error left the verdict open, and in which another seed said the contrary.
    """

    name: str
    kind: str
    truth: str
    n: int
    select: str
    data_sets: int
    declared: float
    opposite: float
    covered: float | None = None
    borderline: float | None = None
    contradictory: float | None = None


def summary(cell: Cell, outcomes: Sequence[Outcome]) -> Rates:
    """The shares over data sets."""

    def share(of: Callable[[Outcome], bool | None]) -> float | None:
        found = [value for one in outcomes if (value := of(one)) is not None]
        return float(np.mean(found)) if found else None

    return Rates(
        name=cell.name,
        kind=cell.kind,
        truth=cell.truth,
        n=cell.n,
        select=cell.selection.select,
        data_sets=len(outcomes),
        declared=share(lambda one: one.p <= 0.05) or 0.0,
        opposite=share(lambda one: one.p_opposite <= 0.05) or 0.0,
        covered=share(lambda one: one.covers),
        borderline=share(lambda one: one.borderline),
        contradictory=share(lambda one: one.contradictory),
    )


def _chunk(job: tuple[Cell, int, int, Path | None]) -> list[Outcome]:
    cell, start, stop, traces = job
    return [run_cell(cell, seed, traces) for seed in range(start, stop)]


def measure(cells: Iterable[Cell], data_sets: int, processes: int, traces: Path | None) -> Iterable[Rates]:
    """Run cells one after the other, each over all processes."""
    with ProcessPoolExecutor(processes) as pool:
        for cell in cells:
            jobs = [(cell, start, min(start + CHUNK, data_sets), traces) for start in range(0, data_sets, CHUNK)]
            yield summary(cell, [one for part in pool.map(_chunk, jobs) for one in part])


def table(rates: Sequence[Rates]) -> str:
    """Markdown."""
    lines = [
        "| kind | world | truth | n | sets by | data sets | declared | opposite | 95% interval holds it |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in rates:
        error = (one.declared * (1 - one.declared) / one.data_sets) ** 0.5
        covered = "" if one.covered is None else f"{one.covered:.3f}"
        lines.append(
            f"| `{one.kind}` | {one.name} | {one.truth} | {one.n} | {one.select} | {one.data_sets:,} "
            f"| {one.declared:.3f} ± {error:.3f} | {one.opposite:.3f} | {covered} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data-sets", type=int, default=1000)
    options.add_argument("--cells", default="", help="only cells whose kind or name holds this text")
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options.add_argument("--traces", type=Path, help="a cache that holds the traces of the shipped suite")
    options.add_argument("--out", type=Path, help="JSON file that results are added to, cell by cell")
    said = options.parse_args()
    chosen = [
        cell for cell in CELLS if said.cells in f"{cell.kind} {cell.name}" and cell.dealt == (said.traces is not None)
    ]
    found: list[Rates] = []
    for rates in measure(chosen, said.data_sets, said.processes, said.traces):
        found.append(rates)
        print(table([rates]).splitlines()[-1], flush=True)  # noqa: T201
        if said.out is not None:
            old = json.loads(said.out.read_text(encoding="utf-8")) if said.out.exists() else {}
            key = f"{rates.kind}/{rates.name}/{rates.n}/{rates.select}"
            said.out.write_text(json.dumps({**old, key: asdict(rates)}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
