from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from neurontest.cli import main
from neurontest.report.record import dump_record
from tests.cli.suites import CONCEPTS, write
from tests.report.sample import sample


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    dump_record(sample(), tmp_path / "record.json")
    return tmp_path / "record.json"


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_suites_neurons_are_traced_and_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write(tmp_path / "suite")
    assert main(["neurons", str(suite), "hanoi"]) == 0
    shown = capsys.readouterr()
    heading, most, columns, *rows = shown.out.splitlines()
    assert heading == "hanoi: residual, generated tokens, difference, top 4 by mean"
    assert most == "Max possible occurrences: 6"
    assert columns.split() == ["Rank", "Layer", "Neuron", "Occurrences", "%", "of", "prompts", "Mean"]
    assert len(rows) == 4
    assert "tracing" in shown.err
    found = told(capsys, "neurons", suite, "hanoi")
    for row, one in zip(rows, found["neurons"], strict=True):
        rank, layer, index, occurrences, share, mean = row.split()[:6]
        assert [int(rank), int(layer), int(index), int(occurrences)] == [
            one[name] for name in ("rank", "layer", "index", "occurrences")
        ]
        assert share == f"{int(occurrences) / 6:.2%}"
        assert float(mean) == pytest.approx(one["score"], rel=1e-3)
    # Highest mean first.
    means = [one["score"] for one in found["neurons"]]
    assert means == sorted(means, reverse=True)


def test_other_neurons_than_the_suites_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write(tmp_path / "suite")
    found = told(capsys, "neurons", suite, "hanoi", "--site", "mlp", "--k", "7", "--normalize", "raw")
    assert (found["site"], found["k"], found["normalize"], len(found["neurons"])) == ("mlp", 7, "raw", 7)
    assert main(["neurons", str(suite), "hanoi", "--k", "1000"]) == 2
    assert "has 96 of these neurons, and k is 1,000" in capsys.readouterr().err
    assert main(["neurons", str(suite), "hanoi", "--k", "0"]) == 2
    assert "--k must be 1 or more, not 0" in capsys.readouterr().err
    assert main(["neurons", str(suite), "hanio"]) == 2
    assert "there is no concept 'hanio'; there are hanoi, tulip and violent" in capsys.readouterr().err


def test_without_a_baseline_nothing_is_subtracted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write(tmp_path / "suite", baseline=None, claims=[], neurons={"k": 4})
    text = json.loads((suite / "suite.yaml").read_text(encoding="utf-8"))
    del text["baseline"]
    (suite / "suite.yaml").write_text(json.dumps(text), encoding="utf-8")
    assert main(["neurons", str(suite), "hanoi"]) == 2
    assert "normalize: difference needs a baseline; say --normalize raw" in capsys.readouterr().err
    assert told(capsys, "neurons", suite, "hanoi", "--normalize", "raw")["normalize"] == "raw"
    assert [one["kind"] for one in told(capsys, "overlap", suite)] == ["raw", "raw"]


def test_a_published_set_is_printed_as_it_was_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published = {"out_of": 10, "published": ["L1.residual[3]", {"neuron": "L2.residual[5]", "occurrences": 6}]}
    concepts = {name: {"prompts": [f"{name} {at}" for at in range(6)]} for name in CONCEPTS}
    suite = write(tmp_path / "suite", concepts=concepts | {"paper": published})
    assert main(["neurons", str(suite), "paper"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "paper: a published set, residual, 2 neurons"
    assert [line.split() for line in lines[3:]] == [["1", "3"], ["2", "5", "6"]]


def test_a_records_neurons_need_no_model(record: Path, capsys: pytest.CaptureFixture[str], cache: Path) -> None:
    concept = next(one for one in sample().concepts if one.sets)
    found = told(capsys, "neurons", record, concept.name)
    assert [one["index"] for one in found["neurons"]] == [one.index for one in concept.sets[0].neurons]
    other = concept.sets[-1]
    found = told(capsys, "neurons", record, concept.name, "--normalize", other.normalize, "--site", other.site)
    assert (found["normalize"], found["site"]) == (other.normalize, other.site)
    assert main(["neurons", str(record), concept.name, "--k", "999"]) == 2
    assert "the record has no such set" in capsys.readouterr().err
    assert not cache.exists()


def test_a_suites_overlaps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write(tmp_path / "suite")
    assert main(["overlap", str(suite), "--normalize", "difference", "--positions", "generated"]) == 0
    heading, names, *rows = capsys.readouterr().out.splitlines()
    assert heading == "residual, generated tokens, difference, top 4 by mean"
    assert names.split() == list(CONCEPTS)
    sets = {
        name: {(one["layer"], one["index"]) for one in told(capsys, "neurons", suite, name)["neurons"]}
        for name in CONCEPTS
    }
    for row, a in zip(rows, CONCEPTS, strict=True):
        name, *counts = row.split()
        assert name == a
        assert list(map(float, counts)) == [len(sets[a] & sets[b]) for b in CONCEPTS]
    assert len(told(capsys, "overlap", suite)) == 4  # raw and normalized, over all tokens and at the last


def test_a_records_overlaps(record: Path, capsys: pytest.CaptureFixture[str], cache: Path) -> None:
    found = told(capsys, "overlap", record)
    assert [tuple(map(tuple, one["counts"])) for one in found] == [one.counts for one in sample().overlaps]
    assert main(["overlap", str(record), "--k", "999"]) == 2
    assert "there is no such matrix; there are " in capsys.readouterr().err
    assert not cache.exists()


def test_faults_of_the_suite_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write(tmp_path / "suite", claims=["hanoi overlaps nothing more than violent"])
    for arguments in (["neurons", str(suite), "hanoi"], ["overlap", str(suite)], ["trace", str(suite)]):
        assert main(arguments) == 1
        assert "unknown concept 'nothing'" in capsys.readouterr().out
