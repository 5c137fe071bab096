"""A claim's design, and that nothing but the table says how often its tests err."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import neurontest
from neurontest.claims.base import Claim
from neurontest.evidence import rates
from neurontest.evidence.procedure import evidence_of
from neurontest.evidence.rates import design_of, with_error_rates
from neurontest.stats.calibration import NOT_MEASURED, Design, Measured
from neurontest.types import Evidence, Selection, Statistics, Thresholds
from tests.worlds import World, claim_on

HALF_T = Statistics(test="half-sample")


def claim_with(sentence: str, groups: bool = False, **settings: object) -> tuple[Claim, Evidence]:
    world = World(np.random.default_rng(1))
    sizes = {"a": 8, "b": 10, "c": 12, "d": 8, "e": 8, "f": 8}
    data = {name: world.concept(8 if groups else n) for name, n in sizes.items()}
    names = tuple(f"template-{at}" for at in range(8))
    given = dict.fromkeys(data, names) if groups else None
    claim, traces = claim_on(sentence, data, world.neutral(20), groups=given, **settings)  # type: ignore[arg-type]
    return claim, evidence_of(claim, traces, Thresholds.of(0.05))


@pytest.mark.parametrize(
    ("sentence", "settings", "design"),
    [
        (
            "a overlaps b more than c",
            {"statistics": HALF_T, "selection": Selection(k=7, select="consistency")},
            Design("overlap_greater", "", ("half-sample",), "consistency", 7, (8, 12)),
        ),
        (
            "a and b have distinct neurons on average",
            {"statistics": HALF_T},
            Design("distinct", "on average", ("half-sample",), "mean", 10, (8, 10)),
        ),
        (
            "a overlaps b above chance against c, d, e and f on these controls",
            {},
            Design("overlap_above_chance", "on these controls", ("half-sample",), "mean", 10, (8, 12)),
        ),
        (
            "neuron L1.residual[3] is specific to a against b",
            {},
            Design("specific", "", ("permutation",), "", 0, (8, 10)),
        ),
        (
            "a and b have distinct neurons",
            {"statistics": HALF_T, "groups": True},
            Design("distinct", "", ("half-sample",), "mean", 10, (8, 8), grouped=True),
        ),
    ],
)
def test_designs(sentence: str, settings: dict[str, object], design: Design) -> None:
    assert design_of(*claim_with(sentence, **settings)) == design  # type: ignore[arg-type]


def test_both_tests_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    claim, evidence = claim_with("a overlaps b more than c")
    design = design_of(claim, evidence)
    assert design.tests == ("half-sample", "permutation")
    alone = {"half-sample": 30, "permutation": 56}
    told = Measured(design, "noise", "null", "reference", data_sets=1000, holds=21, alone=alone)
    monkeypatch.setattr(rates, "table", lambda: {"noise": told})
    found = {key.name: key.error_rate for key in with_error_rates(claim, evidence).keys}
    assert found["permutation"].startswith("measured .056 ± .007 alone, all tests together .021 ± .005 in 1,000")
    assert found["half-sample"].startswith("measured .030 ± .005 alone, all tests together .021 ± .005 in 1,000")
    monkeypatch.setattr(rates, "table", dict)
    assert {key.error_rate for key in with_error_rates(claim, evidence).keys} == {NOT_MEASURED}


def test_a_rate_of_another_time_is_replaced() -> None:
    claim, evidence = claim_with("a overlaps b more than c", statistics=HALF_T)
    old = replace(evidence, keys=tuple(replace(key, error_rate=".01, as it was") for key in evidence.keys))
    assert with_error_rates(claim, old) == with_error_rates(claim, evidence)


def test_no_test_says_of_itself_how_often_it_errs() -> None:
    package = Path(neurontest.__file__).parent
    rooms = [package / one for one in ("claims", "kinds", "evidence")]
    told = {one.name for room in rooms for one in room.rglob("*.py") if "error_rate" in one.read_text("utf-8")}
    assert told == {"rates.py"}
