"""Plain sentences of real evidence: the words that a kind's evidence has for its numbers are understood."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.evidence import describe
from neurontest.evidence.procedure import evidence_of
from neurontest.report.plain import plain
from neurontest.report.record import load_record
from neurontest.types import ClaimRecord, Selection, Statistics, Thresholds
from neurontest.verdict import judge
from tests.worlds import World, claim_on

from ...test_verdict import family
from ..sample import CLAIMS

REFERENCE = Path(__file__).parents[3] / "reports" / "reference" / "smollm2-135m" / "record.json"
WIDTH = 200


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "RESAMPLES", 19)


@pytest.fixture(scope="module")
def data() -> tuple[dict[str, Floats], Floats]:
    world = World(np.random.default_rng(1), layers=2, width=WIDTH, massive=2)
    shared = world.take(5)
    signals = {}
    for name in "abcdef":
        own = world.take(10)
        signals[name] = (np.r_[shared, own[5:]] if name in "ab" else own, np.full(10, 6.0))
    return {name: world.concept(10, signal) for name, signal in signals.items()}, world.neutral(20)


def told(sentence: str, data: tuple[dict[str, Floats], Floats]) -> str:
    concepts, neutral = data
    rows = {**concepts, "neutral": neutral[:10]}
    both = {name: {"generated": own, "last": own[:, ::-1].copy()} for name, own in rows.items()}
    chosen: object = both if "last token" in sentence else rows
    claim, traces = claim_on(
        sentence,
        chosen,  # type: ignore[arg-type]
        {"generated": neutral, "last": neutral[:, ::-1].copy()} if "last token" in sentence else neutral,
        width=WIDTH,
        selection=Selection(k=10),
        statistics=Statistics(m=5, similar_above=0.7),
    )
    found = evidence_of(claim, traces, Thresholds.of(0.05))
    judged = judge(family(1), {"c0": found})["c0"]
    record: ClaimRecord = replace(
        CLAIMS[0],
        kind=claim.kind.name,
        sentence=claim.sentence,
        terms=dict(claim.terms),
        selection=claim.selection,
        statistics=claim.statistics,
        verdict=judged.name,
        outcome="",
        evidence=found,
        judgement=judged,
    )
    return str(plain(record))


NUMBER = r"[\d.]+"
TEN = "10 strongest neurons"


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("a overlaps b more than c", f"of the {TEN} of a, about {NUMBER} more are shared with b than with c"),
        ("a overlaps b by at least 30% of the ceiling", f"a and b share about {NUMBER} (more|fewer) than 30 % of the"),
        ("a overlaps b by at most 9 neurons", f"a and b share about {NUMBER} of their {TEN}"),
        (
            "the lowest overlap is between a and b",
            f"[a-f] and [a-f], the pair that decides, share about {NUMBER} fewer",
        ),
        (
            "the highest overlap is between a and b",
            f"[a-f] and [a-f], the pair that decides, share about {NUMBER} fewer",
        ),
        (
            "a overlaps b above chance against c, d, e and f",
            f"about {NUMBER} more are shared with b than with c, d, e and f",
        ),
        ("a overlaps b more than c, d and e on average", f"about {NUMBER} more are shared with b than with c, d and e"),
        ("a, c and d have distinct neurons", f"[acd] and [acd], the pair least apart, share about {NUMBER} fewer of"),
        ("a and c have distinct neurons", f"a and c share about {NUMBER} fewer of their {TEN}"),
        ("a, c and d have distinct neurons on average", f"two of a, c and d share, on average, about {NUMBER} fewer"),
        ("a has consistent neurons", f"two halves of the prompts of a share about {NUMBER} of their {TEN}"),
        (
            "a has consistent neurons against neutral",
            rf"L\d.residual\[\d+\] is among the {TEN} in about \d+ of 100 prompts",
        ),
        (
            "raw neurons of a, b and c are nearly identical",
            f"share, on average, about {NUMBER} (more|fewer) raw neurons?",
        ),
        (
            "baseline-normalized sets differ from raw for a and c",
            f"the raw and the normalized set of [ac] share about {NUMBER}",
        ),
        (
            "normalization separates a and c better than raw",
            f"a and c are about {NUMBER} neurons? (further|less far) apart",
        ),
        (
            "all generated tokens separate a and c better than the last token",
            f"over all generated tokens, a and c are about {NUMBER} neurons? (further|less far) apart",
        ),
        (
            "neuron L0.residual[3] is specific to a against c and d",
            rf"neuron L0.residual\[3\] is more active on a prompt of a than on one of [cd] in about {NUMBER} % of",
        ),
        (
            "a has specific neurons against c and d",
            r"neuron L\d.residual\[\d+\] stands out most: .* above that of [cd]",
        ),
    ],
)
def test_what_a_kind_s_evidence_says_is_understood(
    sentence: str, said: str, data: tuple[dict[str, Floats], Floats]
) -> None:
    found = told(sentence, data)
    assert re.match(r"(Shown: |The opposite is shown: |Cannot tell whether)", found)
    assert re.search(said, found), found


def test_so_is_all_of_the_shipped_record() -> None:
    for claim in load_record(REFERENCE).claims:
        assert "“" not in str(plain(claim))
