"""Which rate is told of a claim: of the nearest design, of none, and where a test errs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from neurontest.stats.calibration import NOT_MEASURED, Design, Measured, error_rate, read, written

HERE = Design("overlap_greater", "", ("half-sample", "permutation"), "mean", 10, (10, 10))
TOLD = Measured(
    HERE,
    "equal overlaps",
    "null",
    "reference",
    data_sets=1000,
    holds=21,
    refuted=15,
    alone={"half-sample": 30, "permutation": 56},
)


def found(*cells: Measured) -> dict[str, Measured]:
    return {str(at): one for at, one in enumerate(cells)}


def at(holds: int = 21, **design: object) -> Measured:
    return replace(TOLD, holds=holds, design=replace(HERE, **design))  # type: ignore[arg-type]


def test_the_rate_of_this_design() -> None:
    assert error_rate(found(TOLD), HERE, "permutation") == (
        "measured .056 ± .007 alone, all tests together .021 ± .005 in 1,000 simulated data sets"
        " (n = 10, k = 10, mean; nearest to this design)"
    )
    single = replace(TOLD, design=replace(HERE, tests=("half-sample",)), alone={"half-sample": 21})
    assert error_rate(found(single), single.design, "half-sample").startswith("measured .021 ± .005 in 1,000")


def test_the_side_that_errs_more_is_told() -> None:
    assert ", the opposite .060 in" in error_rate(found(replace(TOLD, refuted=60)), HERE, "permutation")


@pytest.mark.parametrize(
    "design",
    [
        replace(HERE, kind="distinct"),
        replace(HERE, form="on average"),
        replace(HERE, tests=("half-sample",)),
        replace(HERE, select="consistency"),
        replace(HERE, grouped=True),
        replace(HERE, prompts=(18, 18)),
        replace(HERE, prompts=(5, 5)),
        replace(HERE, prompts=(10, 18)),
        replace(HERE, k=51),
    ],
)
def test_a_design_that_is_not_near_is_not_measured(design: Design) -> None:
    assert error_rate(found(TOLD), design, "permutation") == NOT_MEASURED


def test_the_nearest_is_told() -> None:
    cells = found(at(1, prompts=(8, 8)), at(2, prompts=(12, 12)), at(3, prompts=(12, 12), k=30))
    assert "together .002" in error_rate(cells, replace(HERE, prompts=(13, 13)), "permutation")
    assert "together .001" in error_rate(cells, replace(HERE, prompts=(7, 7)), "permutation")
    assert "together .003" in error_rate(cells, replace(HERE, prompts=(12, 12), k=50), "permutation")


def test_of_several_as_near_the_worst_is_told() -> None:
    cells = found(at(20), at(50), at(10))
    assert "together .050" in error_rate(cells, HERE, "permutation")


def test_real_activations_are_told_beside_simulated_ones() -> None:
    real = replace(at(1), real=True, data_sets=200, refuted=0)
    told = error_rate(found(TOLD, real), HERE, "permutation")
    assert "together .021 ± .005 in 1,000 simulated data sets" in told
    assert "together .005 ± .005 in 200 dealings of a real model's prompts" in told


@pytest.mark.parametrize(
    "other",
    [
        replace(TOLD, truth="true"),
        replace(TOLD, truth="false"),
        replace(TOLD, role="stress"),
        replace(TOLD, data_sets=99, holds=3),
    ],
)
def test_what_is_no_rate_of_errors_is_not_told(other: Measured) -> None:
    assert error_rate(found(other), HERE, "permutation") == NOT_MEASURED


def test_where_the_test_errs_is_told_whatever_the_design() -> None:
    small = replace(at(90, prompts=(24, 24)), role="stress", world="skew", refuted=0)
    worst = replace(small, holds=137, world="half of them three times as spread")
    other = replace(worst, holds=400, design=replace(worst.design, form="on average"))
    told = error_rate(found(TOLD, small, worst, other), HERE, "permutation")
    assert told.endswith(
        "; misses its goal where half of them three times as spread (n = 24, k = 10, mean): holds .137"
    )
    assert error_rate(found(worst), HERE, "permutation").startswith(f"{NOT_MEASURED}; misses its goal where")


def test_goals() -> None:
    assert not TOLD.misses
    assert not replace(TOLD, holds=63).misses
    assert replace(TOLD, holds=64).misses == ("holds .064",)
    assert replace(TOLD, refuted=70).misses == ("refuted .070",)
    strained = replace(TOLD, role="stress", holds=80)
    assert not strained.misses
    assert replace(strained, holds=81).misses == ("holds .081",)
    power = replace(TOLD, truth="true", holds=900)
    assert not power.misses
    assert replace(power, refuted=70).misses == ("refuted .070",)
    false = replace(TOLD, truth="false", refuted=900)
    assert not false.misses
    assert replace(false, holds=70).misses == ("holds .070",)
    assert replace(TOLD, known=1000, covered=929).misses == ("95% interval covers .929",)
    assert not replace(TOLD, known=1000, covered=930).misses
    assert replace(TOLD, contradictory=1).misses == ("1 contradictory verdicts",)
    assert not replace(TOLD, data_sets=99, holds=99).misses


def test_a_table_is_read_as_it_was_written() -> None:
    assert read(written(found(TOLD, at(3, k=50)))) == found(TOLD, at(3, k=50))
    assert read(written({})) == {}
