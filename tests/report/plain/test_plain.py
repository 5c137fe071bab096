from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.kinds import kinds
from neurontest.report.plain import plain
from neurontest.report.plain.amounts import possible, signed, span
from neurontest.report.plain.kinds import PHRASES
from neurontest.types import ClaimRecord, Detectable, Estimate, Evidence, Interval, NearCopies, Vacuity, Verdict

from ..sample import CLAIMS

FOUND = CLAIMS[0].evidence
assert FOUND is not None


@dataclass(frozen=True)
class Case:
    """A kind as its evidence names things: terms, the effect's name and unit, what is said of 5 and of -5."""

    kind: str
    terms: dict[str, object]
    name: str
    above: str
    below: str
    asked: str
    unit: str = "neurons"
    reference: float | None = 0.0
    size: float = 5.0


THREE = ("tulip", "vietnam", "hanoi")
PAIR: dict[str, object] = {"of": "hanoi", "with": "vietnam"}
CASES = (
    Case(
        "overlap_greater",
        {**PAIR, "than": "violent"},
        "hanoi/vietnam minus hanoi/violent",
        "of the 200 strongest neurons of hanoi, about 5 more are shared with vietnam than with violent",
        "about 5 fewer are shared with vietnam than with violent",
        ", of the 200 strongest neurons of hanoi, more are shared with vietnam than with violent",
    ),
    Case(
        "overlap_greater",
        {**PAIR, "than": "violent", "by": 2.0},
        "hanoi/vietnam minus hanoi/violent",
        "about 5 more are shared",
        "about 5 fewer are shared",
        "at least 2 more are shared",
        reference=2.0,
    ),
    Case(
        "overlap_above",
        {**PAIR, "amount": "60% of the ceiling"},
        "hanoi/vietnam minus 60% of the ceiling",
        "of their 200 strongest neurons, hanoi and vietnam share about 5 more than 60 % of the ceiling",
        "share about 5 fewer than 60 % of the ceiling",
        "hanoi and vietnam share at least 60 % of the ceiling",
    ),
    Case(
        "overlap_below",
        {**PAIR, "amount": "7 neurons"},
        "hanoi/vietnam, halves of 12 prompts",
        "hanoi and vietnam share about 5 of their 200 strongest neurons",
        "",
        "hanoi and vietnam share at most 7 neurons",
        reference=7.0,
    ),
    Case(
        "overlap_lowest",
        {"of": "hanoi", "with": "violent"},
        "violent/tulip minus hanoi/violent (the nearest of 5 other pairs)",
        "violent and tulip, the pair that decides, share about 5 more of their",
        "violent and tulip, the pair that decides, share about 5 fewer of their",
        ", of all pairs, hanoi and violent share the fewest",
    ),
    Case(
        "overlap_highest",
        PAIR,
        "hanoi/vietnam minus violent/tulip (the nearest of 5 other pairs)",
        "violent and tulip, the pair that decides, share about 5 fewer of their",
        "violent and tulip, the pair that decides, share about 5 more of their",
        ", of all pairs, hanoi and vietnam share the most",
    ),
    Case(
        "overlap_above_chance",
        {**PAIR, "controls": ("tulip", "rose", "violent", "war")},
        "hanoi/vietnam minus the controls' mean",
        "about 5 more are shared with vietnam than with tulip, rose, violent and war, on average",
        "about 5 fewer are shared with vietnam",
        "than with concepts like tulip, rose, violent and war",
    ),
    Case(
        "distinct",
        {"concepts": THREE},
        "shared within vietnam and hanoi minus between them (the weakest of 3 pairs)",
        "vietnam and hanoi, the pair least apart, share about 5 fewer of their 200 strongest neurons than two halves",
        "vietnam and hanoi, the pair least apart, share about 5 more of their",
        "every two of tulip, vietnam and hanoi share fewer",
    ),
    Case(
        "distinct",
        {"concepts": THREE, "meant": "on average"},
        "shared within a concept minus between two",
        "two of tulip, vietnam and hanoi share, on average, about 5 fewer",
        "share, on average, about 5 more",
        "share, on average, fewer",
    ),
    Case(
        "consistent",
        {"of": "tulip"},
        "tulip, shared by two halves of 12 prompts",
        "two halves of the prompts of tulip share about 5 of their 200 strongest neurons",
        "",
        "two halves of the prompts of tulip share more than 3 of their",
        reference=3.0,
    ),
    Case(
        "consistent",
        {"of": "tulip", "against": "neutral"},
        "L3.mlp[4], occurrence in the lists of tulip minus in those of neutral",
        "L3.mlp[4] is among the 200 strongest neurons in about 40 of 100 prompts more of tulip than of neutral",
        "40 of 100 prompts fewer of tulip",
        "some neuron is among",
        unit="share",
        size=0.4,
    ),
    Case(
        "specific",
        {"neuron": "L3.mlp[4]", "of": "hanoi", "against": ("vietnam", "tulip")},
        "L3.mlp[4], hanoi above vietnam (the weakest of 2 controls)",
        "neuron L3.mlp[4] is more active on a prompt of hanoi than on one of vietnam in about 80 % of cases",
        "",
        "than on those of each of vietnam and tulip",
        unit="AUROC",
        reference=0.5,
        size=0.8,
    ),
    Case(
        "specific_any",
        {"of": "hanoi"},
        "Welch t of L3.mlp[4], which stands out most, hanoi above vietnam (the weakest of 2 controls)",
        "neuron L3.mlp[4] stands out most: its activity on prompts of hanoi lies 5.0 standard errors above that of"
        " vietnam, where 6.2 was needed",
        "",
        "any neuron is more active on prompts of hanoi than on those of every other concept",
        unit="",
        reference=6.2,
    ),
    Case(
        "sets_similar",
        {"how": "raw", "concepts": THREE},
        "shared by two concepts, mean over pairs, minus 80% of the ceiling",
        "share, on average, about 5 more raw neurons than 80 % of what two halves",
        "share, on average, about 5 fewer raw neurons",
        "tulip, vietnam and hanoi have nearly the same raw neurons",
    ),
    Case(
        "sets_differ",
        {},
        "shared by raw and normalized sets of tulip, minus 50% of the ceiling (the weakest of 4 concepts)",
        "the raw and the normalized set of tulip share about 5 more neurons than 50 %",
        "the raw and the normalized set of tulip share about 5 fewer neurons than 50 %",
        "raw and normalized sets share less than 50 %",
    ),
    Case(
        "normalization_helps",
        {"concepts": THREE, "by": 1.0},
        "distinctness, normalized minus raw",
        "with the baseline subtracted, tulip, vietnam and hanoi are about 5 neurons further apart than raw sets",
        "are about 5 neurons less far apart than raw sets",
        "subtracting the baseline sets tulip, vietnam and hanoi at least 1 neuron further apart",
        reference=1.0,
    ),
    Case(
        "positions_more_distinct",
        {"concepts": THREE},
        "distinctness, all tokens minus last token",
        "over all generated tokens, tulip, vietnam and hanoi are about 5 neurons further apart than at the last token",
        "are about 5 neurons less far apart",
        "all generated tokens set tulip, vietnam and hanoi further apart",
    ),
    Case(
        "necessary",
        {"of": "hanoi", "for": "hanoi", "than": ("tulip",)},
        "extra loss of hanoi less that of the others",
        "costs the texts of hanoi about 5 nats of log-likelihood a token more than those of tulip",
        "costs the texts of hanoi about 5 nats of log-likelihood a token less than those of tulip",
        "harms the texts of hanoi more than those of tulip",
        unit="nats a token",
    ),
    Case(
        "sufficient",
        {"of": "hanoi", "for": "hanoi"},
        "rise of hanoi's words beyond control tokens, less that by random sets",
        "makes the words of hanoi about 2.0 times as likely as other words and random neurons explain",
        "makes the words of hanoi about 0.50 times as likely",
        "makes the words of hanoi likelier",
        unit="nats",
        size=0.6931,
    ),
    Case(
        "preserved",
        {"of": "hanoi"},
        "hanoi, shared by a half then and another now, minus 50% of the ceiling",
        "the two models share about 5 more than 50 % of what two halves of its prompts share in one model",
        "the two models share about 5 fewer than 50 %",
        "the neurons of hanoi are still those of the reference",
    ),
)
IDS = [f"{one.kind}-{at}" for at, one in enumerate(CASES)]


