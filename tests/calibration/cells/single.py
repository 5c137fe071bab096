"""``specific`` and ``specific_any``: single neurons, named and searched for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.calibration.cell import MEAN, Cell
from tests.calibration.counts import FEW
from tests.calibration.worlds.single import named, searched, templated

ONE, THREE = {"a": 0.0, "b": 0.0}, {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.0}
AS_B = {"a": 2.0, "b": 2.0, "c": 0.0, "d": 0.0}
UNLIKE = {"a": 0.0, "b": 1.5, "c": -1.5, "d": 0.0}
AVERAGE = "on average"


def cells() -> Iterator[Cell]:
    """Named neurons, and searches."""
    yield from _named()
    yield from _searched()


def _named() -> Iterator[Cell]:
    cell = partial(Cell, "specific", selection=MEAN)
    noise = partial(named, strengths=ONE)
    for n in (4, 6, 8, 10, 20, 24):
        yield cell("one control, noise", truth="null", n=n, make=noise)
    for n in (10, 24):
        yield cell("b as active as a, two others not", truth="null", n=n, make=partial(named, strengths=AS_B))
        more = partial(named, strengths={**AS_B, "b": 3.0})
        yield cell("b more active than a, two others not", truth="false", n=n, make=more)
        yield cell("1.5 sd above three", truth="true", n=n, make=partial(named, strengths={**THREE, "a": 1.5}))
    strong = partial(named, strengths={**ONE, "a": 3.0})
    yield cell("3 sd above one control", truth="true", n=10, make=strong)
    averaged = partial(named, strengths=THREE, meant=AVERAGE)
    for n in (10, 24):
        yield cell("three controls on average, noise", truth="null", n=n, make=averaged)
    unlike = partial(named, strengths=UNLIKE, meant=AVERAGE)
    stress = partial(cell, truth="null", role="stress")
    yield stress("three unlike controls on average", n=10, make=unlike)
    yield stress("three unlike controls on average, a three times as spread", n=10, make=partial(unlike, spread=3.0))
    for spread, words in ((3.0, "three times"), (1 / 3, "a third")):
        make = partial(named, strengths=ONE, spread=spread)
        yield stress(f"8 and 40, {words} as spread", n=8, make=make, others={"b": 40})
        for n in (10, 24):
            yield stress(f"{words} as spread", n=n, make=make)
        for shape in ("steps", "zeros"):
            make = partial(named, strengths=ONE, spread=spread, shape=shape)
            yield stress(f"8 and 40, {words} as spread, {shape}", n=8, make=make, others={"b": 40})
    border = partial(named, strengths={**ONE, "a": 0.8})
    yield cell("near the border, three seeds", truth="true", n=12, make=border, stability=True, data_sets=300)


def _searched() -> Iterator[Cell]:
    cell = partial(Cell, "specific_any", selection=MEAN)
    for n in (8, 10, 15, 20, 24):
        yield cell("one control, noise", truth="null", n=n, make=partial(searched, strengths=ONE))
    yield cell(
        "17,280 neurons, noise", truth="null", n=10, make=partial(searched, strengths=ONE, neurons=17280), data_sets=FEW
    )
    for meant in ("", AVERAGE):
        words = f"three controls{' on average' if meant else ''}"
        yield cell(f"{words}, noise", truth="null", n=10, make=partial(searched, strengths=THREE, meant=meant))
    as_b = partial(searched, strengths={"a": 3.0, "b": 3.0, "c": 0.0, "d": 0.0})
    yield cell("one neuron, b as active as a, two others not", truth="null", n=10, make=as_b)
    for share in (0.3, 0.8):
        make = partial(searched, strengths=ONE, correlated=share)
        yield cell(f"neurons share {share} of their variance", truth="null", n=10, make=make)
    yield cell("shared templates, noise", truth="null", n=10, make=partial(templated, strength=0.0))
    for n in (10, 15):
        yield cell("one neuron, 3 sd", truth="true", n=n, make=partial(searched, strengths={**ONE, "a": 3.0}))
    yield cell(
        "one neuron, 3 sd, above three", truth="true", n=10, make=partial(searched, strengths={**THREE, "a": 3.0})
    )
    border = partial(searched, strengths={**ONE, "a": 2.7})
    yield cell("near the border, three seeds", truth="true", n=10, make=border, stability=True, data_sets=300)
    yield from _strained()


def _strained() -> Iterator[Cell]:
    stress = partial(Cell, "specific_any", truth="null", selection=MEAN, role="stress")
    for spread, words in ((2.0, "twice"), (0.5, "half"), (3.0, "three times")):
        make = partial(searched, strengths=ONE, spread=spread)
        yield stress(f"{words} as spread", n=10, make=make)
        yield stress(f"8 and 40, {words} as spread", n=8, make=make, others={"b": 40})
        yield stress(f"{words} as spread", n=24, make=make)
    yield stress("twice as spread, correlated", n=10, make=partial(searched, strengths=ONE, spread=2.0, correlated=0.5))
    for n in (10, 24):
        make = partial(searched, strengths=ONE, spread=(3.0, 1 / 3))
        yield stress("half the neurons three times as spread, half a third", n=n, make=make)
        yield stress("sparse, half as spread", n=n, make=partial(searched, strengths=ONE, spread=0.5, shape="sparse"))
    for spread in (1.0, 0.5):
        words = "" if spread == 1.0 else ", half as spread"
        for shape in ("t3", "lognormal"):
            yield stress(f"{shape}{words}", n=10, make=partial(searched, strengths=ONE, spread=spread, shape=shape))
    make = partial(searched, strengths=ONE, copies=4)
    yield stress("four unmarked paraphrases of each prompt", n=24, make=make)
