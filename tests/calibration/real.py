"""Activations of a real model, its prompts dealt to concepts at random: no difference by construction."""

from __future__ import annotations

import os
from functools import cache, partial
from pathlib import Path

import numpy as np

from neurontest.arrays import Floats
from tests.calibration.cell import Cell
from tests.calibration.worlds.base import Data, Made, Make

LAYERS = 30
#: The cache that holds the traces of the shipped suite; of all processes, so it is in the environment.
TRACES = "NEURONTEST_CALIBRATION_TRACES"
#: Sentences of each kind, and as many prompts a concept as the suite has for so many concepts.
SENTENCES = {
    "overlap_greater": {"a overlaps b more than c": 20},
    "overlap_above_chance": {
        "a overlaps b above chance against c, d, e and f": 12,
        "a overlaps b above chance against c, d, e and f on these controls": 12,
    },
    "distinct": {
        "a and b have distinct neurons": 20,
        "a, b, c and d have distinct neurons": 20,
        "a, b, c and d have distinct neurons on average": 20,
    },
    "positions_more_distinct": {"all generated tokens separate a, b, c and d better than the last token": 20},
    "normalization_helps": {"normalization separates a, b, c and d better than raw": 20},
    "consistent": {"a has consistent neurons against b": 20},
    "specific": {"neuron L15.residual[100] is specific to a against b and c": 20},
    "specific_any": {"a has specific neurons against b": 20, "a has specific neurons": 20},
}


class NoTracesError(LookupError):
    """The traces of the shipped suite are not there."""


@cache
def _traces(folder: Path, site: str) -> tuple[int, Floats, Floats]:
    """How many prompts can be dealt, and activations over all tokens and at the last; the baseline's rows come last."""
    from neurontest.run import Run
    from neurontest.spec.load import load_suite
    from neurontest.trace.models.named import model_named
    from neurontest.types import TraceRequest, silent

    suite = load_suite(Path(__file__).parents[2] / "concept_specs")
    handle = model_named(
        suite.model, cache_dir=folder, dtype="float32", device="cpu", suite_folder=suite.folder, progress=silent
    )
    run = Run(suite, handle, cache_dir=folder)
    prompts = (*suite.concepts.values(), *([suite.baseline] if suite.baseline else []))
    modes = []
    for where in ("generated", "last"):
        read = [run.read(TraceRequest(one.prompts, suite.generation, site, where)) for one in prompts]
        modes.append(np.concatenate([one.values for one in read]))
    return sum(len(one.prompts) for one in suite.concepts.values()), modes[0], modes[1]


def of_suite(sentence: str) -> Make:
    """Prompts of the shipped suite, dealt to the concepts of a sentence at random."""
    return partial(_dealt, sentence=sentence)


def _dealt(cell: Cell, seed: int, sentence: str) -> Made:
    folder = os.environ.get(TRACES)
    if not folder:
        raise NoTracesError(f"{cell.key} needs traces")
    pool, generated, last = _traces(Path(folder), cell.selection.site)
    order = np.random.default_rng([17, seed]).permutation(pool)
    names = "abcdef" if cell.kind == "overlap_above_chance" else "abcd"
    if len(names) * cell.n > pool:
        raise NoTracesError(f"{cell.key} needs {len(names) * cell.n} prompts, and the suite has {pool}")
    rows = {name: order[at * cell.n : (at + 1) * cell.n] for at, name in enumerate(names)}
    sentence = sentence.replace("residual", cell.selection.site)
    if cell.kind == "positions_more_distinct":
        data: Data = {name: {"generated": generated[own], "last": last[own]} for name, own in rows.items()}
        return Made(sentence, data, {"generated": generated[pool:], "last": last[pool:]}, layers=LAYERS)
    return Made(sentence, {name: generated[own] for name, own in rows.items()}, generated[pool:], layers=LAYERS)
