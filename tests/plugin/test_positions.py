"""What is read, and of which texts, as options and ini keys say it."""

from __future__ import annotations

import json

import pytest

from neurontest.report.record import load_record

from .conftest import Make, RunPytest


def test_what_is_read_may_be_said_by_option_and_by_ini(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    pytester.makeini("[pytest]\nconcept_reduce = max\nconcept_positions = prompt\nconcept_exclude_first = 2")
    run("--concept-specs=specs", "--concept-match=prompt", "--concept-reduce=rate")
    (claim, *_) = load_record(pytester.path / "reports" / "latest" / "record.json").claims
    chosen = claim.selection
    assert (chosen.positions, chosen.match, chosen.exclude_first, chosen.reduce) == ("prompt", "prompt", 2, "rate")
    result = run("--concept-specs=specs", "--concept-match=absent")
    result.stdout.fnmatch_lines(["*the word 'absent' is not in the prompt 'a prompt 0 is' of 'a'*"])


def test_texts_to_replay_may_be_named_by_ini(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    prompts = [f"{word} prompt {at} is" for word in ("a", "b", "c", "neutral") for at in range(12)]
    texts = pytester.path / "given.json"
    texts.write_text(json.dumps([{"prompt": prompt, "text": " so"} for prompt in prompts]))
    pytester.makeini("[pytest]\nconcept_replay = given.json")
    run("--concept-specs=specs")
    record = load_record(pytester.path / "reports" / "latest" / "record.json")
    assert str(record.generation.replay).endswith("given.json")
    texts.write_text("[]")
    run("--concept-specs=specs").stdout.fnmatch_lines(
        ["*given.json:1:1: there is no text for the prompt 'a prompt 0 is'*"]
    )
    result = run("--concept-specs=specs", "--concept-replay=nowhere.json")
    result.stdout.fnmatch_lines(["*there is no file 'nowhere.json' with texts to replay*"])
    assert run("--concept-specs=specs", "--concept-replay=false").ret == 1
