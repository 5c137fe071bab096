"""A suite at other seeds and with other baselines, on a tiny model with random weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neurontest.claims.suite import Suite
from neurontest.errors import TraceError
from neurontest.report.record import dump_record
from neurontest.run import Run
from neurontest.spec.load import load_suite
from neurontest.trace.models.named import from_transformers
from neurontest.types import TraceRecord, silent
from tests import tiny

CLAIMS = """claims:
  - hanoi overlaps vietnam more than violent
  - tulip has consistent neurons
  - {id: raw, claim: hanoi has consistent neurons, neurons: {normalize: raw}}
  - {id: read, claim: violent has consistent neurons, neurons: {positions: prompt}}
"""
PROMPTS, SAMPLES = 8, 2


def suite_in(folder: Path, seeds: list[int], baselines: list[str]) -> Suite:
    def prompts(word: str) -> dict[str, list[str]]:
        return {"prompts": [f"{word} {at}" for at in range(PROMPTS)]}

    trace: dict[str, object] = {"max_new_tokens": 3, "samples": SAMPLES}
    neutral = [prompts(word) for word in baselines]
    settings = {
        "neurontest": 1,
        "trace": trace | ({"seeds": seeds} if len(seeds) > 1 else {"seed": seeds[0]}),
        "neurons": {"k": 4},
        "statistics": {"m": 4},
        "baseline": neutral if len(neutral) > 1 else neutral[0],
        "concepts": {name: prompts(name) for name in ("tulip", "vietnam", "hanoi", "violent")},
    }
    folder.mkdir(exist_ok=True)
    (folder / "suite.yaml").write_text(json.dumps(settings))
    (folder / "claims.yaml").write_text(CLAIMS)
    return load_suite(folder)


@pytest.fixture(scope="module")
def pair() -> tuple[Any, Any]:
    return tiny.build("llama")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def begin(suite: Suite, pair: tuple[Any, Any], cache: Path, progress: Any = silent) -> Run:
    return Run(suite, from_transformers(*pair, name="tiny"), cache_dir=cache, progress=progress)


def test_each_repeat_is_a_run_with_another_seed_or_baseline(tmp_path: Path, pair: tuple[Any, Any], cache: Path) -> None:
    suite = suite_in(tmp_path / "suite", [1, 2, 3], ["neutral", "other"])
    told: list[str] = []
    run = begin(suite, pair, cache, lambda what, *_: told.append(what))
    family = suite.families[0]
    run.findings(family)
    own = run.cost.texts
    repeats = run.repeats(family)
    assert list(repeats) == [claim.id for claim in family.tested]
    # Beside its samples, each prompt is read alone. The run itself traces for all baselines: they share its batches.
    assert own == (5 + 1) * PROMPTS * (SAMPLES + 1)
    assert run.cost.texts == own + 2 * 5 * PROMPTS * (SAMPLES + 1)
    assert any(what.startswith("seed 2 (repeat 1 of 3, about ") and ": tracing" in what for what in told)
    assert not any(what.startswith("baseline 2") and ": tracing" in what for what in told)
    assert any(what.startswith("baseline 2 (repeat 3 of 3): testing") for what in told)
    assert any(what.startswith("seed 3 (repeat 2 of 3") and ": testing" in what for what in told)
    # What it found is what one finds who asks for it alone, elsewhere.
    for at, (seed, neutral) in enumerate([(2, "neutral"), (3, "neutral"), (1, "other")]):
        alone = suite_in(tmp_path / "alone", [seed], [neutral])
        found = begin(alone, pair, tmp_path / "elsewhere").findings(alone.families[0])
        for claim in family.tested:
            one, verdict = repeats[claim.id][at], found[claim.id].verdict
            assert one.effect == pytest.approx(found[claim.id].evidence.effect.value)
            p = verdict.p_opposite_adjusted if verdict.name == "refuted" else verdict.p_adjusted
            assert one.p_adjusted == pytest.approx(p, rel=0.01)
            assert one.verdict in (verdict.name, "same")
    same = {claim.id: [one.verdict == "same" for one in repeats[claim.id]] for claim in family.tested}
    assert same["raw"] == [False, False, True]
    assert same["read"] == [True, True, False]
    assert same[family.tested[0].id] == [False, False, False]


def test_a_second_run_and_other_workers_find_all_of_it(tmp_path: Path, pair: tuple[Any, Any], cache: Path) -> None:
    suite = suite_in(tmp_path / "suite", [1, 2, 3], ["neutral", "other"])
    first = begin(suite, pair, cache)
    repeats = first.repeats(suite.families[0])
    again = begin(suite, pair, cache)
    assert again.repeats(suite.families[0]) == repeats
    assert again.cost == TraceRecord()
    facts = json.loads(json.dumps(first.facts()))
    merged = Run.merge(suite, [facts, facts], cache_dir=cache)
    assert merged.repeats(suite.families[0]) == repeats
    record = merged.record(outcomes={})
    assert {one.id: one.repeats for one in record.claims} == repeats


def test_a_repeat_that_cannot_be_traced_is_told_and_ends_nothing(
    tmp_path: Path, pair: tuple[Any, Any], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = suite_in(tmp_path / "suite", [1, 2, 3], ["neutral"])
    findings = Run.findings

    def fails(self: Run, family: Any) -> Any:
        if self.suite.generation.seed == 2:
            raise TraceError("an activation is not finite")
        return findings(self, family)

    monkeypatch.setattr(Run, "findings", fails)
    run = begin(suite, pair, cache)
    for claim, found in run.repeats(suite.families[0]).items():
        assert (found[0].verdict, found[0].reason) == ("not tested", "an activation is not finite")
        assert found[1].verdict in ("holds", "refuted", "inconclusive") or claim == "read"


def test_a_claim_about_a_change_is_not_repeated(tmp_path: Path, pair: tuple[Any, Any], cache: Path) -> None:
    suite_in(tmp_path / "suite", [1, 2], ["the"])
    claims = 'claims:\n  - {id: kept, claim: "hanoi\'s neurons are preserved"}\n  - tulip has consistent neurons\n'
    (tmp_path / "suite" / "claims.yaml").write_text(claims)
    run = begin(load_suite(tmp_path / "suite"), pair, cache)
    (kept,), (tulip,) = run.repeats(run.suite.families[0]).values()
    assert (kept.verdict, kept.reason) == ("not tested", "a reference is of the run's own texts and baseline")
    assert tulip.verdict != "not tested"


def test_a_suite_without_repeats_has_none(tmp_path: Path, pair: tuple[Any, Any], cache: Path) -> None:
    suite = replace(suite_in(tmp_path / "suite", [1, 2], ["neutral"]), seeds=())
    run = begin(suite, pair, cache)
    assert set(run.repeats(suite.families[0]).values()) == {()}


def test_what_was_written_to_further_baselines_is_in_the_record(tmp_path: Path, pair: Any, cache: Path) -> None:
    run = begin(suite_in(tmp_path / "s", [1337], ["neutral", "other"]), pair, cache)
    run.findings(run.suite.families[0])
    record = run.record(outcomes={})
    texts = {concept.name: concept.continuations for concept in record.concepts}
    assert len(texts["baseline 2"]) == len(texts["baseline"]) == PROMPTS * SAMPLES
    # So that the record can be replayed as a whole.
    written = tmp_path / "record.json"
    dump_record(record, written)
    replayed = load_suite(tmp_path / "s", {"replay": str(written)})
    assert set(replayed.baselines[0].prompts) <= set(replayed.given[str(written)])
