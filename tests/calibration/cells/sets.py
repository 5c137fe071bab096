"""``distinct``, ``positions_more_distinct`` and ``normalization_helps``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from neurontest.types import Selection
from tests.calibration.cell import CONSISTENCY, MEAN, SIZES, Cell
from tests.calibration.counts import FEW
from tests.calibration.worlds.sets import AVERAGE, EACH, distinct, normalization, positions, templates

NOISE, WEAK, CLEAR = (partial(distinct, gain=gain) for gain in (0.0, 0.7, 1.0))


def cells() -> Iterator[Cell]:
    """Every pair, and on average; all tokens and the last; normalized and raw."""
    for by in (MEAN, CONSISTENCY):
        yield from _each(by)
        yield from _average(by)
        yield from _ways_to_look(by)


def _each(by: Selection) -> Iterator[Cell]:
    cell = partial(Cell, "distinct", selection=by)
    two = partial(NOISE, names="ab", sentence=EACH)
    for n in (6, 8, 10, 20, 24):
        yield cell("each, two of noise", truth="null", n=n, make=two)
    for n in (10, 20):
        make = partial(CLEAR, sentence=EACH, identical="ab")
        yield cell("each, one pair of four identical", truth="null", n=n, make=make)
        yield cell("each, three of four identical", truth="null", n=n, make=partial(make, identical="abc"))
    for n, k in SIZES:
        yield Cell("distinct", "each, two of noise", "null", n, replace(by, k=k), two, data_sets=FEW)
    for test in ("permutation", "half-sample"):
        yield cell("each, two of noise", truth="null", n=10, make=two, test=test)
    for make, world in ((WEAK, "weak"), (CLEAR, "clear")):
        yield cell(
            f"each, {world} signals of four", truth="true", n=10, make=partial(make, sentence=EACH), data_sets=FEW
        )
    stress = partial(cell, truth="null", role="stress")
    yield stress("each, two of noise, 8 and 40", n=8, make=two, others={"b": 40})
    for noise in ("t3", "lognormal", "sparse"):
        yield stress(f"each, two of {noise} noise", n=10, make=partial(two, noise=noise))
    yield stress("each, two of noise, eight bits", n=10, make=partial(two, step=0.5))
    yield stress("each, unmarked paraphrases, two of noise", n=24, make=partial(two, copies=4))
    border = partial(distinct, gain=0.45, names="ab", sentence=EACH)
    yield cell("each, near the border, three seeds", truth="true", n=12, make=border, stability=True, data_sets=300)


def _average(by: Selection) -> Iterator[Cell]:
    cell = partial(Cell, "distinct", selection=by)
    for n in (6, 8, 10, 20):
        yield cell("on average, noise", truth="null", n=n, make=NOISE, data_sets=FEW)
    for n in (6, 10):
        yield cell("on average, weak signals", truth="true", n=n, make=WEAK, data_sets=FEW)
    for n, k in SIZES:
        chosen = replace(by, k=k)
        yield Cell("distinct", "on average, noise", "null", n, chosen, NOISE, data_sets=FEW)
    shared = partial(templates, gain=0.0, sentence=AVERAGE)
    yield cell("on average, shared templates, noise", truth="null", n=10, make=shared, data_sets=FEW)
    border = partial(distinct, gain=0.35)
    yield cell(
        "on average, near the border, three seeds", truth="true", n=10, make=border, stability=True, data_sets=300
    )
    others = {"b": 40, "c": 40, "d": 40}
    yield cell(
        "on average, noise, 8 and 40", truth="null", n=8, make=NOISE, role="stress", others=others, data_sets=FEW
    )


def _ways_to_look(by: Selection) -> Iterator[Cell]:
    cell = partial(Cell, "positions_more_distinct", selection=by)
    quiet = partial(positions, gains=(0.0, 0.0), noise=0.5)
    yield cell("noise, last less noisy", truth="null", n=10, make=quiet)
    for n in (8, 10, 20, 24):
        yield cell("equally distinct", truth="null", n=n, make=partial(positions, gains=(1.2, 1.2)))
    for n, k in SIZES:
        same = partial(positions, gains=(1.2, 1.2))
        yield Cell("positions_more_distinct", "equally distinct", "null", n, replace(by, k=k), same, data_sets=FEW)
        nothing = partial(normalization, gain=0.0)
        yield Cell("normalization_helps", "noise", "null", n, replace(by, k=k), nothing, data_sets=FEW)
    more = partial(positions, gains=(1.2, 0.8), noise=1.3)
    yield cell("all tokens say more", truth="true", n=10, make=more)
    loud = partial(positions, gains=(1.2, 1.2), noise=1.0)
    yield cell(
        "equally distinct, 8 of a, 40 of b", truth="null", n=20, make=loud, role="stress", others={"a": 8, "b": 40}
    )
    cell = partial(Cell, "normalization_helps", selection=by)
    for n in (8, 10, 20):
        yield cell("noise", truth="null", n=n, make=partial(normalization, gain=0.0))
    yield cell("signals", truth="true", n=10, make=partial(normalization, gain=1.0))
    for noise in ("t3", "sparse"):
        make = partial(normalization, gain=0.0, noise=noise)
        yield cell(f"{noise} noise", truth="null", n=10, make=make, role="stress")
    yield cell("noise, eight bits", truth="null", n=10, make=partial(normalization, gain=0.0, step=0.5), role="stress")
