"""The gate's errors in short: few data sets of worlds in which what is left of an effect is known.

Bounds are for flukes: if the error rate is the nominal one, more are declared with probability 1e-4. Seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
from scipy import stats

from neurontest.evidence.procedure import evidence_of
from neurontest.evidence.rates import design_of
from neurontest.gate.power import power_if_unchanged
from neurontest.gate.ways.survival import Survival
from neurontest.neurons.select import selector
from neurontest.stats.calibration import Measured
from neurontest.types import Selection
from tests.calibration.cells import CELLS, gate
from tests.calibration.counts import counted, nothing_yet
from tests.calibration.pair import AT, LEFT, MARGIN, Pair
from tests.calibration.worlds import sampled_pairs
from tests.calibration.worlds.brute_force import selected
from tests.calibration.worlds.pairs import found, losses_change, named_change
from tests.calibration.worlds.sampled_pairs import SAMPLED, Sampled, effects, gain_of, share_left
from tests.worlds import claim_on

pytestmark = pytest.mark.calibration

NOMINAL = 0.05
PAIRS = [one for one in CELLS if isinstance(one, Pair)]
SINGLE = [" ".join(one) for one in gate.SINGLE]


@pytest.fixture(autouse=True, scope="module")
def _small() -> Iterator[None]:
    """What is left in worlds is found in short, and forgotten afterwards."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sampled_pairs, "FIXED", 1)
        patched.setattr(sampled_pairs, "SETS", 120)
        yield
    gain_of.cache_clear()
    effects.cache_clear()


def most(data_sets: int) -> int:
    return int(stats.binom.isf(1e-4, data_sets, NOMINAL))


def pair(name: str, truth: str, *, own: bool = False, n: int = 20) -> Pair:
    """The cell of this kind and world, or of a kind that half-samples decide."""
    return next(
        one
        for one in PAIRS
        if name in (f"{one.kind} {one.world}", one.kind if one.select == "mean" else "")
        if (one.truth, one.own, one.n, one.role) == (truth, own, n, "reference")
    )


def count(one: Pair, data_sets: int) -> Measured:
    outcomes = [one.look(seed) for seed in range(data_sets)]
    return counted(nothing_yet(one, outcomes[0].design), outcomes)


@pytest.mark.parametrize("own", [False, True], ids=["same texts", "own texts"])
@pytest.mark.parametrize("name", SINGLE)
def test_errors(name: str, own: bool) -> None:
    assert count(pair(name, "unchanged", own=own), 100).refuted <= most(100)
    assert count(pair(name, "less", own=own), 30).refuted <= most(30)
    assert count(pair(name, "margin", own=own), 100).holds <= most(100)
    assert count(pair(name, "more", own=own), 30).holds <= most(30)


@pytest.mark.parametrize("name", SAMPLED)
def test_errors_of_half_samples(name: str) -> None:
    assert count(pair(name, "unchanged", own=name in gate.ON_BOTH, n=10), 25).refuted <= most(25)
    at_margin = count(pair(name, "margin", n=10), 30)
    assert max(at_margin.holds, at_margin.refuted) <= most(30)
    assert at_margin.design.tests == ("half-sample",)


@pytest.mark.parametrize("name", SINGLE)
def test_power(name: str) -> None:
    same, more = count(pair(name, "unchanged", n=40), 40), count(pair(name, "more", n=40), 40)
    # AUROC .8 is preserved within half of it less often than the others.
    assert same.holds >= (30 if ".8" in name else 36)
    assert more.refuted >= 4
    assert more.holds <= most(40)
    assert same.refuted == 0


@pytest.mark.parametrize("own", [False, True], ids=["same texts", "own texts"])
def test_what_a_search_found_by_luck_is_not_preserved_by_the_same_luck(own: bool) -> None:
    """Nothing tells the concepts apart in either model, and each of these references says that something does."""
    nothing = Pair("specific_any", "noise", 0.5, own, 20, partial(found, area=0.5, count=0))
    by_luck = sum(nothing.look(seed).holds for seed in range(25))
    # A fifth of such references are as sure as it takes.
    assert by_luck <= stats.binom.isf(1e-4, 25, 0.2)


TOLD: dict[str, Callable[[Pair, int, float], Survival]] = {
    "specific AUROC .8": lambda pair, seed, noise: named_change(pair, seed, 0.8, noise),
    "necessary 1 nat": lambda pair, seed, noise: losses_change(pair, seed, 2, noise),
    "sufficient 1 nat": lambda pair, seed, noise: losses_change(pair, seed, 1, noise),
}


@pytest.mark.parametrize("name", TOLD)
def test_the_power_that_is_told_is_the_power_that_there_is(name: str) -> None:
    """What references promise, on average, beside how often a model that is the same is called preserved."""
    told: list[tuple[float, float]] = []
    for seed in range(150):
        same = power_if_unchanged(TOLD[name](pair(name, "unchanged"), seed, 0.0), NOMINAL)
        own = power_if_unchanged(TOLD[name](pair(name, "unchanged"), seed, 0.0), NOMINAL, MARGIN)
        assert same is not None
        assert own is not None
        assert same.needed is None or (same.power >= 0.8) == (same.needed <= same.prompts)
        told.append((same.power, own.power))
    for at, change in enumerate((False, True)):
        seen = count(pair(name, "unchanged", own=change), 150)
        assert sum(one[at] for one in told) / 150 == pytest.approx(seen.holds / 150, abs=0.13)


@pytest.mark.parametrize("kind", SAMPLED)
def test_so_much_is_left_as_is_said(kind: str) -> None:
    for left in (0.75, 0.5, 0.2):
        gain = gain_of(kind, 0, 5, "mean", left)
        assert share_left(kind, 0, 5, "mean", gain) == pytest.approx(left, abs=0.05)


def test_a_change_that_leaves_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    still = Sampled("a and c have distinct neurons", lambda signals, gain: signals, SAMPLED["distinct"].effects)
    monkeypatch.setitem(SAMPLED, "still", still)
    with pytest.raises(ValueError, match="no change leaves 50%"):
        gain_of("still", 0, 5, "mean", 0.5)


@pytest.mark.parametrize("select", ["mean", "consistency"])
def test_sets_found_by_brute_force_are_those_that_are_selected(select: str) -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(60, 40)) + rng.normal(size=40)
    order = rng.permutation(60).reshape(-1, 6)
    subsets = np.zeros((len(order), 60))
    np.put_along_axis(subsets, order, 1.0, axis=1)
    by = selector(scores, select=select, k=10, smallest=6)
    chosen = np.zeros((len(order), 40))
    chosen[:, by.columns] = by.memberships(subsets)
    assert (selected(scores, order, select) == chosen).all()
    assert effects("distinct", 0, 5, select, 1.0)[0] > 4


def test_cells_are_of_the_designs_that_claims_have() -> None:
    for kind, form in gate.FORMS.items():
        what = SAMPLED[kind]
        one, signals, neutral = sampled_pairs.world(what, 0)
        rows = sampled_pairs.drawn(what, one, signals, signals, 10)
        data = {name: by_mode["generated"] for name, by_mode in rows.items()}
        own = Selection(k=10)
        claim, traces = claim_on(what.sentence, data, neutral, width=200, selection=own, statistics=what.statistics)
        assert design_of(claim, evidence_of(claim, traces, AT)).form == form
    assert {one.truth for one in PAIRS} == {truth for truth, _ in LEFT.values()}
