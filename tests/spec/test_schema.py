from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft7Validator

from neurontest.kinds import kinds
from neurontest.settings import SECTIONS, SETTINGS
from neurontest.spec.schema import CLAIM_KEYS, assemble, text

SAMPLE_SUITE: dict[str, Any] = {
    "neurontest": 1,
    "model": "smollm2-135m",
    "trace": {"max_new_tokens": 40, "samples": 4, "temperature": 0.9, "top_k": 200, "seed": 1337},
    "baseline": {"prompts": "prompts/baseline.txt"},
    "neurons": {"site": "residual", "positions": "generated", "normalize": "difference", "select": "mean", "k": 200},
    "statistics": {"alpha": 0.05, "correction": "holm", "confidence": 0.95},
    "concepts": {name: {"prompts": f"prompts/{name}.txt"} for name in ("vietnam", "hanoi", "violent")},
}


def errors(value: object) -> list[str]:
    return [error.message for error in Draft7Validator(assemble()).iter_errors(value)]


def test_the_committed_schema_is_the_assembled_one() -> None:
    committed = files("neurontest.spec").joinpath("suite.schema.json").read_text(encoding="utf-8")
    assert committed == text(), "write it anew: neurontest schema > neurontest/spec/suite.schema.json"
    assert json.loads(committed) == assemble()


def test_it_is_draft_07() -> None:
    Draft7Validator.check_schema(assemble())


@pytest.mark.parametrize(
    "value",
    [
        SAMPLE_SUITE,
        {},
        {"claims": ["hanoi overlaps vietnam more than violent", "baseline-normalized sets differ from raw"]},
        {"claims": [{"id": "hanoi-mlp", "claim": "x", "neurons": {"site": "mlp"}, "tags": ["slow"]}]},
        {"claims": [{"kind": "overlap_greater", "of": "a", "with": "b", "than": "c", "by": 1.5, "xfail": "no"}]},
        {"claims": [{"kind": "distinct", "concepts": ["a", "b"], "statistics": {"m": 4}}]},
        {
            "claims": [
                {"kind": "sets_differ"},
                {"kind": "sets_differ", "for": "a"},
                {"kind": "sets_differ", "for": ["a"]},
            ]
        },
        {"concepts": {"a": {"prompts": ["x"]}, "b-2_c": {"prompts": "p.json"}}},
        {"concepts": {"a": {"prompts": ["x", {"text": "y"}, {"text": "z", "group": "t1"}, {"text": "a", "group": 2}]}}},
        {
            "concepts": {
                "a": {"published": ["L11.residual[365]", {"neuron": "L0.mlp[0]", "occurrences": 6}], "out_of": 9}
            }
        },
    ],
)
def test_what_it_accepts(value: object) -> None:
    assert errors(value) == []


@pytest.mark.parametrize(
    "value",
    [
        {"claims": [{"kind": "distinct", "concepts": ["a", "b"], "than": "c"}]},
        {"claims": [{"kind": "distinct"}]},
        {"claims": [{"of": "a"}]},
        {"claims": [{"claim": "x", "kind": "distinct", "concepts": ["a", "b"]}]},
        {"claims": [{"claim": "x", "statistics": {"alpha": 0.1}}]},
        {"claims": [{"claim": "x", "trace": {"seed": 1}}]},
        {"claims": [[]]},
        {"concepts": {"a": ["x"]}},
        {"concepts": {"a": {"prompts": ["x"], "published": ["L0.mlp[0]"]}}},
        {"concepts": {"a": {"prompts": ["x"], "out_of": 3}}},
        {"concepts": {"a": {"prompts": [{"group": "t1"}]}}},
        {"concepts": {"a": {"prompts": [{"text": "x", "group": "(a 1)"}]}}},
        {"concepts": {"a": {"published": []}}},
        {"concepts": {"a": {"published": ["L01.mlp[0]"]}}},
        {"concepts": {"a": {"published": [{"neuron": "L1.mlp[0]", "rank": 1}]}}},
        {"baseline": {"published": ["L0.mlp[0]"]}},
        {"trace": {"device": "cpu"}},
    ],
)
def test_what_it_refuses(value: object) -> None:
    assert len(errors(value)) >= 1


def test_every_setting_of_a_spec_may_be_said_where_its_level_allows() -> None:
    definitions = assemble()["definitions"]
    for setting in SETTINGS:
        if setting.section in SECTIONS:
            assert setting.key in definitions[setting.section]["properties"]
            is_in_claim = setting.key in definitions[f"claim_{setting.section}"]["properties"]
            assert is_in_claim == (setting.level == "claim")
        else:
            # A slot of some kind may have the same name.
            found = [definition.get("properties", {}).get(setting.name, {}) for definition in definitions.values()]
            assert not any(one.get("description", setting.help) == setting.help for one in found if one)


def test_no_slot_of_a_kind_is_a_key_that_every_claim_has() -> None:
    assert not {slot.name for kind in kinds() for slot in kind.slots} & set(CLAIM_KEYS)


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for inner in schema.values():
            yield from parts(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from parts(inner)


def test_every_constraint_says_in_words_what_it_asks_for() -> None:
    constraints = {"type", "enum", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems"}
    conditions = [part["if"] for part in parts(assemble()) if isinstance(part.get("if"), dict)]
    said = [
        part for part in parts(assemble()) if constraints & set(part) and isinstance(part.get("type", ""), (str, list))
    ]
    assert len(said) > 40
    for part in said:
        assert "errorMessage" in part or part in conditions
