"""The gate: what became of claims of every kind on a changed model, with a margin of half of the effect."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.calibration.counts import ALL, DEALINGS, FEW
from tests.calibration.pair import LEFT, Compare, Pair
from tests.calibration.worlds.pairs import found, listed, losses, named
from tests.calibration.worlds.sampled_pairs import SAMPLED, sampled

#: By the kind and a world in words.
SINGLE: dict[tuple[str, str], Compare] = {
    ("specific", "AUROC .8"): partial(named, area=0.8),
    ("specific", "AUROC .98"): partial(named, area=0.98),
    ("specific_any", "three of 300 neurons, AUROC .98"): partial(found, area=0.98),
    ("consistent", "in .8 of lists, .1 of neutral ones"): listed,
    ("necessary", "1 nat"): partial(losses, sides=2),
    ("sufficient", "1 nat"): partial(losses, sides=1),
}
#: A search that finds one neuron here and there, of which the luckiest are compared.
WEAK = ("specific_any", "20 of 300 neurons, AUROC .85")
#: As a claim's design says how its sentence is meant.
FORMS = {
    "overlap_above": "of the ceiling",
    "overlap_below": "of the ceiling",
    "overlap_above_chance": "on these controls",
}
#: Kinds that are looked at on each model's own texts as well: one of each form of term.
ON_BOTH = ("overlap_greater", "distinct", "consistent", "preserved")
SIZES = (10, 20, 40)


def cells() -> Iterator[Pair]:
    """Of unchanged models first, which are quickly made."""
    for left in LEFT:
        for own in (False, True):
            for n in SIZES:
                for (kind, world), compare in SINGLE.items():
                    yield Pair(kind, world, left, own, n, compare, data_sets=ALL)
                yield from _sampled(left, own, n)
    for own in (False, True):
        for n in SIZES[1:]:
            compare = partial(found, area=0.85, count=20)
            yield Pair(*WEAK, 0.5, own, n, compare, role="stress", data_sets=ALL)


def _sampled(left: float, own: bool, n: int) -> Iterator[Pair]:
    for kind in ON_BOTH if own else SAMPLED:
        for select in ("mean", "consistency"):
            world = SAMPLED[kind].sentence
            most = FEW if kind in ON_BOTH else DEALINGS
            yield Pair(kind, world, left, own, n, sampled, FORMS.get(kind, ""), select, data_sets=most)
