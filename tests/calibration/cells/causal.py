"""``necessary`` and ``sufficient``, at the level of effects."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from neurontest.types import Selection
from tests.calibration.cell import Cell
from tests.calibration.counts import FEW
from tests.calibration.worlds.effects import Harm, necessary, sufficient

SIX = Selection(k=6)


def cells() -> Iterator[Cell]:
    """Sets like random ones, with effects of their own, and with effects that say nothing about the concept."""
    cell = partial(Cell, "necessary", selection=SIX, data_sets=FEW)
    for world, harm in (("alike", Harm()), ("every set has an effect of its own, .8", Harm(own=0.8))):
        # Half of a's prompts select.
        yield cell(f"{world}, 24 and 24", truth="null", n=48, make=partial(necessary, harm=harm), others={"b": 24})
    own = partial(necessary, harm=Harm(own=0.8, loud=2.0))
    yield cell("every set has an effect of its own, .8, 10 and 40", truth="null", n=20, make=own, others={"b": 40})
    for world, harm in STRAINED.items():
        make = partial(necessary, harm=harm)
        yield cell(world, truth="null", n=48, make=make, others={"b": 24}, role="stress")
    for world, harm in NEEDED.items():
        yield cell(world, truth="true", n=48, make=partial(necessary, harm=harm), others={"b": 24})
    cell = partial(Cell, "sufficient", selection=SIX, data_sets=FEW)
    for n in (10, 20, 40):
        yield cell("alike", truth="null", n=n, make=sufficient)
    yield cell(
        "3 times as strong, in a random direction",
        truth="null",
        n=40,
        make=partial(sufficient, strong=3.0),
        role="stress",
    )
    rare = partial(sufficient, strong=3.0, rare=2.0)
    yield cell("3 times as strong, words twice as movable", truth="null", n=40, make=rare, role="stress")
    yield cell("1.5 nats", truth="true", n=20, make=partial(sufficient, effect=1.5))


STRAINED = {
    "3 times the dose, a 1.5 times as fragile": Harm((3, 3), fragile=1.5, own=0.2),
    "3 times the dose, a 1.5 times as fragile, convex": Harm((3, 3), fragile=1.5, own=0.2, convex=True),
    "3 times the dose on a, 1.5 on b": Harm((3, 1.5), own=0.2),
    "equal dose, 3 times as harmful": Harm(general=3, fragile=1.5, own=0.2),
    "equal dose, 3 times as harmful, effects of its own grow": Harm(general=3, fragile=1.5, own=0.2, grows=True),
    "10 times as harmful, convex": Harm(general=10, fragile=1.5, own=0.2, convex=True),
    "a third as harmful, b more fragile": Harm(general=1 / 3, fragile=0.67, own=0.4),
    "a 3 times as fragile, 3 times as harmful": Harm(general=3, fragile=3, own=0.2),
}
NEEDED = {
    "0.5 nats": Harm(own=0.2, needed=0.5),
    "1 nat, a 1.5 times as fragile": Harm(own=0.2, needed=1.0, fragile=1.5),
}
