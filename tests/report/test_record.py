from __future__ import annotations

import json
import os
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from neurontest.errors import RecordError
from neurontest.report.files import write_reports
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
    with pytest.raises(RecordError, match=r"absent is not there; name a record\.json"):
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


def _replaced(before: str, after: str) -> str:
    text = msgspec.json.encode(sample()).decode()
    assert before in text
    return text.replace(before, after, 1)


HOSTILE_FILES: dict[str, Any] = {
    "deep": "[" * 200_000,
    "deep aside": lambda: _replaced('"warnings":', '"x":' + "[" * 100_000 + "]" * 100_000 + ',"warnings":'),
    "deep before the version": '{"x":' + "[" * 200_000,
    "no number": lambda: _replaced('"seed":', '"seed":NaN,"x":'),
    "beyond all numbers": lambda: _replaced('"duration":', '"duration":1e400,"x":'),
    "a number of many digits": lambda: _replaced('"seed":', '"seed":' + "1" * 5000 + ',"x":'),
    "a version of many digits": '{"version":' + "9" * 5000 + "}",
    "half a character": lambda: _replaced('"suite":"', '"suite":"\\ud800'),
    "another encoding": lambda: msgspec.json.encode(sample()).decode().encode("utf-16"),
    "another type": lambda: _replaced('"concepts":', '"concepts":3,"x":'),
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE_FILES)
def test_what_is_no_record_is_one_error(tmp_path: Path, case: str) -> None:
    made = HOSTILE_FILES[case]
    data = made() if callable(made) else made
    path = tmp_path / "record.json"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(RecordError, match=r"record\.json") as caught:
        load_record(path)
    assert len(str(caught.value)) < 600
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="has no pipes of a name")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "record.json")
    with pytest.raises(RecordError, match="is no regular file"):
        load_record(tmp_path / "record.json")
    with pytest.raises(RecordError, match="File name too long"):
        load_record(tmp_path / ("x" * 300))


_NUMBERS = st.sampled_from([0, -1, 1, 2**62, 0.0, -1.0, 1e308, -1.7e308, 1e18, 5e-324])
_WORDS = st.sampled_from(["", "\x00\x1b[2J\u202e", "</script><script>alert(1)</script>", "a" * 10_000])


def _places(value: Any, way: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """One way to each kind of value of a record, by the way with the numbers of list items left out."""
    found = {tuple("" if isinstance(key, int) else key for key in way): way}
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        for kind, one in _places(item, (*way, key)).items():
            found.setdefault(kind, one)
    return found


@settings(deadline=None, max_examples=60, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_record_of_the_right_types_is_drawn_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    plain = json.loads(msgspec.json.encode(sample()))
    for way in data.draw(st.lists(st.sampled_from(list(_places(plain).values())[1:]), min_size=1, max_size=3)):
        around = plain
        try:
            for key in way[:-1]:
                around = around[key]
            value = around[way[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # what was changed before holds it no more
        if isinstance(value, list):
            around[way[-1]] = data.draw(st.sampled_from([[], value[:1], value + value]))
        else:
            around[way[-1]] = data.draw(_WORDS if isinstance(value, str) else _NUMBERS)
    folder = tmp_path_factory.mktemp("record")
    (folder / "record.json").write_text(json.dumps(plain))
    try:
        write_reports(load_record(folder / "record.json"), folder / "out")
    except RecordError:
        return
    page = (folder / "out" / "report.html").read_text()
    assert "<script>alert" not in page
    assert not set("\x00\x1b\u202e") & set(page)


def test_a_matrix_without_columns_cannot_be_drawn(tmp_path: Path) -> None:
    record = sample()
    bad = replace(record, overlaps=(replace(record.overlaps[0], concepts=()),))
    with pytest.raises(RecordError, match=r"report\.html cannot be drawn: .* \(IndexError"):
        write_reports(bad, tmp_path)