def claim(case: Case, verdict: str, sign: int = 1, **judged: object) -> ClaimRecord:
    value = sign * case.size
    wide = abs(value) / 2
    interval = Interval(value - wide, value + wide, 0.95, "half-sample t")
    effect = Estimate(case.name, value, case.unit, interval, case.reference)
    judgement = Verdict(verdict, 0.01, 0.5, 0.05, **judged)  # type: ignore[arg-type]
    return replace(
        CLAIMS[0],
        kind=case.kind,
        terms=case.terms,  # type: ignore[arg-type]
        verdict=verdict,  # type: ignore[arg-type]
        outcome="",
        evidence=replace(FOUND, effect=effect),  # type: ignore[type-var]
        judgement=judgement,
    )


def test_every_kind_has_its_words_and_a_case() -> None:
    known = {kind.name for kind in kinds()}
    assert set(PHRASES) == known
    assert {case.kind for case in CASES} == known


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_what_is_shown_is_said_with_its_number(case: Case) -> None:
    said = str(plain(claim(case, "holds")))
    assert said.startswith("Shown: ")
    assert case.above in said
    whole_searches = case.kind == "specific_any" or (case.kind == "consistent" and "against" in case.terms)
    assert ("95 % interval" in said) != whole_searches
    assert "“" not in said


@pytest.mark.parametrize("case", [case for case in CASES if case.below], ids=lambda case: case.kind)
def test_what_is_refuted_says_what_was_shown_instead_and_what_was_claimed(case: Case) -> None:
    said = str(plain(claim(case, "refuted", -1)))
    before, _, after = said.partition("Claimed was that")
    assert before.startswith("The opposite is shown: ")
    assert case.below in before
    assert case.asked in after


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_what_cannot_be_told_says_what_was_asked_measured_and_wanted(case: Case) -> None:
    said = str(plain(claim(case, "inconclusive", reason="it is as it is")))
    asked, _, measured = said.partition(". Measured: ")
    assert asked.startswith("Cannot tell whether")
    assert case.asked in asked
    assert case.above in measured
    assert said.count(". ") >= 2


