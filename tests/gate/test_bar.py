"""The bar: what a suite asks less than it did."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from neurontest.claims.suite import Suite
from neurontest.gate.bar import moved
from neurontest.gate.margin import Margin
from neurontest.run.record.bare import bare_record
from neurontest.spec.load import load_suite
from neurontest.types import Record

SUITE = """\
neurontest: 1
baseline:
  prompts:
{baseline}
concepts:
  a:
    prompts:
{a}
  b:
    prompts:
{b}
  c:
    prompts:
{c}
"""
CLAIMS = """\
statistics:
  {alpha: 0.05, correction: holm, m: 4, consistent_above: 0.4, similar_above: 0.7, differ_below: 0.5}
claims:
  - id: more
    claim: a overlaps b more than c by at least 2 neurons
  - id: few
    claim: a overlaps c by at most 4 neurons
  - id: share
    claim: a overlaps b by at least 60% of the ceiling
  - id: kept
    claim: a's neurons are preserved within 30%
  - id: said
    claim: b's neurons are preserved
  - id: each
    claim: a, b and c have distinct neurons
"""


def prompts(name: str, count: int = 12) -> str:
    return "\n".join(f"      - Prompt {at} about {name}" for at in range(count))


def suite(folder: Path, claims: str, a: int = 12) -> Suite:
    folder.mkdir(exist_ok=True)
    text = SUITE.format(baseline=prompts("things", 24), a=prompts("a", a), b=prompts("b"), c=prompts("c"))
    (folder / "suite.yaml").write_text(text)
    (folder / "claims.yaml").write_text(claims)
    return load_suite(folder)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return bare_record(tmp_path / "s", suite(tmp_path / "s", CLAIMS), "m", {})


def test_what_is_as_it_was_has_not_moved(tmp_path: Path, record: Record) -> None:
    assert moved(suite(tmp_path / "s", CLAIMS), record) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("alpha: 0.05", "alpha: 0.1", "alpha was 0.05, and is 0.1"),
        ("correction: holm", "correction: bh", "correction was holm, and is bh"),
        ("correction: holm", "correction: holm, test: half-sample", "half-sample decides alone"),
        ("by at least 2", "by at least 1", "by was 2.0, and is 1.0"),
        (" by at least 2 neurons", "", "by was 2.0, and is 0.0"),
        ("at most 4", "at most 5", "amount was 4.0, and is 5.0"),
        ("at least 60%", "at least 40%", "amount was 60% of the ceiling, and is 40% of the ceiling"),
        ("within 30%", "within 60%", "within was 30%, and is 60%"),
        (" within 30%", "", "within was 30%, and is 50%"),
        ("b's neurons are preserved", "b's neurons are preserved within 60%", "within was 50%, and is 60%"),
        ("distinct neurons", "distinct neurons on average", "was about each, and is now on average"),
        ("have distinct neurons", "have distinct neurons\n    skip: too slow", "now marked skip: too slow"),
        ("have distinct neurons", "have distinct neurons\n    xfail: it broke", "now marked xfail: it broke"),
        ("  - id: few\n    claim: a overlaps c by at most 4 neurons\n", "", "this claim is gone"),
        ("alpha: 0.05", "alpha: 0.050001", "alpha was 0.05, and is 0.050001"),
        ("consistent_above: 0.4", "consistent_above: 0.399", "consistent_above was 0.4, and is 0.399"),
        ("similar_above: 0.7", "similar_above: 0.699", "similar_above was 0.7, and is 0.699"),
        ("differ_below: 0.5", "differ_below: 0.501", "differ_below was 0.5, and is 0.501"),
        ("by at least 2", "by at least 1.999", "by was 2.0, and is 1.999"),
        ("at most 4", "at most 4.001", "amount was 4.0, and is 4.001"),
        ("at least 60%", "at least 59.9%", "amount was 60% of the ceiling, and is 59.9% of the ceiling"),
        ("within 30%", "within 30.1%", "within was 30%, and is 30.1%"),
        ("b's neurons are preserved", "b's neurons are preserved within 50.1%", "within was 50%, and is 50.1%"),
    ],
)
def test_what_is_asked_less_is_told(tmp_path: Path, record: Record, old: str, new: str, said: str) -> None:
    assert old in CLAIMS
    found = moved(suite(tmp_path / "s", CLAIMS.replace(old, new)), record)
    assert any(said in one for one in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("alpha: 0.05", "alpha: 0.01"),
        ("by at least 2", "by at least 3"),
        ("at most 4", "at most 3"),
        ("at least 60%", "at least 80%"),
        ("within 30%", "within 20%"),
        ("b's neurons are preserved", "b's neurons are preserved within 50%"),
        ("b's neurons are preserved", "b's neurons are preserved within 49.9%"),
        ("alpha: 0.05", "alpha: 0.049999"),
        ("consistent_above: 0.4", "consistent_above: 0.401"),
        ("similar_above: 0.7", "similar_above: 0.701"),
        ("differ_below: 0.5", "differ_below: 0.499"),
    ],
)
def test_what_is_asked_more_is_not(tmp_path: Path, record: Record, old: str, new: str) -> None:
    assert moved(suite(tmp_path / "s", CLAIMS.replace(old, new)), record) == []


#: From the one that asks most to the one that asks least.
CORRECTIONS = ("bonferroni", "holm", "by", "bh", "none")


@pytest.mark.parametrize(("then", "now"), list(product(CORRECTIONS, CORRECTIONS)))
def test_a_correction_that_asks_less_is_told_and_one_that_asks_more_is_not(tmp_path: Path, then: str, now: str) -> None:
    def corrected(method: str) -> Suite:
        return suite(tmp_path / "s", CLAIMS.replace("correction: holm", f"correction: {method}"))

    found = moved(corrected(now), bare_record(tmp_path / "s", corrected(then), "m", {}))
    looser = CORRECTIONS.index(now) > CORRECTIONS.index(then)
    assert found == [
        f"claims.yaml: {one.sentence}: correction was {then}, and is {now}" for one in corrected(now).claims if looser
    ]


@pytest.mark.parametrize(("then", "now"), list(product(("both", "half-sample", "permutation"), repeat=2)))
def test_two_tests_ask_more_than_one(tmp_path: Path, then: str, now: str) -> None:
    def tested(by: str) -> Suite:
        return suite(tmp_path / "s", "statistics: {test: " + by + "}\nclaims: [a overlaps b more than c]\n")

    found = moved(tested(now), bare_record(tmp_path / "s", tested(then), "m", {}))
    assert [one.partition(": ")[2].partition(": ")[2] for one in found] == (
        [f"two tests had to agree, and now {now} decides alone"] if then == "both" != now else []
    )


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ("50%", "50.5%", ["margin was 50%, and is 50.5%"]),
        ("2", "2.01", ["margin was 2, and is 2.01"]),
        ("2", "1.99", []),
        ("2", "2", []),
        ("3", "50%", []),
        ("50%", "80%", ["margin was 50%, and is 80%"]),
        ("2", "3", ["margin was 2, and is 3"]),
        ("50%", "50%", []),
        ("50%", "20%", []),
        # Which is more, nobody knows beforehand; and of a reference that does not say, nothing can be said.
        ("50%", "3", []),
        ("", "80%", []),
    ],
)
def test_a_wider_margin_is_told(tmp_path: Path, record: Record, then: str, now: str, said: list[str]) -> None:
    assert moved(suite(tmp_path / "s", CLAIMS), record, (then, Margin.of(now))) == said


def test_prompts_that_are_gone(tmp_path: Path, record: Record) -> None:
    assert moved(suite(tmp_path / "s", CLAIMS, a=10), record) == ["a: 2 of 12 prompts are gone"]
    assert moved(suite(tmp_path / "s", CLAIMS, a=14), record) == []


def test_further_baselines_are_still_there(tmp_path: Path) -> None:
    def written(second: str) -> Suite:
        suite(tmp_path / "s", CLAIMS)
        path = tmp_path / "s" / "suite.yaml"
        neutral = f"baseline:\n  - prompts:\n{prompts('things', 24)}\n  - prompts:\n{second}\nconcepts"
        path.write_text("neurontest: 1\n" + neutral + path.read_text().partition("\nconcepts")[2])
        return load_suite(tmp_path / "s")

    before = bare_record(tmp_path, written(prompts("weather", 24)), "base", {})
    assert moved(written(prompts("weather", 24)), before) == []
    assert moved(written(prompts("weather", 20)), before) == ["baseline 2: 4 of 24 prompts are gone"]
