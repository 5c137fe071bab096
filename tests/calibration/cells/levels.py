"""Kinds about a level: ``overlap_above``, ``overlap_below``, ``sets_similar``, ``sets_differ``, ``consistent``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from neurontest.types import Selection
from tests.calibration.cell import CONSISTENCY, MEAN, SIZES, Cell
from tests.calibration.counts import FEW
from tests.calibration.worlds.levels import FAR, HIGH, LOW, RARE, Level, boundary, of_ceiling
from tests.calibration.worlds.single import against_neutral

#: What a kind's estimand is called where it is at its reference value.
AT = {
    "overlap_above": "at the true overlap",
    "overlap_below": "at the true overlap",
    "sets_similar": "at the true overlap",
    "sets_differ": "at the true cross overlap",
    "consistent": "at the true overlap of halves",
}


def cells() -> Iterator[Cell]:
    """At the boundary in the middle and near both ends; a neuron from it; single neurons against neutral prompts."""
    for by in (MEAN, CONSISTENCY):
        for kind, at in AT.items():
            for n in (8, 10, 20, 24):
                yield Cell(kind, at, "boundary", n, by, boundary)
            yield Cell(kind, "1 neuron from the truth", "true", 10, by, partial(boundary, slack=1.0))
            # The one neuron that raw activations select is the same in all sets: nothing lies at a boundary.
            for n, k in SIZES if kind not in ("sets_similar", "sets_differ") else SIZES[1:]:
                yield Cell(kind, at, "boundary", n, replace(by, k=k), boundary, data_sets=FEW)
            for n in (10, 24):
                for end, level in (("low", LOW), ("high", HIGH)):
                    make = partial(boundary, level=level)
                    yield Cell(kind, f"{at}, near the {end}er end", "boundary", n, by, make, role="stress")
            for noise, step in (("t3", 0.0), ("lognormal", 0.0), ("sparse", 0.0), ("normal", 0.5)):
                make = partial(boundary, level=Level(noise=noise, step=step))
                words = "eight-bit activations" if step else f"{noise} noise"
                yield Cell(kind, f"{at}, {words}", "boundary", 10, by, make, role="stress")
            if kind.startswith("overlap"):
                yield Cell(kind, f"{at}, 8 and 40", "boundary", 8, by, boundary, role="stress", others={"b": 40})
        for level, words in ((RARE, "strong"), (FAR, "far from all others")):
            make = partial(boundary, level=level)
            world = f"at the true overlap of halves, 3% of prompts {words}"
            for n in (10, 24):
                yield Cell("consistent", world, "boundary", n, by, make, role="stress")
        yield from _of_ceiling(by)
    yield from _against_neutral()


def _of_ceiling(by: Selection) -> Iterator[Cell]:
    for n in (8, 10, 20, 24):
        yield Cell("overlap_above", "at the true share of the ceiling", "boundary", n, by, of_ceiling)
    more = partial(of_ceiling, slack=0.2)
    yield Cell("overlap_above", "a fifth of the ceiling more", "true", 10, by, more)


def _against_neutral() -> Iterator[Cell]:
    cell = partial(Cell, "consistent", selection=MEAN)
    for n in (8, 10, 20):
        yield cell("against neutral, noise", truth="null", n=n, make=partial(against_neutral, gain=0.0))
    yield cell("against neutral, signals", truth="true", n=10, make=partial(against_neutral, gain=0.7))
    for noise in ("t3", "lognormal", "sparse"):
        make = partial(against_neutral, gain=0.0, noise=noise)
        yield cell(f"against neutral, {noise} noise", truth="null", n=10, make=make, role="stress")
    make = partial(against_neutral, gain=0.0)
    yield cell("against neutral, 8 and 40, noise", truth="null", n=8, make=make, role="stress", others={"b": 40})
