"""What is left of single neurons."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neurontest.arrays import Floats
from neurontest.evidence.trial import Trial
from neurontest.gate.margin import Margin
from neurontest.gate.power import power_if_unchanged
from neurontest.gate.ways.named import named_survival
from neurontest.gate.ways.survival import Survival
from neurontest.stats.auroc import auroc, placements
from tests.worlds import claim_on

SENTENCE = "neuron L0.residual[3] is specific to a against b and c"
SIDES = (("b",), ("c",))


def data(seed: int, shift: float, n: int = 12) -> dict[str, Floats]:
    rng = np.random.default_rng([21, seed])
    out = {name: rng.normal(size=(n, 8)) for name in "abc"}
    out["a"][:, 3] += shift
    return out


def asked(
    then: dict[str, Floats],
    now: dict[str, Floats],
    margin: Margin | None = None,
    neurons: tuple[int, ...] = (3,),
    *,
    searched: bool = False,
) -> Survival:
    old, new = (Trial(*claim_on(SENTENCE, world, np.zeros((10, 8)), width=8)) for world in (then, now))
    names = [f"L0.residual[{one}]" for one in neurons]
    return named_survival(old, new, names, SIDES, margin or Margin(), searched=searched)


def test_placements_are_the_components_of_the_area() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 4, 9).astype(float), rng.integers(0, 4, 7).astype(float)
    own, others = placements(x, y)
    assert own.mean() == pytest.approx(auroc(x, y)) == others.mean()


def test_the_same_neuron_is_preserved() -> None:
    then = data(0, 3.0)
    found = asked(then, then)
    assert found.p_preserved < 0.05 < found.p_weakened
    assert found.change.estimate == 0
    assert found.then.estimate == found.now.estimate == auroc(then["a"][:, 3], then["b"][:, 3]) or len(found.parts) == 2


def test_a_neuron_that_is_gone_is_weakened_even_if_one_side_alone_tells() -> None:
    then, now = data(1, 4.0, n=20), data(1, 4.0, n=20)
    now["c"][:, 3] += 4.0
    found = asked(then, now)
    assert found.p_weakened < 0.05 < found.p_preserved
    assert found.now.estimate == pytest.approx(0.5, abs=0.2)


def test_of_neurons_that_a_search_found_one_is_enough() -> None:
    then, now = data(2, 4.0, n=20), data(2, 4.0, n=20)
    for world in (then, now):
        world["a"][:, 5] += 4.0
    now["a"][:, 3] -= 4.0
    assert asked(then, now).p_weakened < 0.05
    both = asked(then, now, neurons=(3, 5))
    assert both.p_preserved < 0.05 < both.p_weakened


def test_groups_that_lie_wholly_apart_are_no_proof_of_anything_at_three_prompts() -> None:
    then = data(3, 50.0, n=3)
    found = asked(then, then)
    assert found.kept.degenerate
    assert found.p_preserved > 0.05


def test_errors_at_the_margin() -> None:
    """What is left is exactly half of what was: neither is declared in more than its share."""
    shown = np.zeros(2)
    count, rng = 400, np.random.default_rng(22)
    was = float(stats.norm.ppf(0.9)) * 2**0.5
    left = float(stats.norm.ppf((0.9 - 0.5) / 2 + 0.5)) * 2**0.5
    for _ in range(count):
        own, b, c = (rng.normal(size=(20, 1)) for _ in range(3))
        noise = [0.5 * rng.normal(size=(20, 1)) for _ in range(3)]
        worlds = [
            {"a": own + shift + move * noise[0], "b": b + move * noise[1], "c": c - 60 + move * noise[2]}
            for shift, move in ((was, 0.0), (left * 1.25**0.5, 1.0))
        ]
        wide = [{name: np.tile(rows, (1, 8)) for name, rows in world.items()} for world in worlds]
        found = asked(wide[0], wide[1])
        shown += [found.p_preserved <= 0.05, found.p_weakened <= 0.05]
    assert (shown / count <= 0.05 + 2 * (0.05 * 0.95 / count) ** 0.5).all()


def test_neurons_that_tell_wholly_apart_have_a_power_too() -> None:
    then = data(4, 50.0)
    power = power_if_unchanged(asked(then, then), 0.05)
    assert power is not None
    assert power.prompts == 12
    assert power.power >= 0.8
    assert power.needed is not None
    assert power.needed <= 12


def test_a_high_area_is_judged_by_the_spread_at_the_margin() -> None:
    then, now = data(5, 3.0, n=20), data(6, 1.5, n=20)
    found = asked(then, now)
    old, new = ([placements(world["a"][:, 3], world[name][:, 3]) for name in "bc"] for world in (then, now))
    plain = [
        sum(
            max(float((after - 0.5 * before).var(ddof=1)), 1 / 80) / 20
            for before, after in zip(first, second, strict=True)
        )
        for first, second in zip(old, new, strict=True)
    ]
    for part, variance in zip(found.parts, plain, strict=True):
        assert variance <= part.variance <= 1.5 * variance * (1 + 1e-9)
        assert part.df == 19


def test_of_a_neuron_that_was_searched_for_a_fifth_of_the_level_is_for_luck() -> None:
    then = data(7, 4.0, n=20)
    named, found = asked(then, then), asked(then, then, searched=True)
    alone = max(
        float(stats.ttest_ind(then["a"][:, 3], then[name][:, 3], equal_var=False, alternative="greater").pvalue)
        for name in "bc"
    )
    assert named.by_luck == 0
    # Eight neurons were searched.
    assert found.by_luck == pytest.approx(8 * alone, rel=0.5)
    assert found.p_preserved == pytest.approx(max(named.p_preserved / 0.8, 5 * found.by_luck))
    assert found.p_weakened == named.p_weakened
    assert found.asked(0.05) == pytest.approx(0.04)


def test_a_neuron_that_hardly_stood_out_is_not_preserved_by_standing_as_it_stood() -> None:
    then = data(11, 0.9, n=20)
    found = asked(then, then, searched=True)
    assert found.by_luck > 0.01
    assert found.p_preserved >= min(1.0, 5 * found.by_luck) > 0.05
    assert found.asked(0.05) == 0
    power = power_if_unchanged(found, 0.05)
    assert power is not None
    assert power.power == 0
    # With more prompts it would stand out.
    assert power.needed is not None
    assert power.needed > 20


def test_a_neuron_that_stood_out_by_luck_alone_does_not_hide_one_that_is_left() -> None:
    then = data(9, 4.0, n=20)
    found = asked(then, then, neurons=(3, 5), searched=True)
    assert found.p_preserved < 0.05
    assert found.by_luck < 0.01
    assert found.chances == 2
