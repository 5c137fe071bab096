"""Prompts dealt to concepts at random, whatever groups of prompts the concepts of a suite have and share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurontest.arrays import Floats
from neurontest.claims.base import Claim
from neurontest.claims.grammar import parse
from neurontest.evidence.null_worlds.deal import Deal, deal
from neurontest.evidence.null_worlds.vacuity import vacuity_of
from neurontest.kinds import kinds
from neurontest.spec.groups import group_faults
from neurontest.stats.streams import Stream
from neurontest.types import (
    BASELINE,
    Activations,
    Concept,
    Generation,
    Location,
    PublishedNeuron,
    Selection,
    Statistics,
    Vacuity,
)
from tests.worlds import World, claim_on, prompts_of

#: Of every kind with a half-sample test one, about the concepts a to e.
SENTENCES = (
    "a overlaps b more than c",
    "a overlaps b more than c by at least 1 neuron",
    "a overlaps b by at least 1 neuron",
    "a overlaps b by at most 1 neuron",
    "a overlaps b by at least 40% of the ceiling",
    "the lowest overlap is between a and b",
    "the highest overlap is between a and b among c",
    "a overlaps b above chance against c, d and e",
    "a, b and c have distinct neurons",
    "baseline-normalized sets differ from raw",
    "baseline-normalized sets differ from raw for a",
    "normalization separates a and b better than raw",
    "raw neurons of a and b are nearly identical",
    "all generated tokens separate a and b better than the last token",
    "a has consistent neurons",
)
BLOCS = ("p", "q", "r")


def groups_in(bloc: str, count: int) -> tuple[str, ...]:
    """None; or templates of a bloc, in which a concept of several prompts has several of one."""
    return tuple(f"{bloc}{at:02}" for at in range(count)) if bloc else ()


def concepts_of(blocs: tuple[str, ...]) -> st.SearchStrategy[list[tuple[str, int, int, bool]]]:
    """A bloc, prompts, templates that it has beside those of its bloc, whether it is published; of each concept."""
    one = st.tuples(
        st.sampled_from(blocs),
        st.integers(8, 11),
        st.sampled_from((0, 0, 0, 0, 0, 1, 2)),
        st.sampled_from((False,) * 6 + (True,)),
    )
    return st.lists(one, min_size=1, max_size=7)


concepts = st.sampled_from((("p",), ("",), ("", "p"), ("p", "q"), ("", *BLOCS))).flatmap(concepts_of)


def suite_of(said: list[tuple[str, int, int, bool]]) -> dict[str, Concept]:
    out = {}
    for name, (bloc, count, more, published) in zip("abcdefg", said, strict=False):
        if published:
            out[name] = Concept(name, (), published=(PublishedNeuron(0, 1), PublishedNeuron(1, 2)), site="residual")
            continue
        groups = groups_in(bloc, 8 if bloc else 0) + (tuple(f"{name}{at}" for at in range(more)) if bloc else ())
        out[name] = Concept(name, tuple(f"{name} {at:03}" for at in range(len(groups) or count)), groups=groups)
    return out


def claim_of(sentence: str, everyone: Mapping[str, Concept]) -> Claim | None:
    """The claim on these concepts; None if the spec would refuse it."""
    kind, terms = parse(sentence, kinds())
    names = kind.named(terms, [name for name, one in everyone.items() if not one.published])
    if not names or not set(names) <= set(everyone):
        return None
    neutral = Concept(BASELINE, tuple(f"neutral {at:03}" for at in range(12)))
    claim = Claim(
        "claim",
        kind,
        sentence,
        terms,
        {name: everyone[name] for name in names},
        neutral,
        Generation(),
        Selection(k=6),
        Statistics(similar_above=0.5, m=3),
        Location("c.yaml", 1, 1),
    )
    return None if kind.faults(claim) or group_faults(claim) else claim


def templates_of(everyone: Mapping[str, Concept]) -> list[str]:
    return [
        one
        for name, concept in everyone.items()
        for one in (sorted(set(concept.groups)) or [f"({name} {at})" for at in range(len(concept.prompts))])
    ]


@settings(max_examples=200, deadline=None)
@given(concepts, st.sampled_from(SENTENCES))
def test_whatever_groups_a_suite_has(said: list[tuple[str, int, int, bool]], sentence: str) -> None:
    everyone = suite_of(said)
    claim = claim_of(sentence, everyone)
    if claim is None:
        return
    found = deal(claim, everyone)
    if isinstance(found, str):
        assert "templates" in found or "too few" in found
        return
    templates = templates_of(everyone)
    for _ in range(3):
        dealt = found.draw(Stream(0, repr(said)))
        assert list(dealt) == [name for name, one in claim.concepts.items() if not one.published]
        got = {name: [templates[row] for row in rows] for name, rows in dealt.items()}
        every = [row for rows in dealt.values() for row in rows]
        assert len(set(every)) == len(every), "no row is dealt twice"
        for name, own in got.items():
            assert len(own) == claim.concepts[name].units
            assert len(set(own)) == len(own), "nor one template twice to a concept"
            for other in set(got) - {name}:
                if set(claim.concepts[name].groups) & set(claim.concepts[other].groups):
                    assert got[other] == own, "row by row, since the halves are the same"
                else:
                    assert not set(got[other]) & set(own)


@pytest.mark.parametrize(
    ("said", "sentence", "reason"),
    [
        ("p p p", "a, b and c have distinct neurons", ""),
        ("p p p", "a overlaps b more than c", ""),
        ("p p p", "a has consistent neurons", ""),
        ("p p", "all generated tokens separate a and b better than the last token", ""),
        ("p p q q", "baseline-normalized sets differ from raw", ""),
        ("p p - -", "baseline-normalized sets differ from raw", ""),
        ("p p - -", "a overlaps b more than c", "some of its concepts share templates and others do not"),
        ("p p q q", "a, b and c have distinct neurons", "some of its concepts share templates and others do not"),
        # Its own prompts alone, or mostly: what is found there is found of the concept.
        ("-", "a has consistent neurons", "0 prompts or groups of other concepts"),
        ("p", "baseline-normalized sets differ from raw for a", "too few to deal instead of the 8 of 'a'"),
        ("- =", "a overlaps b by at least 1 neuron", "too few to deal instead of the 8 of 'a'"),
        ("- = -", "a overlaps b by at least 1 neuron", ""),
        ("- -", "a has consistent neurons", ""),
    ],
)
def test_a_world_in_which_a_concept_keeps_its_meaning_is_none(said: str, sentence: str, reason: str) -> None:
    everyone = suite_of([(one.strip("-="), 8, 0, one == "=") for one in said.split()])
    claim = claim_of(sentence, everyone)
    assert claim is not None
    found = deal(claim, everyone)
    if isinstance(found, str):
        assert reason
        assert reason in found
    else:
        assert not reason


def test_all_that_share_the_templates_are_dealt_them() -> None:
    everyone = suite_of([("p", 8, 0, False)] * 4)
    claim = claim_of("a, b and c have distinct neurons", everyone)
    assert claim is not None
    found = deal(claim, everyone)
    assert isinstance(found, Deal)
    stream = Stream(0, "test")
    dealt = np.array([list(found.draw(stream).values()) for _ in range(400)])
    # Every concept of the four as often in the place of each of the three, and always the template's own row.
    assert (dealt % 8 == np.arange(8)).all()
    shares = [np.bincount((dealt[:, place] // 8).ravel(), minlength=4) / (400 * 8) for place in range(3)]
    assert np.allclose(shares, 0.25, atol=0.03)


def replayed(sentence: str, everyone: Mapping[str, Concept], data: Mapping[str, Floats], baseline: Floats) -> Vacuity:
    claim, traces = claim_on(
        sentence,
        data,
        baseline,
        width=40,
        selection=Selection(k=6),
        statistics=Statistics(similar_above=0.5, m=4),
        groups={name: one.groups for name, one in everyone.items()},
        published={name: one.published for name, one in everyone.items() if one.published},
    )
    known = dict(traces)
    for name, rows in data.items():
        of_all = replace(claim, concepts={name: Concept(name, prompts_of(name, rows))})
        for where in claim.kind.positions(claim):
            known.setdefault(
                of_all.request(name, positions=where), Activations(rows.astype(np.float32), 2, 40, f"digest of {name}")
            )
    return vacuity_of(claim, everyone, known, worlds=1)


@settings(max_examples=40, deadline=None)
@given(concepts, st.sampled_from(SENTENCES))
def test_no_replay_crashes(said: list[tuple[str, int, int, bool]], sentence: str) -> None:
    everyone = suite_of(said)
    if claim_of(sentence, everyone) is None:
        return
    place = World(np.random.default_rng(0), layers=2, width=40, massive=2)
    data = {name: place.concept(len(one.prompts)) for name, one in everyone.items() if one.prompts}
    found = replayed(sentence, everyone, data, place.neutral(12))
    assert (found.worlds == 0) == bool(found.reason)
    assert not (found.reason and found.vacuous)


def test_a_concept_of_few_prompts_that_no_claim_names_is_dealt_all_the_same() -> None:
    everyone = suite_of([("", 9, 0, False), ("", 9, 0, False)])
    everyone["c"] = Concept("c", ("c 000",))
    place = World(np.random.default_rng(1), layers=2, width=40, massive=2)
    data = {name: place.concept(len(one.prompts)) for name, one in everyone.items()}
    assert replayed("a has consistent neurons", everyone, data, place.neutral(12)).worlds == 1
