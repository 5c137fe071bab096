"""The full grid: type-I error, power, coverage and stability of every kind of claim, on worlds whose truth is known.

    python -m tests.calibration.grid [--data-sets 1000] [--cells overlap] [--traces CACHE] [--out FILE]

Each data set is a world of its own (five layers of 576 neurons), in which the claim's null holds exactly (by symmetry,
or at a reference value found by brute force), or its alternative does. With `--traces` the concepts are prompts of the
shipped suite, dealt at random: activations of a real model, and no difference by construction.

Counts are added to FILE as they come, and its table stands beside it; a run that finds some there goes on after them.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from neurontest.files import write_whole
from tests.calibration.cell import Cell, Outcome, run_cell
from tests.calibration.real import dealt
from tests.calibration.reference import CELLS

#: Data sets looked at by one process in one go.
CHUNK = 10
#: Prompts that most kinds are advised, and that a search over all neurons is.
ADVISED, SEARCHED = 10, 15
HEADER = """\
# Error rates, measured

What `make calibrate` counted (`tests/calibration/`; this table is written by it). *Declared* is the share of data sets
in which the claim was shown at .05 (with its Monte-Carlo standard error), *opposite* the share in which its opposite
was. Where the truth is "null" or "boundary", either is an error, and the first is the type-I error; where it is "true",
the first is the power. At a "boundary" the estimand is exactly the reference value, found by brute force.

"""


@dataclass(frozen=True)
class Counts:
    """What a cell has come to.

    Attributes
    ----------
    declared, opposite : int
        Data sets in which the claim, or its opposite, was shown at .05.
    seeds : int
        Asked of each data set.
    known, covered : int
        Data sets whose truth is known, and those in which the 95% interval held it.
    borderline, contradictory : int
        Data sets in which Monte-Carlo error left the verdict open, and in which another seed said the contrary.
    """

    kind: str
    name: str
    truth: str
    n: int
    select: str
    seeds: int = 1
    data_sets: int = 0
    declared: int = 0
    opposite: int = 0
    known: int = 0
    covered: int = 0
    borderline: int = 0
    contradictory: int = 0

    @classmethod
    def of(cls, cell: Cell) -> Counts:
        """Nothing counted yet."""
        return cls(cell.kind, cell.name, cell.truth, cell.n, cell.selection.select, 3 if cell.stability else 1)

    @property
    def key(self) -> str:
        """What tells the cell from all others."""
        return f"{self.kind}/{self.name}/{self.n}/{self.select}"

    def plus(self, outcomes: Sequence[Outcome]) -> Counts:
        """The counts with these added."""
        return replace(
            self,
            data_sets=self.data_sets + len(outcomes),
            declared=self.declared + sum(one.p <= 0.05 for one in outcomes),
            opposite=self.opposite + sum(one.p_opposite <= 0.05 for one in outcomes),
            known=self.known + sum(one.covers is not None for one in outcomes),
            covered=self.covered + sum(one.covers is True for one in outcomes),
            borderline=self.borderline + sum(one.borderline is True for one in outcomes),
            contradictory=self.contradictory + sum(one.contradictory is True for one in outcomes),
        )

    def row(self) -> str:
        """A row of the table."""
        rate = self.declared / self.data_sets
        error = (rate * (1 - rate) / self.data_sets) ** 0.5
        covered = f"{self.covered / self.known:.3f}" if self.known else ""
        return (
            f"| `{self.kind}` | {self.name} | {self.truth} | {self.n} | {self.select} | {self.data_sets:,} "
            f"| {rate:.3f} ± {error:.3f} | {self.opposite / self.data_sets:.3f} | {covered} "
            f"| {self.borderline / self.data_sets:.3f} | {self.contradictory if self.seeds > 1 else ''} |"
        )


def table(counts: Iterable[Counts]) -> str:
    """Markdown."""
    columns = "kind world truth n sets_by data_sets declared opposite 95%_interval_holds_it borderline contradictory"
    names = [name.replace("_", " ") for name in columns.split()]
    head = (f"| {' | '.join(names)} |", "|---" * len(names) + "|")
    return HEADER + "\n".join((*head, *(one.row() for one in counts if one.data_sets))) + "\n"


def in_short(counts: Iterable[Counts]) -> tuple[str, str]:
    """Type-I error and power of some cells as the README's table has them.

    The smallest and largest error of prompts as many as are advised; the power for each way to select.
    """
    shown = list(counts)
    several = len({one.kind for one in shown}) > 1
    errors, power = [], []
    for one in shown:
        special = one.name.startswith(("stress", "permutation", "dealt", "near")) or "full-set" in one.name
        if special or one.n < ADVISED:
            continue
        rate = one.declared / one.data_sets
        if one.truth != "true":
            errors.append(rate)
        elif not one.name.startswith("shared templates") and one.n in (ADVISED, SEARCHED):
            kind = f"`{one.kind}`, " if several else ""
            power.append(f"{_rate(rate)} ({kind}{one.select}, n = {one.n})")
    low, high = _rate(min(errors)), _rate(max(errors))
    return (low if low == high else f"{low} to {high}"), ", ".join(power)


def _rate(value: float) -> str:
    return f"{value:.2f}".removeprefix("0")


def _chunk(job: tuple[Cell, int, int, Path | None]) -> list[Outcome]:
    cell, start, stop, traces = job
    return [
        run_cell(cell, cell.make(cell, seed) if traces is None else dealt(cell, seed, traces), seed)
        for seed in range(start, stop)
    ]


def measure(
    cell: Cell, so_far: Counts, data_sets: int, pool: ProcessPoolExecutor, traces: Path | None
) -> Iterator[Counts]:
    """Yield a cell's counts as they grow; data sets are numbered, so none is looked at twice."""
    starts = range(so_far.data_sets, data_sets, CHUNK)
    for outcomes in pool.map(_chunk, [(cell, start, min(start + CHUNK, data_sets), traces) for start in starts]):
        so_far = so_far.plus(outcomes)
        yield so_far


