from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scipy import stats

from neurontest.types import (
    Claim,
    Concept,
    Estimate,
    Evidence,
    Family,
    Generation,
    KeyResult,
    Location,
    Selection,
    Statistics,
)
from neurontest.verdict import judge


def half(p: float, se: float = 0.0) -> KeyResult:
    t = float(stats.t.isf(p, 23))
    return KeyResult("half-sample", "", t, p, 1 - p, 0.0, df=23.0, exact=se == 0.0, monte_carlo_se=se)


def permutation(draws: int, exceedances: int) -> KeyResult:
    p = (exceedances + 1) / (draws + 1)
    return KeyResult("permutation", "", 2.0, p, None, 1e-9, draws=draws, exceedances=exceedances, exact=False)


def found(*keys: KeyResult, needed: int | None = 30) -> Evidence:
    p = max(key.p for key in keys)
    opposite = next((key.p_opposite for key in keys if key.p_opposite is not None), 1 - p)
    return Evidence(
        Estimate("x", 1.0), keys, p, opposite, (), (), {"a": 24, "b": 24}, 12, detectable=1.5, needed=needed
    )


def family(count: int, *, correction: str = "holm", skip: tuple[int, ...] = ()) -> Family:
    statistics = Statistics(correction=correction)  # type: ignore[arg-type]
    claims = tuple(
        Claim(
            f"c{at}",
            "overlap_greater",
            "a overlaps b more than c",
            {},
            {"a": Concept("a", ("x",))},
            None,
            Generation(),
            Selection(),
            statistics,
            Location("f.yaml", at + 1, 1),
            skip="later" if at in skip else None,
        )
        for at in range(count)
    )
    return Family(str(Path("f.yaml")), claims, statistics)


def names(fam: Family, *evidence: Evidence) -> list[str]:
    verdicts = judge(fam, {claim.id: one for claim, one in zip(fam.tested, evidence, strict=True)})
    return [verdict.name for verdict in verdicts.values()]


def test_holm_over_the_family() -> None:
    assert names(family(3), found(half(0.01)), found(half(0.02)), found(half(0.04))) == ["holds"] * 3
    assert names(family(3), found(half(0.02)), found(half(0.02)), found(half(0.04))) == ["inconclusive"] * 3
    assert names(family(3, correction="none"), *[found(half(0.04))] * 3) == ["holds"] * 3


def test_skipped_claims_do_not_count() -> None:
    assert names(family(2, skip=(1,)), found(half(0.04))) == ["holds"]
    assert names(family(2), found(half(0.04)), found(half(0.5))) == ["inconclusive"] * 2


def test_refuted_has_a_correction_of_its_own() -> None:
    assert names(family(1), found(half(0.97))) == ["refuted"]
    assert names(family(2), found(half(0.97)), found(half(0.5))) == ["inconclusive"] * 2
    assert names(family(2), found(half(0.99)), found(half(0.001))) == ["refuted", "holds"]


def test_the_larger_of_two_keys_decides() -> None:
    assert names(family(1), found(permutation(1000, 0), half(0.2))) == ["inconclusive"]
    assert names(family(1), found(permutation(1000, 300), half(0.001))) == ["inconclusive"]
    assert names(family(1), found(permutation(1000, 0), half(0.001))) == ["holds"]


def test_monte_carlo_doubt_at_the_threshold_is_borderline() -> None:
    verdict = judge(family(1), {"c0": found(permutation(1000, 44), half(0.001))})["c0"]
    assert verdict.name == "inconclusive"
    assert verdict.borderline
    assert "borderline" in verdict.reason
    verdict = judge(family(1), {"c0": found(half(0.04, se=0.1))})["c0"]
    assert verdict.borderline
    assert judge(family(1), {"c0": found(half(0.04, se=0.001))})["c0"].name == "holds"


def test_doubt_in_one_key_is_no_matter_if_the_other_fails_surely() -> None:
    verdict = judge(family(1), {"c0": found(permutation(1000, 44), half(0.4))})["c0"]
    assert not verdict.borderline
    assert "underpowered" in verdict.reason


def test_doubt_about_the_opposite() -> None:
    verdict = judge(family(1), {"c0": found(half(0.955, se=0.1))})["c0"]
    assert (verdict.name, verdict.borderline) == ("inconclusive", True)


def test_reasons_say_what_would_decide() -> None:
    verdict = judge(family(1), {"c0": found(half(0.2))})["c0"]
    assert verdict.reason == "underpowered: 24 prompts a concept show an effect of 1.5 neurons with power 0.8"
    assert "does not point the claimed way" in judge(family(1), {"c0": found(half(0.7), needed=None)})["c0"].reason


@pytest.mark.parametrize("threshold", [0.05])
def test_the_threshold_is_that_of_the_rank(threshold: float) -> None:
    verdicts = judge(family(2), {"c0": found(half(0.001)), "c1": found(half(0.03))})
    assert verdicts["c0"].threshold == pytest.approx(threshold / 2)
    assert verdicts["c1"].threshold == pytest.approx(threshold)


def test_random_sets_that_do_as_much_are_the_reason() -> None:
    prompts = KeyResult("prompts", "", 4.0, 0.001, 0.999, 0.0, df=23.0)
    sets = KeyResult("random sets", "", 1.0, 0.1, 0.91, 0.01, draws=99, exceedances=9)
    (verdict,) = judge(family(1), {"c0": found(prompts, sets, needed=None)}).values()
    assert verdict.name == "inconclusive"
    assert verdict.reason == "9 of 99 random sets, of the same layers and of an equal write, do as much"


def test_a_fragility_that_may_explain_it_is_the_reason() -> None:
    plain = KeyResult("prompts", "", 3.0, 0.004, 0.996, 0.0, df=23.0)
    beyond = KeyResult("prompts", "", 1.2, 0.12, 0.88, 0.0, df=20.0, about="beyond fragility")
    (verdict,) = judge(family(1), {"c0": found(plain, beyond, needed=None)}).values()
    assert verdict.name == "inconclusive"
    assert verdict.reason.startswith("the texts may lose no more than they are more fragile")


def test_what_is_refused_is_decided_by_no_p_value() -> None:
    (verdict,) = judge(family(1), {"c0": replace(found(half(0.001)), refusal="there is nothing to compare")}).values()
    assert (verdict.name, verdict.reason) == ("inconclusive", "there is nothing to compare")
