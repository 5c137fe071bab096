"""``overlap_above_chance``: concepts like the controls, the named controls, and the rank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tests.calibration.cell import CONSISTENCY, MEAN, SIZES, Cell
from tests.calibration.counts import FEW
from tests.calibration.worlds.chance import like_controls

KIND = "overlap_above_chance"
THESE, RANK = "on these controls", "by rank"


def cells() -> Iterator[Cell]:
    """b like the controls, all of which are alike or not; or with more."""
    for by in (MEAN, CONSISTENCY):
        cell = partial(Cell, KIND, selection=by)
        for n in (8, 10, 20):
            for controls in (4, 10):
                for spread in ("alike", "spread"):
                    make = partial(like_controls, controls=controls, spread=spread)
                    yield cell(f"b like {controls} controls, {spread}", truth="null", n=n, make=make)
        for controls in (4, 10):
            make = partial(like_controls, controls=controls, spread="skew")
            yield cell(f"b like {controls} controls, a few share much", truth="null", n=10, make=make, role="stress")
            make = partial(like_controls, controls=controls, spread="spread", more=4)
            yield cell(f"4 more than {controls} controls", truth="true", n=10, make=make)
        for n, k in SIZES:
            make = partial(like_controls, controls=6, spread="spread")
            yield Cell(KIND, "b like 6 controls, spread", "null", n, replace(by, k=k), make, data_sets=FEW)
        for noise in ("t3", "lognormal", "sparse"):
            make = partial(like_controls, controls=6, spread="spread", noise=noise)
            yield cell(f"b like 6 controls, {noise} noise", truth="null", n=10, make=make, role="stress")
        make = partial(like_controls, controls=6, spread="spread")
        yield cell("b like 6 controls, 30 of b", truth="null", n=10, make=make, role="stress", others={"b": 30})
        for n in (10, 20):
            make = partial(like_controls, controls=4, spread="alike", meant=THESE)
            yield cell("as much as these controls", truth="null", n=n, make=make)
        make = partial(like_controls, controls=4, spread="alike", meant=THESE, more=4)
        yield cell("4 more than these controls", truth="true", n=10, make=make)
        for spread in ("spread", "skew"):
            make = partial(like_controls, controls=19, spread=spread, meant=RANK)
            yield cell(f"b like 19 controls, {spread}", truth="null", n=10, make=make, data_sets=FEW)
        make = partial(like_controls, controls=19, spread="spread", meant=RANK, more=4)
        yield cell("4 more than 19 controls", truth="true", n=10, make=make, data_sets=FEW)
