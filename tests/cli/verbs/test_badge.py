from __future__ import annotations

import json
from pathlib import Path

import pytest

from neurontest.cli import main
from neurontest.report.files import write_reports
from neurontest.report.record import dump_record
from tests.report.sample import sample


def test_the_badges_are_those_of_the_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump_record(sample(), tmp_path / "record.json")
    write_reports(sample(), tmp_path / "reports")
    assert main(["badge", str(tmp_path / "record.json"), "--out", str(tmp_path / "out")]) == 0
    written = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.*"))
    assert {path.suffix for path in written} == {".svg", ".json"}
    for path in written:
        assert (tmp_path / "out" / path).read_bytes() == (tmp_path / "reports" / path).read_bytes()
    assert len(capsys.readouterr().out.splitlines()) == len(written)


def test_one_file_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump_record(sample(), tmp_path / "record.json")
    file = next(claim.family for claim in sample().claims if not claim.test)
    out = tmp_path / "out"
    assert main(["badge", str(tmp_path / "record.json"), "--out", str(out), "--file", file]) == 0
    stem = file.removesuffix(".yaml")
    assert sorted(path.name for path in out.rglob("*.*")) == [f"{stem}.json", f"{stem}.svg"]
    told = json.loads((out / "badges" / f"{stem}.json").read_text(encoding="utf-8"))
    assert told["message"] in capsys.readouterr().out
    assert main(["badge", str(tmp_path / "record.json"), "--file", "gone.yaml"]) == 2
    assert "the record has no file 'gone.yaml'; there are " in capsys.readouterr().err
