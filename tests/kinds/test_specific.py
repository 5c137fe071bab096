"""A named neuron against several controls: each of them, or all as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.types import Concept, Evidence, Thresholds
from tests.worlds import claim_on, evidence_on

EACH = "neuron L0.residual[3] is specific to a against b, c and d"


def active(rng: np.random.Generator, n: int, mean: float, spread: float = 1.0) -> Floats:
    """Activations of ten neurons, of which the fourth is the one that is asked about."""
    out: Floats = rng.normal(size=(n, 10))
    out[:, 3] = mean + spread * out[:, 3]
    return out


def found(
    sentence: str, *means: float, seed: int = 0, n: int = 10, thresholds: tuple[float, ...] = (0.05,)
) -> Evidence:
    rng = np.random.default_rng(seed)
    data = {name: active(rng, n, mean) for name, mean in zip("abcd", means, strict=False)}
    return evidence_on(sentence, data, active(rng, 12, 0.0), thresholds, width=10, seed=seed)


def test_a_control_that_is_as_active_is_not_told_from() -> None:
    # Of the controls taken together a stood out in .99 of such data sets.
    shown = sum(found(EACH, 2.5, 2.5, 0.0, 0.0, seed=seed).p <= 0.05 for seed in range(60))
    assert shown <= 60 * 0.05 + 3 * (60 * 0.05 * 0.95) ** 0.5
    assert sum(found(EACH + " on average", 2.5, 2.5, 0.0, 0.0, seed=seed).p <= 0.05 for seed in range(10)) == 10


def test_a_control_that_is_more_active_refutes_it() -> None:
    one = found(EACH, 1.0, 4.0, 0.0, 0.0)
    assert one.p > 0.9
    assert one.p_opposite == pytest.approx(3 * min(key.p_opposite or 1 for key in one.keys))
    assert one.p_opposite < 0.01
    assert one.effect.name == "L0.residual[3], a above b (the weakest of 3 controls)"
    # Below the mean of all, though less active than none of the others on other.kind.
    assert found(EACH + " on average", 1.0, 4.0, 0.0, 0.0).p_opposite > 0.05


def test_what_is_above_every_control_is_shown() -> None:
    one = found(EACH, 4.0, 0.0, 0.5, 1.0)
    assert one.p <= 0.01
    assert [key.about for key in one.keys] == ["against b", "against c", "against d"]
    assert one.p == max(key.p for key in one.keys)
    assert {key.chances for key in one.keys} == {3}
    assert [detail.name for detail in one.details[:3]] == ["against b", "against c", "against d"]
    assert one.details[3].name.startswith("average precision against ")
    assert all(detail.note.startswith("p = ") for detail in one.details[:3])
    together = found(EACH + " on average", 4.0, 0.0, 0.5, 1.0)
    (key,) = together.keys
    assert (key.about, key.chances) == ("", 1)
    assert together.effect.name == "L0.residual[3], a above b, c and d"


def test_the_opposite_counts_as_many_chances_as_there_are_controls() -> None:
    # All controls alike: the smallest of three opposite p-values alone would be below .05 in about .13.
    refuted = sum(found(EACH, 0.0, 0.0, 0.0, 0.0, seed=seed, n=6).p_opposite <= 0.05 for seed in range(80))
    assert refuted <= 80 * 0.05 + 3 * (80 * 0.05 * 0.95) ** 0.5


@pytest.mark.parametrize(("n", "smallest"), [(4, 1 / 70), (5, 1 / 252)])
def test_the_smallest_p_is_that_of_one_control(n: int, smallest: float) -> None:
    one = found(EACH, 50.0, 0.0, 0.0, 0.0, n=n)
    assert one.p == pytest.approx(smallest)
    claim, _ = claim_on(EACH, {name: np.zeros((n, 10)) for name in "abcd"}, np.zeros((12, 10)), width=10)
    assert claim.kind.smallest_p(claim) == pytest.approx(smallest)
    other, _ = claim_on(
        EACH + " on average", {name: np.zeros((n, 10)) for name in "abcd"}, np.zeros((12, 10)), width=10
    )
    assert other.kind.smallest_p(other) < smallest / 10
    assert claim.kind.prompts_needed(claim) == (4, 10)
    assert other.kind.prompts_needed(other) == (4, 6)


def test_a_neuron_that_never_moves_says_nothing() -> None:
    rows = np.zeros((8, 10))
    one = evidence_on("neuron L0.residual[3] is specific to a against b", {"a": rows, "b": rows}, rows, width=10)
    assert (one.p, one.p_opposite) == (1, 1)
    assert one.effect.value == 0.5


def test_each_control_is_exchanged_within_the_templates_that_it_shares() -> None:
    rng = np.random.default_rng(2)
    loud = rng.normal(size=(9, 1)) * 30
    data = {"a": active(rng, 9, 3.0) + loud, "b": active(rng, 9, 0.0) + loud, "c": active(rng, 9, 0.0) - 90}
    templates = tuple(f"t{at}" for at in range(9))
    one = evidence_on(
        "neuron L0.residual[3] is specific to a against b and c",
        data,
        active(rng, 12, 0.0),
        width=10,
        groups={"a": templates, "b": templates},
    )
    assert ["within each template" in key.null for key in one.keys] == [True, False]
    assert one.keys[0].p_floor == 2**-9


def test_half_shared_templates_are_refused_for_the_pair_that_shares_them() -> None:
    sentence = "neuron L0.residual[3] is specific to a against b and c"
    claim, _ = claim_on(sentence, {name: np.zeros((6, 10)) for name in "abc"}, np.zeros((12, 10)), width=10)
    groups = {"a": tuple("tuvwxy"), "b": tuple("tuvpqr"), "c": ()}
    concepts = {
        name: Concept(name, tuple(f"{name} {at}" for at in range(6)), groups=own) for name, own in groups.items()
    }
    assert claim.kind.faults(replace(claim, concepts=concepts)) == [
        "of a, b some prompts share templates and others do not; specific exchanges the prompts of all"
    ]
    together = replace(claim, concepts=concepts, terms={**claim.terms, "meant": "on average"})
    assert "of a, b, c some prompts share templates" in claim.kind.faults(together)[0]


def test_thresholds_are_resolved_for_every_control() -> None:
    one = found(EACH, 1.3, 0.0, 0.0, 0.0, n=12, thresholds=(0.0125, 0.05))
    for key in one.keys:
        assert key.draws is not None
        assert key.draws >= 1000
    assert Thresholds.of(0.0125, 0.05).smallest == 0.0125