ONE = CASES[0]


@pytest.mark.parametrize(
    ("sign", "judged", "said"),
    [
        (
            1,
            {"detectable": (Detectable(24, 9.0), Detectable(48, 4.0))},
            "24 prompts a concept would show a true difference of 9.0 neurons, 48 one of 4.0.",
        ),
        (-1, {"detectable": (Detectable(24, 1.0),)}, "The number does not point the claimed way. In four of five"),
        (1, {"borderline": True}, "another seed of the tests may say otherwise"),
        (1, {"reason": "20 of 400 random sets do as much"}, "20 of 400 random sets do as much."),
    ],
)
def test_what_it_would_take(sign: int, judged: dict[str, object], said: str) -> None:
    assert said in plain(claim(ONE, "inconclusive", sign, **judged)).more


@pytest.mark.parametrize("value", [0.1, 3.0, 40.0])
def test_no_number_of_prompts_is_made_from_the_effect_that_was_seen(value: float) -> None:
    one = claim(ONE, "inconclusive", detectable=(Detectable(24, 9.0), Detectable(48, 4.0)))
    assert one.evidence is not None
    seen = replace(one.evidence, effect=replace(one.evidence.effect, value=value, interval=None))
    assert plain(replace(one, evidence=seen)).more == plain(one).more


def test_near_copies_and_refusals_are_told() -> None:
    one = claim(ONE, "inconclusive", reason="no reference to compare with")
    assert one.evidence is not None
    copied = replace(one, evidence=replace(one.evidence, copies=(NearCopies("two are one"),)))
    assert "no near copies" in plain(copied).more
    bare = Evidence(Estimate("x", 0.0), (), 1.0, 1.0, (), (), {}, 0, refusal="no reference to compare with")
    said = str(plain(replace(one, evidence=bare)))
    assert said.endswith("No reference to compare with.")
    assert "Measured" not in said


def test_a_vacuous_claim_says_that_it_says_nothing() -> None:
    held = claim(ONE, "holds")
    dealt = plain(replace(held, vacuity=Vacuity(12, 9, vacuous=True)))
    twin = plain(replace(held, salmon=0.001))
    assert "with prompts dealt to the concepts at random" in dealt.more
    assert "on a model with random weights" in twin.more
    assert plain(held).more == ""


def test_without_a_verdict_it_says_why() -> None:
    said = {one.verdict if not one.error else "error": str(plain(one)) for one in CLAIMS}
    assert said["skipped"] == "No verdict: Skipped by the spec: nobody knows what to expect."
    assert said["error"].startswith("No verdict: the activations of layer 12 are not finite")
    assert said["not evaluated"] == "No verdict: Not evaluated: its family was not run."


def test_a_kind_or_terms_from_elsewhere_are_told_by_sentence_and_effect() -> None:
    for other in (replace(claim(ONE, "holds"), kind="of another package"), replace(claim(ONE, "holds"), terms={})):
        assert str(plain(other)).startswith("Shown: hanoi/vietnam minus hanoi/violent: +5.0 neurons (95 % interval 2")


def test_many_concepts_are_counted() -> None:
    case = next(one for one in CASES if one.kind == "positions_more_distinct")
    said = str(plain(replace(claim(case, "holds"), terms={"concepts": tuple(f"c{at}" for at in range(200))})))
    assert "200 concepts (c0, c1, c2 and so on) are about 5 neurons further apart" in said


@given(st.floats(-60, 60), st.floats(0, 90), st.floats(0, 90), st.sampled_from(CASES))
def test_an_interval_lies_within_what_is_possible_and_holds_its_value(
    value: float, below: float, above: float, case: Case
) -> None:
    interval = Interval(value - below, value + above, 0.95, "t")
    one = replace(claim(case, "holds"), selection=replace(CLAIMS[0].selection, k=50))
    cut = possible(one, Estimate(case.name, value, case.unit, interval, case.reference)).interval
    assert cut is not None
    assert interval.low <= cut.low <= value <= cut.high <= interval.high
    if case.unit == "neurons" and abs(value) <= 50:
        assert cut.low >= -100
        assert cut.high <= 100
    if case.reference and case.unit == "neurons" and value >= 0 and " minus " not in case.name:
        assert cut.low >= 0
        assert cut.high <= max(50, value)


@given(st.floats(-200, 200), st.floats(0.001, 90))
def test_directions_stand_in_words_and_never_as_a_sign(value: float, wide: float) -> None:
    one = Estimate("a minus b", value, "neurons", Interval(value - wide, value + wide, 0.95, "t"), 0.0)
    assert "-" not in signed(one) + span(one)
    assert signed(one).endswith("more" if value >= 0 else "fewer")
    assert (" fewer to " in span(one)) == (value - wide < 0 < value + wide)
