"""The full grid in short: its worlds made small, and fewer data sets.

Bounds are for flukes, not for comfort: if a test's true error rate is the largest that the design's simulations found
for it, more than the bound are declared with probability 1e-5. Seeds are fixed besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from scipy import stats

from neurontest.evidence import describe
from neurontest.kinds import kinds
from neurontest.stats.calibration import Measured
from tests.calibration.cell import Cell, run_cell
from tests.calibration.cells import CELLS
from tests.calibration.counts import counted, nothing_yet
from tests.calibration.pair import Pair
from tests.calibration.worlds import base, effects, levels, overlaps, sets, single
from tests.calibration.worlds.chance import like_controls

pytestmark = pytest.mark.calibration

REFERENCE = {cell.key: cell for cell in CELLS if isinstance(cell, Cell)}
MEAN, CONSISTENCY = "mean, k = 10", "consistency, k = 10"
#: Largest error rates found for the half-sample key, and for the studentised relabelings alone.
HALF_SAMPLE, RELABELED = 0.062, 0.093
NULLS = {
    f"overlap_greater: equal overlaps; n = 8; {MEAN}, half-sample": 100,
    f"overlap_greater: equal overlaps; n = 8; {CONSISTENCY}, half-sample": 100,
    f"overlap_greater: equal overlaps; n = 12; {MEAN}, permutation": 10,
    f"overlap_greater: shared templates, equal overlaps; n = 10; {MEAN}": 6,
    f"overlap_greater: six false among nine claims; n = 10; {MEAN}": 8,
    f"overlap_above: at the true overlap; n = 10; {MEAN}": 60,
    f"overlap_below: at the true overlap; n = 10; {CONSISTENCY}": 60,
    f"overlap_above_chance: b like 4 controls, spread; n = 10; {MEAN}": 40,
    f"overlap_above_chance: as much as these controls; n = 10; {MEAN}": 40,
    f"overlap_above_chance: b like 19 controls, spread; n = 10; {MEAN}": 15,
    f"sets_similar: at the true overlap; n = 10; {MEAN}": 60,
    f"sets_differ: at the true cross overlap; n = 10; {MEAN}": 100,
    f"sets_differ: at the true cross overlap; n = 10; {CONSISTENCY}": 100,
    f"consistent: at the true overlap of halves; n = 10; {MEAN}": 100,
    f"consistent: at the true overlap of halves; n = 10; {CONSISTENCY}": 100,
    f"consistent: against neutral, noise; n = 10; {MEAN}": 60,
    f"distinct: each, two of noise; n = 10; {MEAN}, half-sample": 80,
    f"distinct: each, three of four identical; n = 10; {MEAN}": 2,
    f"distinct: each, two of noise; n = 10; {MEAN}, permutation": 5,
    f"positions_more_distinct: equally distinct; n = 10; {MEAN}": 60,
    f"positions_more_distinct: equally distinct; n = 10; {CONSISTENCY}": 60,
    f"normalization_helps: noise; n = 10; {MEAN}": 40,
    f"specific: one control, noise; n = 10; {MEAN}": 60,
    f"specific: b as active as a, two others not; n = 10; {MEAN}": 60,
    f"specific: 8 and 40, three times as spread; n = 8, 40 of b; {MEAN}": 60,
    f"specific_any: one control, noise; n = 10; {MEAN}": 30,
    "necessary: every set has an effect of its own, .8, 24 and 24; n = 48, 24 of b; mean, k = 6": 25,
    "sufficient: alike; n = 20; mean, k = 6": 25,
}
LOPSIDED = (6, 0, 1.6)
Make = Callable[[Cell, int], base.Made]
#: Cells whose claim is true, with an effect that must not be missed.
STRONG: dict[str, Make] = {
    f"overlap_greater: 6 against 1 shared; n = 10; {MEAN}": partial(overlaps.planted, shape=LOPSIDED),
    f"overlap_greater: 6 against 1 shared; n = 10; {CONSISTENCY}": partial(overlaps.planted, shape=LOPSIDED),
    f"overlap_greater: shared templates, 6 against 1; n = 10; {MEAN}": partial(overlaps.templates, shape=(6, 0, 2.5)),
    f"overlap_above_chance: 4 more than these controls; n = 10; {MEAN}": partial(
        like_controls, controls=4, spread="alike", meant="on these controls", more=6
    ),
    f"distinct: each, clear signals of four; n = 10; {MEAN}": partial(
        sets.distinct, gain=1.5, names="abc", sentence=sets.EACH
    ),
    f"distinct: on average, weak signals; n = 10; {MEAN}": partial(sets.distinct, gain=1.2),
    f"positions_more_distinct: all tokens say more; n = 10; {MEAN}": partial(sets.positions, gains=(1.5, 0.3)),
    f"positions_more_distinct: all tokens say more; n = 10; {CONSISTENCY}": partial(sets.positions, gains=(1.5, 0.3)),
    f"normalization_helps: signals; n = 10; {MEAN}": partial(sets.normalization, gain=1.5),
    f"consistent: against neutral, signals; n = 10; {MEAN}": partial(single.against_neutral, gain=1.5),
    f"specific: 3 sd above one control; n = 10; {MEAN}": partial(single.named, strengths={"a": 3.0, "b": 0.0}),
    f"specific_any: one neuron, 3 sd; n = 15; {MEAN}": partial(
        single.searched, strengths={"a": 4.0, "b": 0.0}, neurons=300
    ),
    "necessary: 0.5 nats; n = 48, 24 of b; mean, k = 6": partial(
        effects.necessary, harm=effects.Harm(own=0.2, needed=2.0)
    ),
    "sufficient: 1.5 nats; n = 20; mean, k = 6": partial(effects.sufficient, effect=3.0),
}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LAYERS": 2, "WIDTH": 120}.items():
        monkeypatch.setattr(base, name, value)
    monkeypatch.setattr(levels, "FIXED", 2)
    # Nothing is decided by it.
    monkeypatch.setattr(describe, "RESAMPLES", 19)


def looked_at(cell: Cell, data_sets: int) -> Measured:
    outcomes = [run_cell(cell, seed) for seed in range(data_sets)]
    return counted(nothing_yet(cell, outcomes[0].design), outcomes)


@pytest.mark.parametrize("key", NULLS)
def test_errors(key: str) -> None:
    cell = REFERENCE[key]
    if cell.kind == "overlap_greater" and "claims" in cell.world:
        # Nine claims by relabeling take seconds.
        cell = replace(cell, test="half-sample")
    found = looked_at(cell, NULLS[key])
    rate = RELABELED if cell.test == "permutation" else HALF_SAMPLE
    most = stats.binom.isf(1e-5, found.data_sets, rate)
    assert found.holds <= most
    assert found.refuted <= most
    assert found.known - found.covered <= most


@pytest.mark.parametrize("key", STRONG)
def test_power(key: str) -> None:
    cell = REFERENCE[key]
    # Half-t alone, but for the first.
    cell = replace(cell, make=STRONG[key])
    found = looked_at(cell if key == next(iter(STRONG)) else replace(cell, test="half-sample"), 10)
    assert found.holds >= (9 if key.startswith(("distinct", "positions")) else 8)
    assert found.refuted == 0


def test_each_cell_is_told_from_all_others() -> None:
    assert len({cell.key for cell in CELLS}) == len(CELLS)


def test_a_world_that_is_tested_against_another_value_is_refused() -> None:
    cell = REFERENCE[f"overlap_above: at the true overlap; n = 10; {MEAN}"]
    made = replace(cell.make(cell, 0), truth=1.0)
    with pytest.raises(ValueError, match="is tested against"):
        run_cell(cell, 0, made)


def test_other_seeds_are_other_draws() -> None:
    """Else nothing is asked where verdicts of several seeds are compared."""
    cell = replace(REFERENCE[f"overlap_greater: near the border, three seeds; n = 20; {MEAN}"], test="permutation")
    cell = replace(cell, stability=False)
    made = cell.make(cell, 0)
    assert len({run_cell(cell, seed, made).p for seed in (0, 100_000, 200_000)}) > 1


def test_every_kind_has_its_cells() -> None:
    everyone = {kind.name for kind in kinds()}
    assert {cell.kind for cell in REFERENCE.values()} == everyone - {"preserved"}
    assert {cell.kind for cell in CELLS if isinstance(cell, Pair)} == everyone