def read(out: Path | None) -> dict[str, Counts]:
    """What was counted before."""
    if out is None or not out.exists():
        return {}
    return {key: Counts(**counts) for key, counts in json.loads(out.read_text(encoding="utf-8")).items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data-sets", type=int, default=1000)
    options.add_argument("--cells", default="", help="only cells whose kind or name holds this text")
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options.add_argument("--traces", type=Path, help="a cache that holds the traces of the shipped suite")
    options.add_argument("--out", type=Path, help="JSON file that counts are added to")
    said = options.parse_args()
    found = read(said.out)
    with ProcessPoolExecutor(said.processes) as pool:
        for cell in CELLS:
            if said.cells not in f"{cell.kind} {cell.name}" or cell.dealt != (said.traces is not None):
                continue
            counts = found.get(Counts.of(cell).key, Counts.of(cell))
            for counts in measure(cell, counts, min(said.data_sets, cell.data_sets), pool, said.traces):  # noqa: B020
                found[counts.key] = counts
                if said.out is not None:
                    _write(said.out, found)
            print(counts.row(), flush=True)  # noqa: T201


def in_order(found: Mapping[str, Counts]) -> list[Counts]:
    """What was counted of the grid's cells, in their order."""
    return [found[key] for cell in CELLS if (key := Counts.of(cell).key) in found]


def _write(out: Path, found: Mapping[str, Counts]) -> None:
    # Hours of counting must outlive a run that is broken off: old counts or new ones, never half of either.
    write_whole(out, (json.dumps({key: asdict(one) for key, one in found.items()}, indent=1) + "\n").encode())
    write_whole(out.with_suffix(".md"), table(in_order(found)).encode())


if __name__ == "__main__":
    main()
