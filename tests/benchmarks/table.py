"""The table of ratios."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.benchmarks.ways import Work

WORDS = {
    "bare": "`generate` without tracing",
    "traced": "neurontest, residual",
    "traced_both": "neurontest, residual and mlp",
    "nnsight": "nnsight",
    "transformer_lens": "TransformerLens",
    "write_up": "the write-up's way",
}


@dataclass(frozen=True)
class Case:
    """A way to do some work."""

    work: Work
    way: str

    @property
    def name(self) -> str:
        return f"{self.way}-{self.work.prompts}x{self.work.samples}x{self.work.tokens}-{self.work.dtype}"


class Run(NamedTuple):
    """Seconds per token; whole, and of each forward pass with what follows it."""

    whole: float
    passes: tuple[float, ...]


@dataclass
class Table:
    """What was measured, by case and repetition."""

    runs: dict[Case, dict[int, Run]] = field(default_factory=dict)

    def add(self, repetition: int, case: Case, seconds: list[float], tokens: int) -> None:
        """Add a run by the seconds of its passes."""
        each = tuple(second / tokens for second in seconds)
        self.runs.setdefault(case, {})[repetition] = Run(sum(each), each)

    def lines(self) -> Iterator[str]:
        """The table in Markdown.

        A ratio is of the time per token to that of `generate` in the same format and on the same texts: of the fastest
        runs; the median over the repetitions; and of the runs made up of the fastest that each forward pass was.
        """
        yield "| texts | numbers | way | tokens/s | fastest | median | undisturbed | of float32's |"
        yield "|---|---|---|--:|--:|--:|--:|--:|"
        for case, runs in self.runs.items():
            work = case.work
            base = self.runs.get(Case(work, "bare"))
            if base is None:
                continue
            single = self.runs.get(Case(Work(work.prompts, work.samples, work.tokens), "bare"))
            both = runs.keys() & base.keys()
            paired = statistics.median(runs[turn].whole / base[turn].whole for turn in both)
            against = f"{_undisturbed(runs) / _undisturbed(single):.2f}" if single else ""
            yield (
                f"| {work.prompts} x {work.samples} | {work.dtype} | {WORDS[case.way]} | {1 / _fastest(runs):.0f} "
                f"| {_fastest(runs) / _fastest(base):.2f} | {paired:.2f} "
                f"| {_undisturbed(runs) / _undisturbed(base):.2f} | {against} |"
            )


def _fastest(runs: dict[int, Run]) -> float:
    return min(run.whole for run in runs.values())


def _undisturbed(runs: dict[int, Run]) -> float:
    return float(sum(map(min, zip(*(run.passes for run in runs.values()), strict=True))))
