from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.claims.base import Claim, Kind, Traces
from neurontest.claims.grammar import NAME, NEURON, SentenceError, form, others, parse, render, reserved, terms_of
from neurontest.claims.slips import cause
from neurontest.claims.slots import Slot
from neurontest.kinds import kind_named, kinds
from neurontest.types import Evidence, Thresholds

#: The other sentence of overlap_above_chance.
MORE_ON_AVERAGE = "A overlaps B more than C, D and E on average"
#: A deadline would measure the machine.
QUICK = settings(deadline=None, max_examples=60)


class _Kind(Kind):
    summary: ClassVar[str] = ""

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        raise LookupError


class Likes(_Kind):
    name: ClassVar[str] = "likes"
    sentence: ClassVar[str] = "{of} (likes|loves) {what}[, {by} (times|time) daily]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", ""),
        Slot("what", "concepts", ""),
        Slot("by", "number", "", optional=True),
    )


class AlsoLikes(Likes):
    name: ClassVar[str] = "also_likes"
    sentence: ClassVar[str] = "{of} likes {what}"
    slots: ClassVar[tuple[Slot, ...]] = Likes.slots[:2]


NAMES = st.from_regex(NAME, fullmatch=True).filter(lambda name: name not in reserved((*kinds(), Likes())))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "concept": NAMES,
    "concepts": st.lists(NAMES, min_size=1, max_size=6).map(tuple),
    "number": st.floats(0, 1e9).map(abs) | st.integers(0, 100).map(float),
    "amount": st.integers(0, 100).map(float) | st.integers(0, 100).map(lambda share: f"{share}%"),
    "neuron": st.from_regex(NEURON, fullmatch=True),
}


@st.composite
def claims(draw: st.DrawFn) -> tuple[Kind, dict[str, str | float | tuple[str, ...]]]:
    kind = draw(st.sampled_from((*kinds(), Likes())))
    said = [slot for slot in kind.slots if not slot.optional or draw(st.booleans())]
    return kind, {
        slot.name: draw(st.sampled_from(slot.choices) if slot.holds == "choice" else VALUES[slot.holds])
        for slot in said
    }


@QUICK
@given(claims())
def test_what_is_rendered_is_parsed_back(claim: tuple[Kind, dict[str, str | float | tuple[str, ...]]]) -> None:
    kind, terms = claim
    known = (*kinds(), kind) if kind not in kinds() else kinds()
    assert parse(render(kind, terms), known) == (kind, terms)


@QUICK
@given(claims(), st.sampled_from(["  ", "\n", "\t "]))
def test_space_and_a_final_period_do_not_count(
    claim: tuple[Kind, dict[str, str | float | tuple[str, ...]]], space: str
) -> None:
    kind, terms = claim
    known = (*kinds(), kind) if kind not in kinds() else kinds()
    assert parse(space + render(kind, terms).replace(" ", space) + ".", known) == (kind, terms)


@QUICK
@given(st.text(max_size=80))
def test_any_other_text_is_refused_with_forms_to_choose_from(text: str) -> None:
    with pytest.raises(SentenceError) as caught:
        parse(text + " §", kinds())
    assert caught.value.nearest
    assert len(caught.value.nearest) <= 3
    assert set(caught.value.nearest) <= {one for kind in kinds() for one in (form(kind), *others(kind))}


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ("a and b", ("a", "b")),
        ("a, b and c", ("a", "b", "c")),
        ("a, b, and c", ("a", "b", "c")),
        ("a, b, c", ("a", "b", "c")),
        ("a and b and c", ("a", "b", "c")),
        ("a", ("a",)),
    ],
)
def test_lists(listed: str, names: tuple[str, ...]) -> None:
    kind, terms = parse(f"{listed} have distinct neurons", kinds())
    assert (kind.name, terms) == ("distinct", {"concepts": names})


@pytest.mark.parametrize("listed", ["", "a,", "a,b", "a and", "and b", "a b", "a, , b", "and and and", "A and b"])
def test_no_lists(listed: str) -> None:
    with pytest.raises(SentenceError):
        parse(f"{listed} have distinct neurons", kinds())


@pytest.mark.parametrize(
    ("by", "end"),
    [
        (1.0, "1 neuron"),
        (2.0, "2 neurons"),
        (0.0, "0 neurons"),
        (1.5, "1.5 neurons"),
        (1e7, "10000000 neurons"),
        (1e-7, "0.0000001 neurons"),
    ],
)
def test_numbers_are_printed_as_people_write_them(by: float, end: str) -> None:
    terms: dict[str, str | float | tuple[str, ...]] = {"of": "a", "with": "b", "than": "c", "by": by}
    assert render(kind_named("overlap_greater"), terms) == f"a overlaps b more than c by at least {end}"


@pytest.mark.parametrize("end", ["1 neuron", "1 neurons", "1.0 neurons"])
def test_words_that_may_stand_for_each_other(end: str) -> None:
    _, terms = parse(f"a overlaps b more than c by at least {end}", kinds())
    assert terms["by"] == 1.0
    assert parse("a loves b", [Likes()])[1] == parse("a likes b", [Likes()])[1]
    assert render(Likes(), {"of": "a", "what": ("b",), "by": 1.0}) == "a likes b, 1 time daily"


@pytest.mark.parametrize("by", ["-1", "1e3", ".5", "1.", "one", "9" * 400])
def test_no_numbers(by: str) -> None:
    with pytest.raises(SentenceError):
        parse(f"a overlaps b more than c by at least {by} neurons", kinds())


def test_a_sentence_of_two_kinds_is_refused() -> None:
    with pytest.raises(SentenceError, match=r"'a likes b' could mean likes or also_likes; write it as a mapping"):
        parse("a likes b", [Likes(), AlsoLikes()])


