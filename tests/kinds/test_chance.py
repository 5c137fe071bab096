"""Overlap above chance: of concepts like the controls, of the controls that are named, and by rank."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from neurontest.arrays import Floats
from neurontest.claims.grammar import SentenceError, parse, render
from neurontest.evidence import describe
from neurontest.evidence.trial import Trial
from neurontest.kinds import kinds
from neurontest.stats.half_samples.prediction import prediction
from neurontest.stats.terms import Term
from neurontest.types import Evidence, PublishedNeuron, Selection, Statistics, Thresholds
from neurontest.verdict import judge
from tests.test_verdict import family
from tests.worlds import World, claim_on, evidence_on

FOUR = "a overlaps b above chance against c, d, e and f"
TEN = Selection(k=10)
HALF_SAMPLE = Statistics(test="half-sample")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "RESAMPLES", 19)


def population(seed: int, names: str, n: int, extra: int = 0) -> tuple[dict[str, Floats], Floats]:
    """Concepts of one kind: each has some of a's ten neurons, how many differs from one to the next."""
    world = World(np.random.default_rng([2, seed]), layers=1, width=150, massive=2)
    pool, loud = world.take(30), np.full(10, 3.5)
    data = {"a": world.concept(n, (pool[:10], loud))}
    for name in names:
        has = world.rng.random(10) < world.rng.beta(1.2, 2.0)
        if name == "b":
            has[np.flatnonzero(~has)[:extra]] = True
        others = world.rng.choice(pool[10:], 10 - has.sum(), replace=False)
        data[name] = world.concept(n, (np.concatenate([pool[:10][has], others]), loud))
    return data, world.neutral(20)


def declared(sentence: str, data_sets: int, names: str, n: int = 10) -> int:
    shown = 0
    for seed in range(data_sets):
        data, neutral = population(seed, names, n)
        claim, traces = claim_on(sentence, data, neutral, width=150, selection=TEN, statistics=HALF_SAMPLE, seed=seed)
        shown += max(one.p for one in Trial(claim, traces).decide(Thresholds.of(0.05))) <= 0.05
    return shown


def found(sentence: str, seed: int = 0, extra: int = 0, names: str = "bcdef", n: int = 10) -> Evidence:
    data, neutral = population(seed, names, n, extra)
    return evidence_on(sentence, data, neutral, width=150, selection=TEN, statistics=HALF_SAMPLE, seed=seed)


@pytest.mark.calibration
def test_a_concept_like_the_controls_is_not_above_them() -> None:
    # Half-t alone declared .13 to .33 of such data sets, and more with more prompts.
    shown = declared(FOUR, 120, "bcdef")
    assert shown <= 120 * 0.085 + 2 * (120 * 0.085 * 0.915) ** 0.5
    assert declared(FOUR + " on these controls", 120, "bcdef") >= 24


def test_the_larger_of_two_keys_decides() -> None:
    one = found(FOUR, seed=3, extra=8)
    assert [key.name for key in one.keys] == ["half-sample", "prediction"]
    assert one.p == max(key.p for key in one.keys)
    assert one.p_opposite == max(key.p_opposite or 0 for key in one.keys)
    assert [key.df for key in one.keys] == [9, 3]
    assert [null.df for null in one.nulls] == [9, 3]
    spread = next(detail for detail in one.details if detail.name == "spread of the 4 controls")
    thetas = [detail.value for detail in one.details[1:5]]
    assert spread.value == pytest.approx(np.std(thetas, ddof=1))
    assert one.keys[1].statistic == pytest.approx(one.effect.value / (spread.value * 1.25**0.5))
    assert one.keys[1].p == pytest.approx(stats.t.sf(one.keys[1].statistic, 3))


def test_the_prediction_is_that_of_one_more_draw() -> None:
    controls = [Term(value, {}) for value in (1.0, 2.0, 4.0)]
    asked = prediction(Term(5.0, {}), controls, 10)
    assert asked.given is not None
    assert asked.given == pytest.approx((4 / 3 * np.var([1, 2, 4], ddof=1), 2))
    assert asked.term.value == pytest.approx(5 - 7 / 3)
    # Controls that all share the same leave a floor.
    assert prediction(Term(5.0, {}), [Term(2.0, {})] * 4, 10).given == pytest.approx((1.25 / 100, 3))


def test_prediction_over_many_draws_errs_as_it_should() -> None:
    rng = np.random.default_rng(0)
    shown = 0
    for _ in range(4000):
        *controls, own = rng.normal(2.5, 1.5, size=7)
        asked = prediction(Term(own, {}), [Term(one, {}) for one in controls], 10)
        assert asked.given is not None
        shown += stats.t.sf(asked.term.value / asked.given[0] ** 0.5, asked.given[1]) <= 0.05
    assert abs(shown / 4000 - 0.05) < 3 * (0.05 * 0.95 / 4000) ** 0.5


