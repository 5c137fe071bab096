from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family
from neurontest.kinds import kind_named
from neurontest.stats.family.power import detectable
from neurontest.types import (
    Concept,
    Estimate,
    Evidence,
    Generation,
    KeyResult,
    Location,
    NearCopies,
    Selection,
    Spread,
    Statistics,
    Tally,
)
from neurontest.verdict import judge


def half(p: float, se: float = 0.0) -> KeyResult:
    t = float(stats.t.isf(p, 23))
    return KeyResult("half-sample", "", t, p, 1 - p, 0.0, df=23.0, exact=se == 0.0, monte_carlo_se=se)


def permutation(draws: int, exceedances: int) -> KeyResult:
    p = (exceedances + 1) / (draws + 1)
    return KeyResult("permutation", "", 2.0, p, None, 1e-9, draws=draws, exceedances=exceedances, exact=False)


SPREAD = Spread(0.5, 24)


def found(*keys: KeyResult, spread: Spread | None = SPREAD) -> Evidence:
    p = max(key.p for key in keys)
    opposite = next((key.p_opposite for key in keys if key.p_opposite is not None), 1 - p)
    return Evidence(Estimate("x", 1.0), keys, p, opposite, (), (), {"a": 24, "b": 24}, 12, spread=spread)


def family(count: int, *, correction: str = "holm", skip: tuple[int, ...] = ()) -> Family:
    statistics = Statistics(correction=correction)  # type: ignore[arg-type]
    claims = tuple(
        Claim(
            f"c{at}",
            kind_named("overlap_greater"),
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
    assert "by no more than the choice of 24 prompts a concept may explain" in verdict.reason


def test_doubt_about_the_opposite() -> None:
    verdict = judge(family(1), {"c0": found(half(0.955, se=0.1))})["c0"]
    assert (verdict.name, verdict.borderline) == ("inconclusive", True)


def test_a_claim_behind_a_borderline_one_is_borderline_too_and_says_whose_doubt_it_is() -> None:
    """Of two p-values, .025 in doubt and .04: the second holds if the first does, and there is no telling."""
    for first in (0.0249, 0.0251):
        verdicts = judge(family(2), {"c0": found(half(first, se=0.02)), "c1": found(half(0.04, se=0.005))})
        assert [(one.name, one.borderline) for one in verdicts.values()] == [("inconclusive", True)] * 2
        assert "Monte-Carlo error leaves it in doubt" in verdicts["c0"].reason
        assert "Monte-Carlo error of c0, and with it in which order" in verdicts["c1"].reason


def test_doubt_that_decides_nothing_is_none() -> None:
    """The second p-value is below its threshold wherever the first is; its own doubt is about no threshold."""
    verdicts = judge(family(2), {"c0": found(half(0.04, se=0.02)), "c1": found(half(0.001, se=0.3))})
    assert [one.name for one in verdicts.values()] == ["holds", "holds"]


def test_the_opposite_behind_a_borderline_one() -> None:
    for first in (0.0249, 0.0251):
        verdicts = judge(family(2), {"c0": found(half(1 - first, se=0.02)), "c1": found(half(0.96, se=0.005))})
        assert [(one.name, one.borderline) for one in verdicts.values()] == [("inconclusive", True)] * 2
        assert "of c0 leaves it in doubt whether the opposite is shown" in verdicts["c1"].reason


@pytest.mark.calibration
@pytest.mark.parametrize("correction", ["holm", "bh", "bonferroni", "none"])
def test_two_seeds_never_contradict_each_other(correction: str) -> None:
    """Families of five next to their thresholds; errors of t drawn anew, of which four standard ones are reckoned with.

    By the threshold of its own rank alone, a claim contradicts itself in some of 300 families of Holm's.
    """
    rng = np.random.default_rng(0)
    fam, se = family(5, correction=correction), 0.03
    critical = stats.t.isf(0.05 / np.arange(1, 6), 23)
    contradicted = borderline = 0
    for _ in range(300):
        true = critical + rng.normal(0, 0.15, 5)
        seen = []
        for _ in range(2):
            p = stats.t.sf(true + rng.normal(0, se, 5), 23)
            verdicts = judge(fam, {f"c{at}": found(half(float(one), se)) for at, one in enumerate(p)})
            seen.append([None if one.borderline else one.name for one in verdicts.values()])
        contradicted += any(one and other and one != other for one, other in zip(*seen, strict=True))
        borderline += seen[0].count(None)
    assert contradicted == 0
    assert 100 < borderline < 1400


def test_what_the_correction_alone_keeps_from_holding_is_told_so() -> None:
    verdicts = judge(family(3), {"c0": found(half(0.03)), "c1": found(half(0.2)), "c2": found(half(0.6))})
    assert verdicts["c0"].name == "inconclusive"
    assert verdicts["c0"].reason == "alone it would be shown; among the claims of its family p had to reach 0.017"
    assert "choice of 24 prompts" in verdicts["c1"].reason


def test_an_inconclusive_claim_names_no_prompts_that_would_decide_it() -> None:
    verdict = judge(family(1), {"c0": found(half(0.2))})["c0"]
    assert verdict.reason == (
        "the effect points the claimed way, by no more than the choice of 24 prompts a concept may explain"
    )
    assert "does not point the claimed way" in judge(family(1), {"c0": found(half(0.7))})["c0"].reason
    searched = replace(found(half(0.2), spread=None), tallies=(Tally(0.05, "0 of 10 neurons are specific"),))
    verdict = judge(family(1), {"c0": searched})["c0"]
    assert verdict.reason == "of so many neurons, chance alone may make one stand out as much"
    assert verdict.detectable == ()


def test_what_can_be_detected_is_said_for_the_threshold_that_applied() -> None:
    alone = judge(family(1), {"c0": found(half(0.2))})["c0"]
    assert alone.detectable == detectable(SPREAD, 0.05)
    among = judge(family(2), {"c0": found(half(0.2)), "c1": found(half(0.3))})
    assert among["c0"].detectable == detectable(SPREAD, 0.025)
    borderline = judge(family(1), {"c0": found(half(0.04, se=0.1))})["c0"]
    assert borderline.detectable == alone.detectable
    for decided in (half(0.01), half(0.99)):
        assert judge(family(1), {"c0": found(decided)})["c0"].detectable == ()


@pytest.mark.parametrize("threshold", [0.05])
def test_the_threshold_is_that_of_the_rank(threshold: float) -> None:
    verdicts = judge(family(2), {"c0": found(half(0.001)), "c1": found(half(0.03))})
    assert verdicts["c0"].threshold == pytest.approx(threshold / 2)
    assert verdicts["c1"].threshold == pytest.approx(threshold)


def test_random_sets_that_do_as_much_are_the_reason() -> None:
    prompts = KeyResult("prompts", "", 4.0, 0.001, 0.999, 0.0, df=23.0)
    sets = KeyResult("random sets", "", 1.0, 0.2, 0.81, 0.01, draws=99, exceedances=19, exact=False)
    (verdict,) = judge(family(1), {"c0": found(prompts, sets, spread=None)}).values()
    assert verdict.name == "inconclusive"
    assert verdict.reason == "19 of 99 random sets, of the same layers and of an equal write, do as much"


@pytest.mark.parametrize(
    ("reached", "name", "borderline"),
    [(0, "holds", False), (1, "holds", False), (3, "inconclusive", True), (8, "inconclusive", True)],
)
def test_a_claim_that_hangs_on_which_random_sets_were_drawn_is_borderline(
    reached: int, name: str, borderline: bool
) -> None:
    prompts = KeyResult("prompts", "", 4.0, 0.001, 0.999, 0.0, df=23.0)
    p, opposite = (1 + reached) / 101, (101 - reached) / 101
    sets = KeyResult("random sets", "", 1.0, p, opposite, 0.01, draws=100, exceedances=reached, exact=False)
    (verdict,) = judge(family(1), {"c0": found(prompts, sets, spread=None)}).values()
    assert (verdict.name, verdict.borderline) == (name, borderline)
    # The opposite of the mirrored claim is as sure.
    turned = replace(prompts, statistic=-4.0, p=0.999, p_opposite=0.001)
    mirrored = replace(sets, p=opposite, p_opposite=p, exceedances=100 - reached)
    evidence = replace(found(turned, mirrored, spread=None), p_opposite=max(p, 0.001))
    (verdict,) = judge(family(1), {"c0": evidence}).values()
    assert (verdict.name, verdict.borderline) == ({"holds": "refuted"}.get(name, name), borderline)


def test_near_copies_leave_nothing_shown_and_ease_no_correction() -> None:
    fam = family(2)
    ids = [claim.id for claim in fam.tested]
    copied = replace(found(half(1e-6)), copies=(NearCopies("two prompts of 'a' are one"), NearCopies("and two of 'b'")))
    verdicts = judge(fam, {ids[0]: copied, ids[1]: found(half(0.03))})
    assert verdicts[ids[0]].name == "inconclusive"
    assert verdicts[ids[0]].p_adjusted == 1
    assert verdicts[ids[0]].reason.endswith("independent: two prompts of 'a' are one; and two of 'b'")
    # Beside a claim that is shown, .03 would have been enough.
    assert verdicts[ids[1]].name == "inconclusive"
    assert judge(fam, {ids[0]: found(half(1e-6)), ids[1]: found(half(0.03))})[ids[1]].name == "holds"
    # Nor is the opposite shown.
    opposite = replace(found(half(1 - 1e-6)), copies=copied.copies)
    assert judge(fam, {ids[0]: opposite, ids[1]: opposite})[ids[0]].name == "inconclusive"


def test_a_fragility_that_may_explain_it_is_the_reason() -> None:
    plain = KeyResult("prompts", "", 3.0, 0.004, 0.996, 0.0, df=23.0)
    beyond = KeyResult("prompts", "", 1.2, 0.12, 0.88, 0.0, df=20.0, about="beyond fragility")
    (verdict,) = judge(family(1), {"c0": found(plain, beyond)}).values()
    assert verdict.name == "inconclusive"
    assert verdict.reason.startswith("the texts may lose no more than they are more fragile")


def test_what_is_refused_is_decided_by_no_p_value() -> None:
    (verdict,) = judge(family(1), {"c0": replace(found(half(0.001)), refusal="there is nothing to compare")}).values()
    assert (verdict.name, verdict.reason) == ("inconclusive", "there is nothing to compare")
