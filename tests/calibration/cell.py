"""The cells of the full grid: a world, what is claimed of it, and what is true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from unittest.mock import patch

import numpy as np

from neurontest.claims import permutation
from neurontest.claims.trial import Trial
from neurontest.stats.half_t import HalfT
from neurontest.stats.relabel import relabel
from neurontest.stats.sequential import clear_of
from neurontest.stats.whole_sets import overlap_difference
from neurontest.types import Selection, Thresholds
from tests.calibration.worlds import Data, Made
from tests.worlds import Floats, claim_on


@dataclass(frozen=True)
class Cell:
    """One cell of the grid.

    Attributes
    ----------
    truth : {"null", "boundary", "true"}
        The claim's null holds; its estimand is the reference value, so that both sides' errors show; the claim is true.
    make : callable
        From the cell and a seed to a data set.
    stability : bool
        Two further seeds are asked for the same data.
    dealt : bool
        The prompts are those of the shipped suite, dealt at random.
    peer : bool
        Tested as it is usually done, for comparison: whole sets, and the prompts of b and c permuted.
    data_sets : int
        The most that are looked at: fewer where one takes seconds.
    """

    kind: str
    name: str
    truth: str
    n: int
    selection: Selection
    make: Callable[[Cell, int], Made]
    stability: bool = False
    dealt: bool = False
    peer: bool = False
    data_sets: int = 1000


@dataclass(frozen=True)
class Outcome:
    """What came of one data set; None where it was not asked."""

    p: float
    p_opposite: float
    covers: bool | None = None
    borderline: bool | None = None
    contradictory: bool | None = None


def run_cell(cell: Cell, made: Made, seed: int) -> Outcome:
    """Test a data set."""
    first = _test(cell, made, seed)
    if not cell.stability:
        return first
    others = [_test(cell, made, seed + shift) for shift in (100_000, 200_000)]
    clear = [one.p <= 0.05 for one in (first, *others) if not one.borderline]
    return replace(first, contradictory=len(set(clear)) > 1)


def _test(cell: Cell, made: Made, seed: int) -> Outcome:
    kind, claim, traces = claim_on(
        made.sentence,
        made.data,
        made.baseline,
        width=_arrays(made.data)[0].shape[1] // made.layers,
        selection=cell.selection,
        statistics=made.statistics,
        seed=seed,
        groups=made.groups,
    )
    if cell.peer:
        return _whole_sets(Trial(kind, claim, traces))
    if not kind.half_sampled(claim) or made.statistics.test != "half-sample":
        with patch.object(permutation, "relabel", partial(relabel, fewest=99, most=99, enumerated=0)):
            if made.statistics.test == "permutation":
                return _permutation(kind.name, Trial(kind, claim, traces))
            found = kind.evidence(claim, traces, Thresholds.of(0.05))
        return Outcome(found.p, found.p_opposite)
    results = Trial(kind, claim, traces).decide(Thresholds.of(0.05))
    low, high = results[0].interval(0.95)
    return Outcome(
        p=max(one.p for one in results),
        p_opposite=min(1.0, len(results) * min(one.p_opposite for one in results)),
        covers=None if made.truth is None else low <= made.truth <= high,
        borderline=any(_borderline(one) for one in results),
    )


def _permutation(kind: str, trial: Trial) -> Outcome:
    """The permutation key alone: nothing else of the evidence is looked at."""
    if kind == "distinct":
        key = permutation.distinct_key(trial, list(trial.n), {})
    else:
        key = permutation.overlap_key(trial, "a", "b", "c")
    return Outcome(key(Thresholds.of(0.05))[0].p, 1.0) if key is not None else Outcome(1.0, 1.0)


def _whole_sets(trial: Trial) -> Outcome:
    pool = trial.selector(np.concatenate([trial.scores(name) for name in "bc"]), min(trial.n["b"], trial.n["c"]))
    statistic = overlap_difference(pool, trial.full("a")[pool.columns])
    found = relabel(statistic, (trial.n["b"], trial.n["c"]), trial.stream("peer"), fewest=199, most=199, enumerated=0)
    return Outcome(found.p, 1.0)


def _borderline(one: HalfT) -> bool:
    return not one.exact and not clear_of(one.t, one.df, one.se, 0.05)


def _arrays(data: Data) -> list[Floats]:
    return [one if isinstance(one, np.ndarray) else next(iter(one.values())) for one in data.values()]
