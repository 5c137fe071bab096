from __future__ import annotations

import json
from pathlib import Path

import pytest

from neurontest.claims.base import Kind
from neurontest.claims.examples import NAMES, examples
from neurontest.claims.grammar import form, others, parse
from neurontest.cli import main
from neurontest.kinds import kind_named, kinds
from neurontest.spec.load import load_suite

EVERY = [(kind, sentence) for kind in kinds() for sentence in examples(kind)]


@pytest.mark.parametrize(("kind", "sentence"), EVERY, ids=[sentence for _, sentence in EVERY])
def test_every_example_is_a_claim_of_its_kind(kind: Kind, sentence: str) -> None:
    found, terms = parse(sentence, kinds())
    assert found is kind
    assert set(kind.named(terms, ())) <= {*NAMES, "neutral"}


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_the_examples_say_every_slot_and_every_choice(kind: Kind) -> None:
    terms = [parse(sentence, kinds())[1] for sentence in examples(kind)]
    assert {name for one in terms for name in one} == {slot.name for slot in kind.slots}
    for slot in kind.slots:
        assert set(slot.choices) <= {one.get(slot.name) for one in terms}
        # What may be left out is left out somewhere.
        assert not slot.optional or any(slot.name not in one for one in terms)


def test_the_examples_can_be_pasted_into_a_suite(tmp_path: Path) -> None:
    prompts = [f"one prompt, number {number}" for number in range(24)]
    lines = [
        "neurontest: 1",
        "statistics: {m: 6}",
        f"baseline: {{prompts: {json.dumps([f'neutral {one}' for one in prompts])}}}",
        "concepts:",
        *(
            f"  {name}: {{words: [{name}, blue], prompts: {json.dumps([f'{name}: {one}' for one in prompts])}}}"
            for name in (*NAMES, "neutral")
        ),
    ]
    (tmp_path / "suite.yaml").write_text("\n".join(lines), encoding="utf-8")
    # By rank among 19 controls, which no example names.
    said = [sentence for _, sentence in EVERY if not sentence.endswith("by rank")]
    claims = [{"id": f"c{at}", "claim": one} for at, one in enumerate(said)]
    (tmp_path / "claims.yaml").write_text(json.dumps({"claims": claims}), encoding="utf-8")
    found = load_suite(tmp_path).claims
    assert [claim.kind for claim in found] == [parse(one, kinds())[0] for one in said]
    # The numbers of prompts that are listed are those that a claim is refused with, or it is said when they are others.
    for claim in found:
        kind = claim.kind
        assert kind.prompts_needed(claim) == (kind.minimum, kind.advised) or kind.besides


def test_every_sentence_is_listed_with_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for kind in kinds():
        for sentence in (form(kind), *others(kind)):
            assert sentence in lines
        assert f"    {kind.summary}." in lines
        prompts = f"    kind: {kind.name}; prompts a concept: {kind.minimum}, better {kind.advised}"
        assert [line for line in lines if line.startswith(prompts)] == [
            prompts + (f" ({kind.besides})" if kind.besides else "")
        ]


def test_the_same_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["kind"] for one in told] == [kind.name for kind in kinds()]
    for one in told:
        assert one["means"] == kind_named(one["kind"]).summary
        assert one["examples"] == list(examples(kind_named(one["kind"])))


def test_a_word_chooses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "Ceiling"]) == 0
    said = capsys.readouterr().out
    assert "kind: overlap_above;" in said
    assert "kind: specific;" not in said
    assert main(["claims", "tulips"]) == 2
    assert "no kind of claim has 'tulips' in it" in capsys.readouterr().err


def test_lines_fit_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["claims"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 72
