"""Which claims of a family are tested again, and against which thresholds: on evidence that is made up."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from neurontest.claims.base import Claim
from neurontest.run.settle import settle
from neurontest.run.watch import Watch
from neurontest.types import Evidence, Thresholds, silent
from neurontest.verdict import judge
from tests.test_verdict import family, found, half, permutation


class Known:
    """A kind of claim whose true p-values are known: by four thousand draws in a hurry, else by many."""

    def __init__(self, p: Mapping[str, float]) -> None:
        self.p = p
        self.asked: list[tuple[str, tuple[float, ...]]] = []

    def evidence(self, claim: Claim, _: object, thresholds: Thresholds) -> Evidence:
        self.asked.append((claim.id, thresholds.open))
        draws = 4_000 if thresholds.hurried else 200_000
        return found(permutation(draws, round(self.p[claim.id] * draws)), half(1e-6))


def settled(*p: float) -> tuple[list[str], list[tuple[str, tuple[float, ...]]]]:
    fam = family(len(p))
    kind = Known({claim.id: one for claim, one in zip(fam.tested, p, strict=True)})
    verdicts = judge(fam, settle(fam, {}, silent, test=kind.evidence))
    return [verdict.name for verdict in verdicts.values()], kind.asked[len(p) :]


def test_what_is_clear_is_tested_once() -> None:
    assert settled(0.0, 0.3, 0.6) == (["holds", "inconclusive", "inconclusive"], [])


def test_next_to_the_threshold_of_a_rank_that_it_has_it_is_tested_again() -> None:
    names, again = settled(0.0, 0.022, 0.6)
    assert names == ["holds", "holds", "inconclusive"]
    assert again == [("c1", (0.025,))]


def test_next_to_the_threshold_of_a_rank_that_it_cannot_have_it_is_not() -> None:
    # Of a family of four the thresholds are .0125, .0167, .025 and .05: .0125 is that of the smallest p-value.
    names, again = settled(0.0, 0.0, 0.0, 0.0125)
    assert (names, again) == (["holds"] * 4, [])


def test_two_whose_ranks_are_open_are_tested_at_both() -> None:
    names, again = settled(0.021, 0.027)
    assert names == ["holds", "holds"]
    assert {one for one, _ in again} == {"c0", "c1"}
    assert all(set(thresholds) <= {0.025, 0.05} and 0.025 in thresholds for _, thresholds in again)


def test_all_are_first_asked_about_the_smallest_threshold() -> None:
    fam = family(2)
    kind = Known({"c0": 0.0, "c1": 0.9})
    settle(fam, {}, silent, test=kind.evidence)
    assert kind.asked == [("c0", (0.025,)), ("c1", (0.025,))]


def test_a_single_claim_is_resolved_at_once() -> None:
    fam = family(1)
    kind = Known({"c0": 0.04})
    settle(fam, {}, silent, test=kind.evidence)
    assert kind.asked == [("c0", (0.05,))]


def test_a_family_of_nothing_that_is_tested() -> None:
    assert settle(family(1, skip=(0,)), {}, silent) == {}


def test_the_opposite_is_settled_too() -> None:
    """Of t = -1.7 with a Monte-Carlo error of .1 it is open whether the opposite is shown; with none it is not."""
    fam = family(2)
    asked = []

    class Opposite:
        def evidence(self, claim: Claim, _: object, thresholds: Thresholds) -> Evidence:
            asked.append((claim.id, thresholds.open))
            se = 0.1 if thresholds.hurried else 0.0
            return found(half(0.96 if claim.id == "c0" else 1 - 1e-6, se))

    verdicts = judge(fam, settle(fam, {}, silent, test=Opposite().evidence))
    assert [one.name for one in verdicts.values()] == ["refuted", "refuted"]
    assert asked[2:] == [("c0", (0.05,))]


def test_each_claim_is_timed_over_all_looks_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fam = family(3)
    kind = Known({"c0": 0.0, "c1": 0.022, "c2": 0.6})
    now = [0.0]

    def evidence(claim: Claim, traces: object, thresholds: Thresholds) -> Evidence:
        now[0] += {"c0": 1.0, "c1": 10.0, "c2": 100.0}[claim.id]
        return Known.evidence(kind, claim, traces, thresholds)

    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    watch = Watch()
    settle(fam, {}, silent, watch, test=evidence)
    assert [watch.spent[claim.node] for claim in fam.tested] == [1.0, 20.0, 100.0]
