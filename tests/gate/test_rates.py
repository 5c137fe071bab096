"""What is told of how often a comparison errs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurontest.claims.base import Claim
from neurontest.gate import rates
from neurontest.gate.rates import change_design, with_change_rates
from neurontest.stats.calibration import NOT_MEASURED, Design, Measured, Truth, change_rate, error_rate
from neurontest.types import Comparison, Statistics
from tests.worlds import World, claim_on

HALVES = Design("overlap_greater", "", ("half-sample",), "mean", 10, (10, 10), texts="own")
UNCHANGED = Measured(HALVES, "a world", "unchanged", "reference", data_sets=400, holds=240, refuted=2)
AT_MARGIN = replace(UNCHANGED, truth="margin", holds=18, refuted=9)


def claim_of(sentence: str) -> Claim:
    world = World(np.random.default_rng(1))
    data = {name: world.concept(10) for name in "abc"}
    return claim_on(sentence, data, world.neutral(20), statistics=Statistics(test="half-sample"))[0]


@pytest.mark.parametrize(
    ("sentence", "design"),
    [
        ("a overlaps b more than c", HALVES),
        ("a's neurons are preserved", replace(HALVES, kind="preserved")),
        ("a has specific neurons against b", Design("specific_any", "", ("prompts",), "", 0, (10, 10), texts="own")),
        ("a has consistent neurons", replace(HALVES, kind="consistent")),
        ("a has consistent neurons against b", Design("consistent", "", ("prompts",), "", 0, (10, 10), texts="own")),
        (
            "a overlaps b by at least 20% of the ceiling",
            replace(HALVES, kind="overlap_above", form="of the ceiling"),
        ),
    ],
)
def test_designs(sentence: str, design: Design) -> None:
    claim = claim_of(sentence)
    assert change_design(claim) == design
    replayed = replace(claim, generation=replace(claim.generation, replay="0" * 64))
    assert change_design(replayed).texts == "same"
    assert change_design(replace(claim, selection=replace(claim.selection, positions="prompt"))).texts == "same"


def test_the_rates_of_this_design() -> None:
    told = {"one": UNCHANGED, "two": AT_MARGIN}
    assert change_rate(told, HALVES) == (
        "measured false alarms .005 ± .004 of 400, preserved at the margin .045 ± .010 of 400 simulated pairs of models"
        " (n = 10, k = 10, mean, own texts; nearest to this design)"
    )
    assert change_rate(told, replace(HALVES, texts="same")) == NOT_MEASURED
    assert change_rate(told, replace(HALVES, select="consistency")) == NOT_MEASURED


def test_a_change_is_no_rate_of_a_verdict_nor_the_other_way_round() -> None:
    told = {"one": UNCHANGED, "two": AT_MARGIN}
    assert error_rate(told, replace(HALVES, texts=""), "half-sample") == NOT_MEASURED
    assert error_rate(told, HALVES, "half-sample") == NOT_MEASURED
    verdict = replace(UNCHANGED, design=replace(HALVES, texts=""), truth="null")
    assert change_rate({"one": verdict}, HALVES) == NOT_MEASURED


def test_where_it_misses_is_told() -> None:
    missing = replace(AT_MARGIN, role="stress", holds=40, world="many weak neurons")
    assert missing.misses == ("preserved .100",)
    assert change_rate({"one": UNCHANGED, "two": AT_MARGIN, "three": missing}, HALVES).endswith(
        "; misses its goal where many weak neurons (n = 10, k = 10, mean): preserved .100"
    )


@pytest.mark.parametrize("truth", ["unchanged", "less"])
def test_what_has_lost_less_than_the_margin_is_not_weakened(truth: Truth) -> None:
    one = replace(UNCHANGED, truth=truth)
    assert not replace(one, holds=400, refuted=0).misses
    assert replace(one, holds=0, refuted=40).misses == ("weakened .100",)


def test_what_has_lost_more_than_the_margin_is_not_preserved() -> None:
    one = replace(UNCHANGED, truth="more")
    assert not replace(one, holds=0, refuted=400).misses
    assert replace(one, holds=40, refuted=0).misses == ("preserved .100",)


def test_both_are_errors_at_the_margin() -> None:
    assert replace(AT_MARGIN, holds=40, refuted=40).misses == ("preserved .100", "weakened .100")


def test_what_was_compared_says_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = claim_of("a overlaps b more than c")
    monkeypatch.setattr(rates, "table", lambda: {"one": UNCHANGED, "two": AT_MARGIN})
    compared = Comparison("preserved", margin="50%", p=0.01, p_opposite=0.99)

    def told(found: Comparison) -> str:
        return with_change_rates([claim], {claim.id: found})[claim.id].error_rate

    assert told(compared).startswith("measured false alarms .005")
    # What was counted was counted with one margin.
    assert told(replace(compared, margin="30%")) == NOT_MEASURED
    assert told(Comparison("incomparable", "other prompts")) == ""
