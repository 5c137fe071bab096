from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from ruamel.yaml import YAML

from neurontest.report.html.again import anchors, command, spec_line
from neurontest.types import ClaimRecord, Location

from ..sample import CLAIMS, HOSTILE, sample


def named(family: str, name: str) -> ClaimRecord:
    return replace(CLAIMS[0], family=family, id=name, where=Location(family, 1, 1))


def test_an_anchor_is_of_file_and_id_and_no_other_claim_changes_it() -> None:
    own = named("powered.yaml", "hanoi-vietnam")
    assert anchors([own]) == ("powered.hanoi-vietnam",)
    assert anchors([named("writeup.yaml", "hanoi-vietnam"), own])[1] == "powered.hanoi-vietnam"


def test_anchors_are_unique_and_hold_nothing_that_ends_an_attribute() -> None:
    found = anchors([named("a.yaml", "x y"), named("a.yaml", "x-y"), *(named(text, text) for text in HOSTILE)])
    assert found[:2] == ("a.x-y", "a.x-y-2")
    assert len(set(found)) == len(found)
    assert not [one for one in found if set(one) & set("<>\"'& ")]


def test_the_command_names_the_claim_as_pytest_does() -> None:
    assert command(sample(), named("powered.yaml", "hanoi-vietnam")) == (
        "pytest --concept-specs concept_specs concept_specs/powered.yaml::hanoi-vietnam"
    )
    assert command(sample(), replace(CLAIMS[0], test="tests/test_x.py::test_a[1]")) == (
        "pytest 'tests/test_x.py::test_a[1]'"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_one_word_of_the_shell(text: str) -> None:
    words = shlex.split(command(sample(), named("a.yaml", text)))
    assert words[:3] == ["pytest", "--concept-specs", "concept_specs"]
    assert len(words) == 4
    assert "\n" not in command(sample(), named("a.yaml", text))


@pytest.mark.parametrize("sentence", ["a: b # c", "- a", "vietnam's neurons are needed", "yes: no", *HOSTILE])
def test_the_line_says_the_sentence_as_yaml_reads_it(sentence: str) -> None:
    record = sample()
    one = replace(CLAIMS[0], sentence=sentence, selection=record.selection, statistics=record.statistics)
    if "\x00" not in sentence and "\ufffe" not in sentence:
        assert YAML(typ="safe").load(spec_line(record, one)) == [sentence]


def test_the_line_brings_the_settings_that_are_other_than_the_suite_s() -> None:
    record = sample()
    own = replace(record.selection, site="mlp", k=50, match="Hanoi: x")
    one = replace(CLAIMS[0], selection=own, statistics=replace(record.statistics, m=12))
    assert YAML(typ="safe").load(spec_line(record, one)) == [
        {
            "claim": CLAIMS[0].sentence,
            "neurons": {"site": "mlp", "k": 50, "match": "Hanoi: x"},
            "statistics": {"m": 12},
        }
    ]
