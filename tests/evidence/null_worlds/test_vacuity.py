"""Claims in worlds in which prompts were dealt to concepts at random."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.evidence.null_worlds.dealt import dealt_samples
from neurontest.evidence.null_worlds.vacuity import limit_at, vacuity_of
from neurontest.neurons.select import MeanSelector
from neurontest.stats.e_value import e_above, e_below
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.halves import draw_halves
from neurontest.stats.streams import Stream
from neurontest.types import BASELINE, Concept, Selection, Statistics, Vacuity
from tests.worlds import World, claim_on, prompts_of


def replayed(sentence: str, data: dict[str, Floats], baseline: Floats, worlds: int = 100) -> Vacuity:
    settings = {
        "width": 120,
        "selection": Selection(k=8),
        "statistics": Statistics(similar_above=0.5, differ_below=0.8),
    }
    claim, traces = claim_on(sentence, data, baseline, **settings)  # type: ignore[arg-type]
    everyone = {name: Concept(name, prompts_of(name, rows)) for name, rows in data.items()}
    for name in everyone:
        other, more = claim_on(f"{name} has consistent neurons", data, baseline, **settings)  # type: ignore[arg-type]
        traces = {**more, **traces}
        assert other.request(BASELINE) in traces
    return vacuity_of(claim, everyone, traces, worlds)


@pytest.fixture(scope="module")
def world() -> tuple[dict[str, Floats], Floats]:
    place = World(np.random.default_rng(0), layers=2, width=120, template=6.0)
    data = {name: place.concept(10, (place.take(8), np.full(8, 5.0))) for name in "abcd"}
    return data, place.neutral(20)


def test_what_labels_make_is_not_vacuous(world: tuple[dict[str, Floats], Floats]) -> None:
    data, baseline = world
    for sentence in ("a, b and c have distinct neurons", "a overlaps b more than c"):
        found = replayed(sentence, data, baseline)
        assert not found.vacuous
        assert found.cleared
        # No fewer could have told.
        assert found.worlds >= 42


@pytest.mark.parametrize(
    "sentence", ["baseline-normalized sets differ from raw", "raw neurons of a and b are nearly identical"]
)
def test_what_the_method_makes_is_vacuous(sentence: str, world: tuple[dict[str, Floats], Floats]) -> None:
    found = replayed(sentence, *world)
    assert found.vacuous
    assert found.declared > 0.1 * found.worlds
    # It ends as soon as that is beyond doubt.
    assert found.worlds < 20
    assert found.about


def test_a_replay_is_the_same_again(world: tuple[dict[str, Floats], Floats]) -> None:
    first, second = (replayed("a, b and c have distinct neurons", *world, worlds=10) for _ in range(2))
    assert first == second


def test_dealt_prompts_are_selected_as_if_they_were_alone() -> None:
    rows = np.random.default_rng(1).normal(size=(12, 40))
    members = {"a": np.array([1, 4, 5, 8, 9, 11]), "b": np.array([0, 2, 3, 6, 7, 10])}
    halves = {name: draw_halves(6, 3, 5, Stream(0, name)) for name in members}
    dealt = dealt_samples({"": MeanSelector(rows, 5, 3)}, members, 12, halves, {}, {})
    alone = HalfSamples({(name, ""): MeanSelector(rows[own], 5, 3) for name, own in members.items()}, halves)
    for name in members:
        assert (dealt.pi((name, "")) == alone.pi((name, ""))).all()
        assert dealt.within((name, "")).value == alone.within((name, "")).value
    terms = [samples.overlap(("a", ""), ("b", "")) for samples in (dealt, alone)]
    assert terms[0].value == terms[1].value
    assert dealt.variance(terms[0], level=False) == pytest.approx(alone.variance(terms[1], level=False))


@pytest.mark.parametrize(("alpha", "limit"), [(0.001, 0.1), (0.05, 0.1), (0.1, 0.2), (0.4, 0.8)])
def test_no_rate_that_chance_alone_gives_is_vacuous(alpha: float, limit: float) -> None:
    assert limit_at(alpha) == limit


@pytest.mark.parametrize(("factor", "declared"), [(1 - 1e-9, True), (1.0, True), (1 + 1e-9, False)])
def test_a_world_declares_a_claim_at_alpha_and_not_above_it(
    world: tuple[dict[str, Floats], Floats], monkeypatch: pytest.MonkeyPatch, factor: float, declared: bool
) -> None:
    """And no more worlds are looked at than it takes the evidence to reach twenty."""
    alpha = Statistics().alpha
    monkeypatch.setitem(vacuity_of.__globals__, "half_t", lambda *_: SimpleNamespace(p=alpha * factor))
    found = replayed("a overlaps b more than c", *world)
    assert (found.vacuous, found.cleared) == (declared, not declared)
    assert found.declared == (found.worlds if declared else 0)

    def evidence(worlds: int) -> float:
        return e_above(worlds, worlds, 0.1) if declared else e_below(0, worlds, 0.1)

    assert evidence(found.worlds) >= 20 > evidence(found.worlds - 1)


def test_of_several_hypotheses_all_must_be_declared(
    world: tuple[dict[str, Floats], Floats], monkeypatch: pytest.MonkeyPatch
) -> None:
    p = iter([0.01, 0.01, 0.06] * 100)
    monkeypatch.setitem(vacuity_of.__globals__, "half_t", lambda *_: SimpleNamespace(p=next(p)))
    assert replayed("a, b and c have distinct neurons", *world).declared == 0


@pytest.mark.parametrize(("evidence", "told"), [(20 * (1 - 1e-9), False), (20.0, True)])
@pytest.mark.parametrize("side", ["e_above", "e_below"])
def test_a_side_is_told_at_twenty(
    world: tuple[dict[str, Floats], Floats],
    monkeypatch: pytest.MonkeyPatch,
    side: str,
    evidence: float,
    told: bool,
) -> None:
    monkeypatch.setitem(vacuity_of.__globals__, "e_above", lambda *_: 1.0)
    monkeypatch.setitem(vacuity_of.__globals__, "e_below", lambda *_: 1.0)
    monkeypatch.setitem(vacuity_of.__globals__, side, lambda *_: evidence)
    found = replayed("a overlaps b more than c", *world, worlds=3)
    assert found.worlds == (1 if told else 3)
    assert (found.vacuous, found.cleared) == (told and side == "e_above", told and side == "e_below")