def test_what_is_known_of_too_few_concepts_is_said_to_need_more() -> None:
    data, neutral = population(1, "bcde", 10)
    claim, _ = claim_on("a overlaps b above chance against c, d and e", data, neutral, width=150)
    assert claim.kind.faults(claim) == [
        "overlap_above_chance is about concepts like the controls, and how those differ takes 4 of them to tell"
        " (10 advised), not 3; say more, or '... on these controls' for these alone"
    ]
    assert claim.kind.cautions(claim) == ["10 controls or more are advised for overlap_above_chance, not 3"]
    claim, _ = claim_on("a overlaps b above chance against c, d and e on these controls", data, neutral, width=150)
    assert not claim.kind.faults(claim)
    assert not claim.kind.cautions(claim)


def test_what_concepts_leave_open_no_prompts_decide() -> None:
    one = next(
        one
        for one in (found(FOUR, seed) for seed in range(30))
        if one.keys[0].p < 0.05 < one.keys[1].p and one.keys[1].statistic > 0
    )
    assert one.spread is None
    verdict = judge(family(1), {"c0": one})["c0"]
    assert (verdict.name, verdict.reason) == (
        "inconclusive",
        "the controls differ by as much among themselves: more prompts would not decide it, more controls might",
    )


@pytest.mark.parametrize(
    "end", ["above chance against c, d, e and f on these controls", "more than c, d, e and f on average"]
)
def test_two_sentences_are_about_these_controls_alone(end: str) -> None:
    kind, terms = parse(f"a overlaps b {end}", kinds())
    assert kind.name == "overlap_above_chance"
    assert terms == {"of": "a", "with": "b", "controls": tuple("cdef"), "meant": "on these controls"}
    assert render(kind, terms) == "a overlaps b above chance against c, d, e and f on these controls"
    one = found(f"a overlaps b {end}")
    assert [key.name for key in one.keys] == ["half-sample"]


def test_more_than_several_says_on_average() -> None:
    with pytest.raises(SentenceError) as caught:
        parse("a overlaps b more than c, d and e", kinds())
    assert "A overlaps B more than C, D and E on average" in caught.value.nearest
    assert parse("a overlaps b more than c", kinds())[0].name == "overlap_greater"


LISTED = [f"c{at}" for at in range(19)]
RANKED = "a overlaps b above chance against " + ", ".join(LISTED[:-1]) + f" and {LISTED[-1]} by rank"


def ranked(shares: int, n: int = 8) -> tuple[dict[str, Floats], Floats]:
    world = World(np.random.default_rng(5), layers=1, width=250, massive=2)
    own = {name: world.take(8) for name in ("a", "b", *LISTED)}
    own["b"][:shares] = own["a"][:shares]
    for name in LISTED:
        own[name][:2] = own["a"][:2]
    data = {name: world.concept(n, (neurons, np.full(8, 6.0))) for name, neurons in own.items()}
    return data, world.neutral(20)


@pytest.mark.parametrize(("shares", "p"), [(8, 1 / 20), (0, 1.0)])
def test_by_rank(shares: int, p: float) -> None:
    data, neutral = ranked(shares)
    one = evidence_on(RANKED, data, neutral, width=250, selection=Selection(k=8), statistics=HALF_SAMPLE)
    (key,) = one.keys
    assert (key.name, key.draws, key.exact) == ("rank", 19, True)
    assert one.p == pytest.approx(p)
    assert one.p_opposite == pytest.approx(1.05 - p)
    assert key.p_floor == pytest.approx(0.05)
    assert one.spread is None
    assert one.effect.interval is not None


def test_a_rank_takes_nineteen_controls_and_is_left_out_of_worlds_dealt_at_random() -> None:
    data, neutral = population(1, "bcdef", 10)
    claim, _ = claim_on(FOUR + " by rank", data, neutral, width=150)
    assert claim.kind.faults(claim) == [
        "a rank among 4 controls cannot reach .05: it takes 19; say more, or leave it out"
    ]
    assert not claim.kind.half_sampled(claim)
    data, neutral = ranked(3)
    claim, _ = claim_on(RANKED, data, neutral, width=250)
    assert not claim.kind.faults(claim)
    assert claim.kind.smallest_p(claim) == 0.05
    few = replace(claim.concepts["c3"], prompts=("x", "y"))
    other = replace(claim, concepts={**claim.concepts, "c3": few})
    assert claim.kind.cautions(other) == [
        "a rank compares like with like, and these concepts have different numbers of prompts"
    ]
    published = replace(claim.concepts["b"], prompts=(), published=(PublishedNeuron(0, 1),), site="residual")
    other = replace(claim, concepts={**claim.concepts, "b": published})
    assert any("whose rank among sets of prompts says nothing" in fault for fault in claim.kind.faults(other))


def test_a_rank_that_half_samples_leave_open_is_borderline() -> None:
    data, neutral = ranked(2, n=16)
    one = evidence_on(RANKED, data, neutral, width=250, selection=Selection(k=8), statistics=HALF_SAMPLE)
    (key,) = one.keys
    assert not key.exact
    assert key.monte_carlo_se > 0
    alpha = replace(family(1), statistics=Statistics(alpha=round(key.p, 3) + 0.001))
    assert judge(alpha, {"c0": one})["c0"].borderline
