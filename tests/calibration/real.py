"""Activations of a real model, its prompts dealt to concepts at random: no difference by construction."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from tests.calibration.cell import Cell
from tests.calibration.worlds import Data, Made
from tests.worlds import Floats

LAYERS = 30


@cache
def _traces(folder: Path, site: str) -> tuple[int, Floats, Floats]:
    """How many prompts can be dealt, and activations over all tokens and at the last; the baseline's rows come last."""
    from neurontest.run import Run
    from neurontest.spec.load import load_suite
    from neurontest.trace.models import resolve
    from neurontest.types import TraceRequest, silent

    suite = load_suite(Path(__file__).parents[2] / "concept_specs")
    handle = resolve(
        suite.model, cache_dir=folder, dtype="float32", device="cpu", suite_folder=suite.folder, progress=silent
    )
    run = Run(suite, handle, cache_dir=folder)
    prompts = (*suite.concepts.values(), *([suite.baseline] if suite.baseline else []))
    modes = []
    for where in ("generated", "last"):
        read = [run.read(TraceRequest(one.prompts, suite.generation, site, where)) for one in prompts]
        modes.append(np.concatenate([one.values for one in read]))
    return sum(len(one.prompts) for one in suite.concepts.values()), modes[0], modes[1]


SENTENCES = {
    "overlap_greater": "a overlaps b more than c",
    "overlap_above_chance": "a overlaps b above chance against c, d, e and f on these controls",
    "distinct": "a, b, c and d have distinct neurons on average",
    "positions_more_distinct": "all generated tokens separate a, b, c and d better than the last token",
    "normalization_helps": "normalization separates a, b, c and d better than raw",
    "consistent": "a has consistent neurons against b",
    "specific": "neuron L15.residual[100] is specific to a against b and c",
    "specific_any": "a has specific neurons",
}


def dealt(cell: Cell, seed: int, folder: Path) -> Made:
    """Prompts of the shipped suite, dealt to the concepts at random."""
    pool, generated, last = _traces(folder, cell.selection.site)
    order = np.random.default_rng([17, seed]).permutation(pool)
    names = "abcdef" if cell.kind == "overlap_above_chance" else "abcd"
    rows = {name: order[at * cell.n : (at + 1) * cell.n] for at, name in enumerate(names)}
    sentence = SENTENCES[cell.kind].replace("residual", cell.selection.site)
    if cell.kind == "positions_more_distinct":
        data: Data = {name: {"generated": generated[own], "last": last[own]} for name, own in rows.items()}
        return Made(sentence, data, {"generated": generated[pool:], "last": last[pool:]}, 0.0, layers=LAYERS)
    truth = None if cell.kind in ("consistent", "specific", "specific_any") else 0.0
    return Made(sentence, {name: generated[own] for name, own in rows.items()}, generated[pool:], truth, layers=LAYERS)