def test_words_of_the_grammar_are_no_names() -> None:
    assert {"and", "overlaps", "more", "than", "by", "neurons", "neuron", "baseline-normalized"} <= reserved(kinds())
    assert {"raw", "normalized"} <= reserved(kinds())
    assert not {"with", "concepts", "a", "neutral"} & reserved(kinds())
    with pytest.raises(SentenceError):
        parse("a overlaps more more than c", kinds())


def test_a_head_is_no_neuron() -> None:
    with pytest.raises(
        SentenceError, match=r"L5\.attention\[head 3\] is a head.*names one neuron.*L5\.attention\[192\]"
    ):
        parse("neuron L5.attention[head 3] is specific to hanoi against tulip", kinds())
    kind, terms = parse("neuron L5.attention[192] is specific to hanoi against tulip", kinds())
    assert (kind.name, terms["neuron"]) == ("specific", "L5.attention[192]")


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("hanoi overlap vietnam more then violent", ["overlap_greater", MORE_ON_AVERAGE]),
        ("Hanoi overlaps Vietnam more than Violent", ["overlap_greater", MORE_ON_AVERAGE]),
        ("hanoi overlaps vietnam more than tulip, rose and war", ["overlap_greater", MORE_ON_AVERAGE]),
        ("hanoi overlaps vietnam", ["overlap_greater", "overlap_above_chance"]),
        (
            "hanoi overlaps vietnam by at least five neurons",
            ["A overlaps B by at least N neurons", "A overlaps B by at most N neurons"],
        ),
        ("hanoi overlaps vietnam by at least half of the ceiling", ["overlap_above", "overlap_below"]),
        ("the lowest overlap is hanoi and violent", ["overlap_lowest", "overlap_highest"]),
        ("neuron L1.mlp[2] specific for hanoi against tulip", ["specific", "specific_any"]),
        ("raw neurons of a and b are identical", ["sets_similar"]),
        ("a, b, c and d has distict neurons", ["distinct", "consistent"]),
        ("normalized sets differ from raw", ["sets_differ"]),
        ("tulip is consistent", ["consistent"]),
        ("all tokens separate a and b better than last token", ["positions_more_distinct"]),
    ],
)
def test_the_nearest_forms(text: str, nearest: list[str]) -> None:
    with pytest.raises(SentenceError) as caught:
        parse(text, kinds())
    assert caught.value.nearest == tuple(one if " " in one else form(kind_named(one)) for one in nearest)


def test_what_is_like_no_sentence_gets_three_forms_to_begin_with() -> None:
    with pytest.raises(SentenceError) as caught:
        parse("what on earth", kinds())
    assert len(caught.value.nearest) == 3
    assert not cause(caught.value)


def test_forms_can_be_read() -> None:
    assert [form(kind) for kind in kinds()] == [
        "A overlaps B more than C [by at least N neurons]",
        "A overlaps B by at least N% of the ceiling",
        "A overlaps B by at most N% of the ceiling",
        "the lowest overlap is between A and B [among C, D and E]",
        "the highest overlap is between A and B [among C, D and E]",
        "A overlaps B above chance against C, D and E [on these controls | by rank]",
        "A, B and C have distinct neurons [on average]",
        "all generated tokens separate A, B and C better than the last token",
        "baseline-normalized sets differ from raw [for A, B and C]",
        "normalization separates A, B and C better than raw [by at least N neurons]",
        "raw neurons of A, B and C are nearly identical",
        "A has consistent neurons [against B]",
        "neuron L11.residual[756] is specific to A against B, C and D [on average]",
        "A has specific neurons [against B, C and D] [on average]",
        "A's neurons are needed for B more than for C, D and E",
        "forcing A's neurons makes B more likely",
        "A's neurons are preserved [within N% of the ceiling] [by what they do]",
    ]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("5 neurons", 5.0), ("1 neuron", 1.0), ("40%", "40%"), ("2.5 neurons", 2.5), ("60% of the ceiling",) * 2],
)
def test_amounts(amount: str, shown: float | str) -> None:
    kind, terms = parse(f"a overlaps b by at least {amount}", kinds())
    assert kind.name == "overlap_above"
    assert terms["amount"] == shown
    assert render(kind, terms) == f"a overlaps b by at least {amount}"
    assert terms_of(kind, {"of": "a", "with": "b", "amount": 5}) == {"of": "a", "with": "b", "amount": 5.0}


@pytest.mark.parametrize("amount", ["5", "40 %", "-1 neurons", "forty%", "5 neuron s"])
def test_no_amounts(amount: str) -> None:
    with pytest.raises(SentenceError):
        parse(f"a overlaps b by at most {amount}", kinds())


def test_choices_are_words_of_the_sentence() -> None:
    kind, terms = parse("normalized neurons of a and b are nearly identical", kinds())
    assert terms == {"how": "normalized", "concepts": ("a", "b")}
    assert render(kind, terms) == "normalized neurons of a and b are nearly identical"
    with pytest.raises(SentenceError):
        parse("cooked neurons of a and b are nearly identical", kinds())


def test_terms_of_a_mapping() -> None:
    assert terms_of(kind_named("sets_differ"), {"for": "tulip"}) == {"for": ("tulip",)}
    assert terms_of(kind_named("sets_differ"), {"for": ["a", "b"], "id": "x"}) == {"for": ("a", "b")}
    assert terms_of(kind_named("sets_differ"), {}) == {}
    mapping = {"of": "a", "with": "b", "than": "c", "by": 2}
    assert terms_of(kind_named("overlap_greater"), mapping) == mapping | {"by": 2.0}
