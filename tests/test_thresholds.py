"""The decision: just below, at and just above everything that a p-value is held against, in both directions.

What a claim must reach is written here as the papers have it, and what Monte-Carlo error leaves open from its
definition, so that no slip in the code is repeated. Where p is to be exactly at a threshold, alpha is a power of two:
then nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import comb
from typing import Any

import pytest
from scipy import stats

from neurontest.claims.suite import Family
from neurontest.stats.family.correction import reachable, thresholds
from neurontest.stats.random_sets import sets_bounds
from neurontest.types import Estimate, Evidence, KeyResult, NearCopies, Spread, Tally, Verdict
from neurontest.verdict import is_settled, judge, p_bounds, p_opposite_bounds
from tests.test_verdict import family

#: What the claim with the `rank`-th smallest p-value of `m` must reach.
ASKED: dict[str, Callable[[float, int, int], float]] = {
    "none": lambda alpha, m, rank: alpha,
    "bonferroni": lambda alpha, m, rank: alpha / m,
    "holm": lambda alpha, m, rank: alpha / (m - rank + 1),
    "bh": lambda alpha, m, rank: alpha * rank / m,
    "by": lambda alpha, m, rank: alpha * rank / (m * sum(1 / one for one in range(1, m + 1))),
}
BELOW, ABOVE = 1 - 1e-9, 1 + 1e-9
SHOWN, NOT_SHOWN = 1e-15, 0.9
PLACES = [(m, rank) for m in (1, 2, 3, 5) for rank in range(1, m + 1)]
#: A power of two, and one that is none.
EXACT, USUAL = 1 / 16, 0.05


def sure(p: float, p_opposite: float | None = None) -> Evidence:
    """Evidence without Monte-Carlo error."""
    opposite = 1 - p if p_opposite is None else p_opposite
    key = KeyResult("half-sample", "", float(stats.t.isf(p, 23)), p, opposite, 0.0, df=23.0)
    return of(key)


def of(*keys: KeyResult, p: float | None = None, p_opposite: float | None = None, **more: Any) -> Evidence:
    own = max(key.p for key in keys) if p is None else p
    if p_opposite is None:
        opposites = [key.p_opposite for key in keys if key.p_opposite is not None]
        p_opposite = max(opposites, default=1 - own)
    return Evidence(Estimate("x", 1.0), keys, own, p_opposite, (), (), {"a": 24, "b": 30}, 12, **more)


def asking(m: int, method: str, alpha: float) -> Family:
    found = family(m, correction=method)
    return replace(found, statistics=replace(found.statistics, alpha=alpha))


def verdicts(claims: Family, evidence: Sequence[Evidence]) -> list[Verdict]:
    found = judge(claims, {claim.id: one for claim, one in zip(claims.tested, evidence, strict=True)})
    return [found[claim.id] for claim in claims.tested]


def verdict_of(evidence: Evidence, alpha: float = EXACT) -> Verdict:
    return verdicts(asking(1, "none", alpha), [evidence])[0]


def around(p: float, m: int, rank: int) -> Iterator[float]:
    """The p-values of a family: `rank` - 1 of claims that are shown, then this one, then some far from it."""
    yield from (SHOWN * (1 + one) for one in range(rank - 1))
    yield p
    yield from (NOT_SHOWN + one / 100 for one in range(m - rank))


@pytest.mark.parametrize("alpha", [USUAL, 0.01])
@pytest.mark.parametrize("method", ASKED)
def test_just_below_what_its_rank_asks_it_holds_and_just_above_it_does_not(method: str, alpha: float) -> None:
    for m, rank in PLACES:
        claims, asked = asking(m, method, alpha), ASKED[method](alpha, m, rank)
        for p, name in ((asked * BELOW, "holds"), (asked * ABOVE, "inconclusive")):
            found = verdicts(claims, [sure(one, 0.5) for one in around(p, m, rank)])
            assert [one.name for one in found] == ["holds"] * (rank - 1) + [name] + ["inconclusive"] * (m - rank)
            assert found[rank - 1].threshold == pytest.approx(asked, rel=1e-12)
            assert not any(one.borderline for one in found)


@pytest.mark.parametrize("alpha", [USUAL, 0.01])
@pytest.mark.parametrize("method", ASKED)
def test_just_below_what_its_rank_asks_the_opposite_refutes_it_and_just_above_it_does_not(
    method: str, alpha: float
) -> None:
    for m, rank in PLACES:
        claims, asked = asking(m, method, alpha), ASKED[method](alpha, m, rank)
        for p, name in ((asked * BELOW, "refuted"), (asked * ABOVE, "inconclusive")):
            found = verdicts(claims, [sure(0.95, one) for one in around(p, m, rank)])
            assert [one.name for one in found] == ["refuted"] * (rank - 1) + [name] + ["inconclusive"] * (m - rank)


#: Places at which neither dividing alpha nor adjusting p rounds.
UNROUNDED = [
    *[("none", m, rank) for m, rank in ((1, 1), (3, 2))],
    *[("bonferroni", m, rank) for m, rank in ((1, 1), (2, 1), (2, 2), (4, 3), (8, 8))],
    *[("holm", m, rank) for m, rank in ((1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 1), (5, 4), (8, 5))],
    *[("bh", m, rank) for m, rank in ((1, 1), (2, 1), (2, 2), (4, 1), (4, 2), (4, 3), (8, 5))],
    ("by", 1, 1),
]


def test_at_what_is_asked_it_is_shown() -> None:
    for method, m, rank in UNROUNDED:
        p = list(around(ASKED[method](EXACT, m, rank), m, rank))
        claims = asking(m, method, EXACT)
        assert verdicts(claims, [sure(one, 0.5) for one in p])[rank - 1].name == "holds", (method, m, rank)
        assert verdicts(claims, [sure(0.5, one) for one in p])[rank - 1].name == "refuted", (method, m, rank)


@pytest.mark.parametrize("m", [2, 5])
@pytest.mark.parametrize("direction", ["claimed", "opposite"])
def test_of_holm_the_first_that_fails_takes_all_behind_it_along(m: int, direction: str) -> None:
    """Each is below what its own rank asks; but for the first, by a hair."""
    claims, name = asking(m, "holm", USUAL), {"claimed": "holds", "opposite": "refuted"}[direction]
    for factor, expected in ((BELOW, name), (ABOVE, "inconclusive")):
        p = [ASKED["holm"](USUAL, m, rank) * (factor if rank == 1 else 0.99) for rank in range(1, m + 1)]
        evidence = [sure(one, 0.5) if direction == "claimed" else sure(0.5, one) for one in p]
        assert [one.name for one in verdicts(claims, evidence)] == [expected] * m


@pytest.mark.parametrize("m", [2, 5])
@pytest.mark.parametrize("method", ["bh", "by"])
@pytest.mark.parametrize("direction", ["claimed", "opposite"])
def test_of_false_discovery_rates_the_last_that_passes_takes_all_before_it_along(
    m: int, method: str, direction: str
) -> None:
    """Each is above what its own rank asks; but for the last, by a hair."""
    claims, name = asking(m, method, USUAL), {"claimed": "holds", "opposite": "refuted"}[direction]
    for factor, expected in ((BELOW, name), (ABOVE, "inconclusive")):
        p = [ASKED[method](USUAL, m, rank) * (factor if rank == m else 1.01) for rank in range(1, m + 1)]
        evidence = [sure(one, 0.5) if direction == "claimed" else sure(0.5, one) for one in p]
        assert [one.name for one in verdicts(claims, evidence)] == [expected] * m


@pytest.mark.parametrize("method", ASKED)
def test_what_is_planned_for_is_what_is_asked(method: str) -> None:
    for m in (1, 2, 5):
        own = [ASKED[method](USUAL, m, rank) for rank in range(1, m + 1)]
        assert thresholds(USUAL, m, method) == pytest.approx(sorted(set(own)), rel=1e-12)
        # A claim that may be first, and may be last.
        bounds = [(0.0, 1.0)] * m
        assert reachable(bounds, USUAL, method) == [pytest.approx(sorted(set(own)), rel=1e-12)] * m


# What Monte-Carlo error leaves open.


def drawn(t: float, se: float, *, turned: bool = False) -> Evidence:
    """A half-sample key whose t has this standard error, or that of the opposite."""
    t = -t if turned else t
    p, opposite = float(stats.t.sf(t, 23)), float(stats.t.cdf(t, 23))
    return of(KeyResult("half-sample", "", t, p, opposite, 0.0, df=23.0, exact=False, monte_carlo_se=se))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("alpha", [USUAL, 0.01])
def test_four_standard_errors_of_t_must_lie_between_it_and_its_critical_value(turned: bool, alpha: float) -> None:
    critical, se = float(stats.t.isf(alpha, 23)), 0.1
    shown = "refuted" if turned else "holds"
    for errors, name, borderline in (
        (4.001, shown, False),
        (3.999, "inconclusive", True),
        (0.001, "inconclusive", True),
        (-0.001, "inconclusive", True),
        (-3.999, "inconclusive", True),
        (-4.001, "inconclusive", False),
    ):
        found = verdict_of(drawn(critical + errors * se, se, turned=turned), alpha)
        assert (found.name, found.borderline) == (name, borderline), errors
        assert is_settled(asking(1, "none", alpha), {"c0": drawn(critical + errors * se, se, turned=turned)}) is (
            not borderline
        )


@pytest.mark.parametrize(("draws", "alpha"), [(1000, USUAL), (1000, EXACT), (5000, 0.01), (200, 0.2)])
def test_relabelings_leave_open_what_their_confidence_sequence_does_not_exclude(draws: int, alpha: float) -> None:
    at = Fraction(alpha).limit_denominator(1000)
    seen = set()
    for reached in range(int(draws * min(1.0, 2.5 * alpha))):
        # The probability of such a sequence is at most one in a thousand (Robbins 1970).
        chance = (draws + 1) * comb(draws, reached) * at**reached * (1 - at) ** (draws - reached)
        excluded = chance <= Fraction(1, 1000)
        p = (reached + 1) / (draws + 1)
        key = KeyResult("permutation", "", 2.0, p, None, 1e-9, draws=draws, exceedances=reached, exact=False)
        found = verdict_of(of(key, p_opposite=0.5), alpha)
        expected = ("holds" if reached < at * draws else "inconclusive", False) if excluded else ("inconclusive", True)
        assert (found.name, found.borderline) == expected, reached
        seen.add(expected)
    assert len(seen) == 3


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("draws", "alpha"), [(99, USUAL), (396, USUAL), (299, 0.01), (100, EXACT)])
def test_random_sets_leave_open_what_their_interval_holds(draws: int, alpha: float, turned: bool) -> None:
    seen = set()
    for reached in range(draws // 4):
        too_few = stats.binom.cdf(reached, draws, alpha) <= 0.05  # were it alpha, there would be more
        too_many = stats.binom.sf(reached - 1, draws, alpha) < 0.05
        p, opposite = (1 + reached) / (1 + draws), (1 + draws - reached) / (1 + draws)
        own, other = (opposite, p) if turned else (p, opposite)
        count = draws - reached if turned else reached
        key = KeyResult("random sets", "", 1.0, own, other, 0.0, draws=draws, exceedances=count, exact=False)
        found = verdict_of(of(key), alpha)
        shown = "refuted" if turned else "holds"
        expected = (shown, False) if too_few else ("inconclusive", not too_many)
        assert (found.name, found.borderline) == expected, reached
        seen.add(expected)
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("p", "se", "floor", "name", "borderline"),
    [
        (1 / 32, 1 / 128, 0.0, "holds", False),  # four standard errors above it is at alpha
        (1 / 32, 1 / 128 * ABOVE, 0.0, "inconclusive", True),
        (3 / 32, 1 / 128, 0.0, "inconclusive", True),  # and four below it
        (3 / 32, 1 / 128 * BELOW, 0.0, "inconclusive", False),
        (3 / 32, 1 / 64, 1 / 16, "inconclusive", True),  # it may be no less than its floor
        (3 / 32, 1 / 64, 1 / 16 * ABOVE, "inconclusive", False),
    ],
)
def test_a_rank_may_be_four_standard_errors_from_what_it_is(
    p: float, se: float, floor: float, name: str, borderline: bool
) -> None:
    key = KeyResult("rank", "", 1.0, p, None, floor, draws=99, exceedances=3, exact=False, monte_carlo_se=se)
    found = verdict_of(of(key, p_opposite=0.5))
    assert (found.name, found.borderline) == (name, borderline)


def test_no_p_value_is_more_than_one() -> None:
    key = KeyResult("rank", "", 1.0, 0.9, 0.9, 0.0, exact=False, monte_carlo_se=0.1, chances=3)
    assert p_bounds(of(key)) == (0.5, 1.0)
    assert p_opposite_bounds(of(key, p_opposite=1.0)) == (1.0, 1.0)


def test_without_a_test_there_is_no_doubt() -> None:
    untested = replace(of(sure(0.2).keys[0]), keys=())
    assert (p_bounds(untested), p_opposite_bounds(untested)) == ((0.2, 0.2), (0.8, 0.8))


def test_of_two_that_have_a_chance_each_the_smaller_counts() -> None:
    one, other = (replace(sure(0.5, opposite).keys[0], chances=2) for opposite in (0.01, 0.3))
    assert p_opposite_bounds(of(one, other, p_opposite=0.02)) == (0.02, 0.02)
    assert p_opposite_bounds(of(replace(one, chances=1), replace(other, chances=1))) == (0.3, 0.3)


@pytest.mark.parametrize("draws", [10, 99])
def test_random_sets_that_lie_as_low_are_counted_from_their_p_value(draws: int) -> None:
    for reached in range(draws + 1):
        p = (1 + reached) / (1 + draws)
        key = KeyResult("random sets", "", 1.0, 0.5, p, 0.0, draws=draws, exceedances=0, exact=False)
        low, high = sets_bounds(draws, reached)
        assert p_opposite_bounds(of(key)) == (min(low, p), max(high, p))


@pytest.mark.parametrize(("factor", "name"), [(BELOW, "refuted"), (1.0, "refuted"), (ABOVE, "inconclusive")])
def test_the_opposite_of_one_of_several_has_as_many_chances(factor: float, name: str) -> None:
    """Of four keys one is enough, and its p-value counts four times."""
    one = EXACT / 4 * factor
    keys = [
        replace(sure(0.5, opposite).keys[0], chances=4, exact=exact)
        for opposite, exact in ((one, True), (0.5, True), (0.6, True), (0.7, True))
    ]
    assert verdict_of(of(*keys, p_opposite=min(1.0, 4 * one))).name == name


@pytest.mark.parametrize(("errors", "borderline"), [(4.001, False), (3.999, True)])
def test_doubt_about_the_opposite_of_one_of_several_counts_as_often(errors: float, borderline: bool) -> None:
    t = -(float(stats.t.isf(USUAL / 4, 23)) + errors * 0.1)
    opposite = float(stats.t.cdf(t, 23))
    key = KeyResult("prompts", "", t, 1 - opposite, opposite, 0.0, df=23.0, exact=False, monte_carlo_se=0.1, chances=4)
    far = replace(key, statistic=1.0, p=0.2, p_opposite=0.8)
    found = verdict_of(of(key, far, p_opposite=4 * opposite), USUAL)
    assert (found.name, found.borderline) == ("inconclusive" if borderline else "refuted", borderline)


def between(low: float, high: float) -> Evidence:
    """Half-samples of which the p-value may lie between these; what it came out as is in their middle."""
    ends = [float(stats.t.isf(p, 23)) for p in (low, high)]
    return drawn((ends[0] + ends[1]) / 2, (ends[0] - ends[1]) / 8)


def test_whose_doubt_it_is_when_another_claim_is_in_doubt_of_nothing() -> None:
    evidence = [between(1e-6, 2e-6), between(0.02, 0.03), sure(0.04, 0.5), sure(0.9, 0.5)]
    found = verdicts(asking(3, "holm", USUAL), evidence[:3])
    assert [one.borderline for one in found] == [False, True, True]
    assert found[1].reason.startswith("borderline: Monte-Carlo error leaves")
    assert found[2].reason.startswith("borderline: Monte-Carlo error of c1, and with it")


def test_doubts_that_decide_together_and_not_alone() -> None:
    evidence = [between(0.01, 0.06), between(0.01, 0.06), sure(0.02, 0.5), sure(0.9, 0.5)]
    found = verdicts(asking(4, "holm", USUAL), evidence)
    assert [one.borderline for one in found] == [True, True, True, False]
    assert found[2].reason.startswith("borderline: Monte-Carlo error of c0 and c1, and with it")


@pytest.mark.parametrize(
    ("evidence", "name", "reason"),
    [
        (sure(0.01, 0.5), "holds", ""),
        (sure(0.5, 0.01), "refuted", ""),
        (replace(sure(0.25, 0.375), refusal="there is nothing"), "inconclusive", "there is nothing"),
        (
            sure(0.25, 0.375),
            "inconclusive",
            "the effect points the claimed way, by no more than the choice of 24 prompts a concept may explain",
        ),
        (
            replace(sure(1.0, 1.0), copies=(NearCopies("a and b are one"), NearCopies("c is in d"))),
            "inconclusive",
            "near copies among the prompts, which the tests count as independent: a and b are one; c is in d",
        ),
        (
            between(0.02, 0.03),
            "inconclusive",
            "borderline: Monte-Carlo error leaves it in doubt whether p is above or below 0.025; another seed could say"
            " otherwise",
        ),
        (
            drawn(float(stats.t.isf(0.025, 23)), 0.1, turned=True),
            "inconclusive",
            "borderline: Monte-Carlo error leaves it in doubt whether the opposite is shown",
        ),
    ],
)
def test_a_verdict_tells_what_it_came_from(evidence: Evidence, name: str, reason: str) -> None:
    other = sure(0.5, 0.5)
    for at, both in enumerate(([evidence, other], [other, evidence])):
        found = verdicts(asking(2, "bonferroni", USUAL), both)[at]
        assert (found.name, found.reason, found.threshold) == (name, reason, 0.025)
        assert found.p_adjusted == pytest.approx(min(1.0, 2 * evidence.p))
        assert found.p_opposite_adjusted == pytest.approx(min(1.0, 2 * evidence.p_opposite))


def test_near_copies_count_as_one_in_both_directions_and_in_every_correction() -> None:
    copied = replace(sure(1e-6, 1e-6), copies=(NearCopies("two are one"),))
    assert (p_bounds(copied), p_opposite_bounds(copied)) == ((1.0, 1.0), (1.0, 1.0))
    for method in ASKED:
        claims = asking(2, method, USUAL)
        found = verdicts(claims, [copied, sure(0.5, ASKED[method](USUAL, 2, 1) * BELOW)])
        assert (found[0].name, found[0].p_adjusted, found[0].p_opposite_adjusted) == ("inconclusive", 1.0, 1.0)
        assert (found[1].name, found[1].borderline) == ("refuted", False)
    # Beside one that is refuted .04 would have been enough.
    eased = verdicts(asking(2, "holm", USUAL), [copied, sure(0.5, 0.04)])[1]
    assert (eased.name, eased.p_opposite_adjusted) == ("inconclusive", 0.08)


# What is said of a claim that neither is shown nor its opposite.


def why(evidence: Evidence, m: int = 1, alpha: float = EXACT) -> str:
    rest = [sure(0.9, 0.5)] * (m - 1)
    return verdicts(asking(m, "holm", alpha), [evidence, *rest])[0].reason


def test_a_design_that_could_not_reach_what_is_asked_is_too_small() -> None:
    key = sure(0.5, 0.5).keys[0]
    for floor, said in ((EXACT * ABOVE, True), (EXACT, False), (EXACT * BELOW, False)):
        assert why(of(key, replace(key, p_floor=floor))).startswith("too few prompts") is said
    ranked = of(key, replace(key, name="rank", p_floor=0.2))
    assert why(ranked) == "too few controls: the smallest p-value of this design is 0.2, and 0.062 was needed"
    assert why(of(replace(key, name="rank", draws=9, exceedances=4))) == "4 of 9 controls share as much or more"
    untested = replace(of(key, degenerate=True), keys=())
    assert why(untested).startswith("degenerate")


@pytest.mark.parametrize(("p", "said"), [(EXACT * BELOW, True), (EXACT, True), (EXACT * ABOVE, False)])
def test_what_alone_would_be_shown_is_told_so(p: float, said: bool) -> None:
    assert why(sure(p, 0.5), m=2).startswith("alone it would be shown") is said
    degenerate = replace(sure(p, 0.5), degenerate=True)
    assert why(degenerate, m=2).startswith("degenerate: no prompt's presence moves the effect")


@pytest.mark.parametrize(("name", "about"), [("random sets", ""), ("prompts", "beyond it"), ("prediction", "")])
def test_a_test_that_is_passed_is_not_the_reason(name: Any, about: str) -> None:
    said = {
        "random sets": "7 of 99 random sets",
        "prompts": "the texts may lose no more",
        "prediction": "the controls differ by as much among themselves",
    }[name]

    def key(p: float, statistic: float = 1.0, about: str = about) -> KeyResult:
        return KeyResult(name, "", statistic, p, 0.5, 0.0, df=23.0, draws=99, exceedances=7, about=about)

    asked = EXACT / 2
    other = replace(sure(0.5, 0.5).keys[0], statistic=1.0)
    assert why(of(key(0.5)), m=2).startswith(said)
    # At what is asked it is passed: it is the claim before it that keeps this one from being shown.
    for p, is_said in ((EXACT, False), (EXACT * ABOVE, True)):
        behind = of(key(p), p_opposite=0.5, degenerate=True)
        found = verdicts(asking(2, "holm", EXACT), [sure(asked * 1.5, 0.5), behind])[1]
        assert (found.name, found.threshold) == ("inconclusive", EXACT)
        assert found.reason.startswith(said if is_said else "degenerate")
    # Of two tests, the one that the claim's p-value comes from.
    assert said not in why(of(key(0.4), other), m=2)
    if name != "random sets":
        assert said not in why(of(key(0.5, statistic=0.0)), m=2)
        assert said not in why(of(key(0.5, statistic=-1.0)), m=2)
        assert why(of(key(0.5, statistic=1e-9)), m=2).startswith(said)
    if name == "prompts":
        assert said not in why(of(key(0.5, about="")), m=2)


@pytest.mark.parametrize("statistic", [-1e-9, 0.0, 1e-9])
def test_an_effect_of_nothing_does_not_point_the_claimed_way(statistic: float) -> None:
    key = replace(sure(0.5, 0.5).keys[0], statistic=statistic)
    # That of the test which decides.
    assert why(of(replace(key, p=0.4, statistic=-statistic), key)).startswith(
        "the effect points the claimed way, by no more than the choice of 24 prompts"
        if statistic > 0
        else "the effect does not point the claimed way"
    )


def test_what_a_search_found_is_told_for_the_threshold_that_applied() -> None:
    tallies = tuple(Tally(alpha, f"{count} neurons") for alpha, count in ((USUAL / 2, 3), (USUAL, 5)))
    evidence = [replace(sure(p, 0.5), tallies=tallies) for p in (1e-6, 0.04)]
    found = verdicts(asking(2, "holm", USUAL), evidence)
    assert [one.found for one in found] == ["3 neurons at 0.025", "5 neurons at 0.05"]
    # So it is of what was not shown, and not of what is refuted.
    assert verdict_of(replace(sure(0.3, 0.5), tallies=tallies), USUAL).found == "5 neurons at 0.05"
    assert verdict_of(replace(sure(0.99, 0.01), tallies=tallies), USUAL).found == ""
    assert verdict_of(sure(0.01, 0.5), USUAL).found == ""


def test_no_effect_can_be_named_where_no_spread_is_known() -> None:
    assert verdict_of(sure(0.5, 0.5)).detectable == ()
    assert len(verdict_of(replace(sure(0.5, 0.5), spread=Spread(0.5, 24))).detectable) == 3
