"""What became of a claim: just below, at and just above everything that its change is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from scipy import stats

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family
from neurontest.gate.compare import compare, open_to
from neurontest.gate.comparison import NOTHING, compared, evidence_of, not_held, of_the_change
from neurontest.gate.floor import is_within
from neurontest.gate.margin import Margin
from neurontest.gate.reference.then import Then
from neurontest.gate.ways.survival import Survival, of_parts
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.types import Comparison, Finding, Floor, Spread, Verdict
from neurontest.verdict import judge
from tests.gate.test_compare import SENTENCES, data, findings, recorded, suite
from tests.test_thresholds import ABOVE, ASKED, BELOW, EXACT, USUAL, around, asking, sure

__all__ = ["recorded"]  # a fixture

DF = 23


def result(p: float, p_opposite: float | None = None, *, estimate: float = 1.0, se: float = 0.0) -> HalfT:
    """A test with this p-value; exact but where its t has a standard error."""
    opposite = 1 - p if p_opposite is None else p_opposite
    t = float(stats.t.isf(p, DF))
    return HalfT(estimate, 0.0, 1.0, DF, t, p, opposite, se, exact=se == 0, pairs=0 if se == 0 else 200)


def survival(*parts: HalfT, change: float = -1.0) -> Survival:
    own = [result(0.001) for _ in parts]
    return of_parts(list(parts), [result(0.5, estimate=change) for _ in parts], own, own)


def named(name: str) -> Verdict:
    return Verdict(name, 0.5, 0.5, 0.05)  # type: ignore[arg-type]


def statuses(
    claims: Family, found: Sequence[Survival], own: str = "holds", floor: Floor | None = None
) -> list[Comparison]:
    """What became of claims that are compared together."""
    survived = dict(zip((one.id for one in claims.tested), found, strict=True))
    evidence = {claim.id: evidence_of(claim, survived[claim.id]) for claim in claims.tested}
    verdicts = judge(claims, evidence)
    return [
        compared(claim, survived[claim.id], verdicts[claim.id], named(own), Margin(), floor) for claim in claims.tested
    ]


PLACES = ((1, 1), (2, 1), (2, 2), (5, 3))


@pytest.mark.parametrize("method", ASKED)
def test_just_below_what_its_rank_asks_it_is_preserved_and_just_above_it_is_undecided(method: str) -> None:
    for m, rank in PLACES:
        claims, asked = asking(m, method, USUAL), ASKED[method](USUAL, m, rank)
        for p, status in ((asked * BELOW, "preserved"), (asked * ABOVE, "undecided")):
            found = statuses(claims, [survival(result(one, 0.5)) for one in around(p, m, rank)])
            assert [one.status for one in found] == ["preserved"] * (rank - 1) + [status] + ["undecided"] * (m - rank)
            assert found[rank - 1].p == p


@pytest.mark.parametrize("own", ["holds", "refuted", "inconclusive"])
@pytest.mark.parametrize("method", ASKED)
def test_just_below_what_its_rank_asks_it_is_weakened_or_lost_and_just_above_it_is_undecided(
    method: str, own: str
) -> None:
    gone = "weakened" if own == "holds" else "lost"
    for m, rank in PLACES:
        claims, asked = asking(m, method, USUAL), ASKED[method](USUAL, m, rank)
        for p, status in ((asked * BELOW, gone), (asked * ABOVE, "undecided")):
            found = statuses(claims, [survival(result(0.95, one)) for one in around(p, m, rank)], own)
            assert [one.status for one in found] == [gone] * (rank - 1) + [status] + ["undecided"] * (m - rank)
            assert found[rank - 1].p_opposite == p


@pytest.mark.parametrize(("method", "m", "rank"), [("none", 3, 1), ("bonferroni", 2, 1), ("holm", 3, 2), ("bh", 4, 2)])
def test_at_what_is_asked_it_is_shown(method: str, m: int, rank: int) -> None:
    claims = asking(m, method, EXACT)
    p = list(around(ASKED[method](EXACT, m, rank), m, rank))
    assert statuses(claims, [survival(result(one, 0.5)) for one in p])[rank - 1].status == "preserved"
    assert statuses(claims, [survival(result(0.5, one)) for one in p])[rank - 1].status == "weakened"


def test_every_part_must_be_left_and_one_is_enough_to_be_too_little() -> None:
    claims = asking(1, "none", EXACT)
    for p, status in ((EXACT * BELOW, "preserved"), (EXACT, "preserved"), (EXACT * ABOVE, "undecided")):
        (found,) = statuses(claims, [survival(result(1e-9), result(p, 0.9), result(1e-6))])
        assert found.status == status
    # Of four parts one may be gone by chance, four times as often.
    for p, status in ((EXACT * BELOW, "weakened"), (EXACT, "weakened"), (EXACT * ABOVE, "undecided")):
        (found,) = statuses(claims, [survival(*[result(0.5)] * 3, result(0.9, p / 4))])
        assert (found.status, found.p_opposite) == (status, p)


@pytest.mark.parametrize("turned", [False, True])
def test_doubt_of_half_samples_leaves_it_undecided(turned: bool) -> None:
    claims, critical = asking(1, "none", USUAL), float(stats.t.isf(USUAL, DF))
    shown = "weakened" if turned else "preserved"
    for errors, status, borderline in (
        (4.001, shown, False),
        (3.999, "undecided", True),
        (-3.999, "undecided", True),
        (-4.001, "undecided", False),
    ):
        p = float(stats.t.sf(critical + errors * 0.1, DF))
        (found,) = statuses(claims, [survival(result(1 - p if turned else p, p if turned else None, se=0.1))])
        assert found.status == status
        assert found.reason.startswith("borderline") is borderline


@pytest.mark.parametrize("own", ["holds", "refuted", "inconclusive"])
def test_what_the_same_model_changes_by_is_no_loss(own: str) -> None:
    claims = asking(1, "none", USUAL)
    for noise, status in ((1.0, "undecided"), (1 - 1e-6, "weakened" if own == "holds" else "lost")):
        for floor in (Floor(batch=noise), Floor(threads=-noise, batch=0.0)):
            (found,) = statuses(claims, [survival(result(0.999, 0.001), change=-1.0)], own, floor)
            assert (found.status, found.floor) == (status, floor)
    # Nothing that is left is taken away by it, and nothing that is undecided is decided.
    for p, status in ((0.001, "preserved"), (0.3, "undecided")):
        (found,) = statuses(claims, [survival(result(p), change=-1.0)], own, Floor(batch=9.0))
        assert found.status == status


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_change_of_the_floor_s_size_is_within_it(sign: int) -> None:
    for floor in (Floor(batch=2.0), Floor(batch=-2.0, threads=1.0), Floor(batch=0.5, threads=-2.0)):
        assert is_within(sign * 2.0, floor)
        assert is_within(sign * 2.0 * (1 + 0.9e-9), floor)
        assert not is_within(sign * 2.0 * (1 + 1.1e-9), floor)
    assert is_within(0.0, Floor(batch=0.0))
    assert not is_within(sign * 1e-300, Floor(batch=0.0))


VERDICTS = ("holds", "refuted", "inconclusive")


@pytest.mark.parametrize(("then", "now"), list(product(VERDICTS[1:], VERDICTS)))
def test_what_did_not_hold_is_gained_if_it_holds(recorded: Then, then: str, now: str) -> None:
    before = replace(recorded.claims["world.yaml", "c0"], verdict=then)  # type: ignore[arg-type]
    found = not_held(before, Finding(sure(0.5), named(now)))
    assert found.status == ("gained" if now == "holds" else "unchanged")
    assert (found.then, found.now, found.p) == (then, now, None)


@pytest.mark.parametrize(
    ("verdict", "status"), [("holds", "preserved"), ("refuted", "weakened"), ("inconclusive", "undecided")]
)
def test_a_claim_about_the_change_says_it_itself(verdict: str, status: str) -> None:
    own = replace(named(verdict), reason="so it is", p_adjusted=0.25, p_opposite_adjusted=0.75)
    found = of_the_change(None, Finding(sure(0.125, 0.875), own))
    assert (found.status, found.then, found.now) == (status, "", verdict)
    assert (found.p, found.p_opposite, found.p_adjusted, found.p_opposite_adjusted) == (0.125, 0.875, 0.25, 0.75)
    assert found.reason == ("" if status == "preserved" else "so it is")
    refused = of_the_change(None, Finding(replace(sure(0.125), refusal="no"), own))
    assert refused.status == "incomparable"


@pytest.mark.parametrize("method", ASKED)
def test_all_that_held_are_corrected_for_and_nothing_else(recorded: Then, method: str) -> None:
    """Of three claims one did not hold in the reference: the other two are corrected together."""
    family, traces = suite(data())
    assert len(SENTENCES) == 3
    asked = replace(family, statistics=replace(family.statistics, correction=method))  # type: ignore[arg-type]
    both = compare(asked, findings(family, traces), recorded, traces, Margin())
    assert (both["c0"].p, both["c1"].p) != (None, None)
    first, second = sorted((both["c0"], both["c1"]), key=lambda one: one.p or 0.0)
    assert first.p is not None
    assert second.p is not None
    reaching = {1: first.p * USUAL / ASKED[method](USUAL, 2, 1), 2: second.p * USUAL / ASKED[method](USUAL, 2, 2)}
    step_up = method in ("bh", "by")
    assert first.p_adjusted == pytest.approx(min(reaching.values()) if step_up else reaching[1])
    assert second.p_adjusted == pytest.approx(reaching[2] if step_up else max(reaching.values()))
    assert both["c2"].p_adjusted is None
    assert open_to(asked, 2).family == pytest.approx(sorted({ASKED[method](USUAL, 2, rank) for rank in (1, 2)}))
    alone = replace(asked, claims=family.claims[:1])
    found = compare(alone, findings(alone, traces), recorded, traces, Margin())["c0"]
    assert (found.p_adjusted, found.p_opposite_adjusted) == (found.p, found.p_opposite)


def test_a_claim_that_could_not_be_compared_eases_no_correction() -> None:
    claims = asking(2, "holm", USUAL)
    for p, name in ((USUAL / 2 * BELOW, "holds"), (USUAL / 2 * ABOVE, "inconclusive")):
        found = judge(claims, {"c0": evidence_of(claims.claims[0], survival(result(p))), "c1": NOTHING})
        assert (found["c0"].name, found["c1"].name) == (name, "inconclusive")
        assert found["c1"].reason == "it was not compared"


# What is said of a claim that is undecided.


def undecided(found: Survival, claim: Claim | None = None) -> str:
    claims = asking(1, "none", USUAL)
    claims = replace(claims, claims=(claim or claims.claims[0],))
    (one,) = statuses(claims, [found])
    assert one.status == "undecided"
    return one.reason


def of_power(t: float) -> Survival:
    """An undecided claim whose effect measured `t` standard errors in the reference."""
    own = HalfT(t, 0.0, 1.0, DF, t, 0.0, 1.0, 0.0, exact=True, pairs=0)
    return replace(survival(result(0.3)), then=own, spread=Spread(1.0, DF + 1))


def test_it_is_said_of_what_had_a_power_of_four_in_five() -> None:
    claims = asking(1, "none", USUAL)
    replayed = replace(claims.claims[0], generation=replace(claims.claims[0].generation, replay="ref"))
    critical = float(stats.t.isf(USUAL, DF))
    # The noncentral t that exceeds its critical value with probability 0.8.
    reached = next(t / 1e4 for t in range(10_000, 50_000) if stats.nct.sf(critical, DF, t / 1e4) >= 0.8)
    assert undecided(of_power(reached), replayed) == (
        "unchanged, it would be called preserved with probability 0.80, and is not"
    )
    assert undecided(of_power(reached - 2e-4), replayed).startswith("neither that enough is left is shown")
    # Where each model writes its own texts, half of the effect is told from one and a quarter of its variance.
    own = reached * (1 + 0.25) ** 0.5 / 0.5
    assert undecided(of_power(own + 1e-3)).startswith("unchanged, it would be called preserved")
    assert undecided(of_power(own - 1e-3)).startswith("neither that enough is left is shown")
    prompt = replace(claims.claims[0], selection=replace(claims.claims[0].selection, positions="prompt"))
    assert undecided(of_power(reached), prompt).startswith("unchanged")


def test_what_no_number_of_prompts_would_decide_is_told_so() -> None:
    assert undecided(replace(of_power(1.0), spread=None)).endswith("no number of prompts can be told")
    assert undecided(of_power(-1.0)).endswith("no number of prompts can be told")
    assert "prompts a concept would show it (" in undecided(of_power(1.0))


def test_neurons_that_a_search_found_must_leave_a_fifth_of_the_level_for_luck() -> None:
    for luck, said in ((USUAL / 5 * BELOW, False), (USUAL / 5 * ABOVE, True)):
        found = replace(of_power(1.0), by_luck=luck)
        assert found.asked(USUAL) == pytest.approx(0.0 if said else 0.8 * USUAL)
        assert undecided(found).startswith("the neurons that the reference's search found do not stand out") is said
    assert replace(of_power(1.0), by_luck=EXACT, chances=4).asked(EXACT * 5) == pytest.approx(EXACT)
    assert replace(of_power(1.0), chances=4).asked(EXACT) == EXACT / 4
    # A p-value falls exponentially with the number of prompts.
    for luck, enough in (((USUAL / 5) ** 0.5 * BELOW, True), ((USUAL / 5) ** 0.5 * ABOVE, False)):
        assert bool(replace(of_power(1.0), by_luck=luck).asked(USUAL, 2.0)) is enough
