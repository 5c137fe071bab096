from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from neurontest.errors import RecordError
from neurontest.report.record import SCHEMA_FILE, dump_record, load_record, record_schema
from neurontest.types import Record

from .sample import CLAIMS, sample
from .strategies import anything


@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(anything(Record))
def test_a_record_comes_back_as_it_went_whatever_it_holds(record: Record) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "record.json")
        dump_record(replace(record, version=1), path)
        assert load_record(path) == replace(record, version=1)


def test_the_sample_comes_back_and_is_written_the_same_way_twice(tmp_path: Path) -> None:
    first, second = tmp_path / "new" / "record.json", tmp_path / "second.json"
    dump_record(sample(), first)
    assert load_record(first) == sample()
    dump_record(load_record(first), second)
    assert first.read_bytes() == second.read_bytes()
    assert "צבעונים" in first.read_text(encoding="utf-8")
    assert [path.name for path in first.parent.iterdir()] == ["record.json"]


def test_the_committed_schema_is_that_of_the_types() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == record_schema()


@pytest.fixture
def dumped(tmp_path: Path) -> dict[str, Any]:
    # The validator takes seconds over thousands of neurons that are all alike.
    concept = sample().concepts[0]
    slim = replace(concept, continuations=concept.continuations[:2], sets=concept.sets[:1])
    dump_record(replace(sample(), concepts=(slim,)), tmp_path / "record.json")
    read: dict[str, Any] = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    return read


def test_a_dumped_record_fits_the_committed_schema(dumped: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))).validate(dumped)


@pytest.mark.parametrize(
    "harm",
    [
        {"version": 2},
        {"claims": [{"id": "a"}]},
        {"seed": None},
    ],
)
def test_what_is_no_record_does_not_fit_the_schema(dumped: dict[str, Any], harm: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(dumped | harm, record_schema())


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_number_that_json_cannot_hold_is_refused_by_the_claims_name(tmp_path: Path, value: float) -> None:
    evidence = CLAIMS[1].evidence
    assert evidence is not None
    broken = replace(CLAIMS[1], evidence=replace(evidence, effect=replace(evidence.effect, value=value)))
    with pytest.raises(RecordError) as caught:
        dump_record(replace(sample(), claims=(CLAIMS[0], broken)), tmp_path / "record.json")
    said = str(caught.value)
    assert "claim 'hanoi-vietnam-top-10' of geography.yaml.evidence.effect.value is " + str(value) in said
    assert list(tmp_path.iterdir()) == []


def test_half_a_character_is_refused_by_the_concepts_name(tmp_path: Path) -> None:
    record = sample()
    broken = replace(record.concepts[0], prompts=("ok", "a\ud800"))
    with pytest.raises(RecordError, match=r"concept 'tulip'\.prompts\[1\] holds half a character .* at position 1"):
        dump_record(replace(record, concepts=(broken,)), tmp_path / "record.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"version": 2}', "is a record of version 2, but this release reads version 1; "),
        ('{"version": 1}', "is not a valid record: Object missing required field `neurontest`"),
        ("{'version': 1}", "is broken JSON: JSON is malformed"),
        ("", "is broken JSON: Input data was truncated"),
        ("[]", "is JSON but no record: it states no format version"),
        ('{"claims": []}', "is JSON but no record: it states no format version"),
        ('{"version": "one"}', "is JSON but no record: it states no format version"),
    ],
)
def test_what_is_no_record_is_said_in_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError) as caught:
        load_record(path)
    assert str(caught.value).startswith(f"{path} {message}")
    assert "\n" not in str(caught.value)


def test_a_file_of_another_kind_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b'{"version": 1, "suite": "\xff\xfe"}')
    with pytest.raises(RecordError, match=r"bytes is (broken JSON|not a valid record)"):
        load_record(tmp_path / "bytes")
    with pytest.raises(RecordError, match=r"absent cannot be read: No such file or directory; name a record\.json"):
        load_record(tmp_path / "absent")


def test_a_failed_write_leaves_the_old_record_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "record.json"
    dump_record(sample(), path)
    before = path.read_bytes()

    def fail(self: Path, target: Path) -> Path:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="full"):
        dump_record(replace(sample(), suite="another"), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
