from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from neurontest.cli import main
from neurontest.report.record import dump_record
from neurontest.settings import BY_NAME
from tests import tiny
from tests.report.sample import sample


def test_a_new_suite_is_without_fault_or_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "specs"
    assert main(["init", str(folder)]) == 0
    assert str(folder / "suite.yaml") in capsys.readouterr().out
    assert main(["check", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        f"{folder}: 4 claims in 1 file, 3 concepts with 36 prompts, 12 in the baseline, model smollm2-135m"
    )
    assert lines[1].startswith("  trace: {max_new_tokens: 40, samples: 4, ")
    assert [line.split(":")[0].strip() for line in lines[1:-1]] == ["trace", "neurons", "statistics"]
    assert lines[-1] == "  would trace 192 texts of at most 40 new tokens (7,680 tokens) on smollm2-135m"


def test_what_check_says_fits_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["init", str(tmp_path / "new")]) == 0
    monkeypatch.chdir(tmp_path / "new")
    capsys.readouterr()
    assert main(["check", "."]) == 0
    whole = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["check", "."]) == 0
    fitted = capsys.readouterr().out
    assert max(map(len, fitted.splitlines())) <= 80 < max(map(len, whole.splitlines()))
    assert fitted.split() == whole.split()


def test_what_went_wrong_fits_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.chdir(tmp_path)
    assert main(["plan", ".", "--effect", "-1"]) == 2
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("neurontest: --effect must be")
    assert rest
    assert all(len(line) <= 60 and line.startswith("    ") for line in rest)


def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["init", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"neurontest: {tmp_path} is not empty; name a folder that is new or empty\n"
    assert main(["init", str(tmp_path / "mine.txt")]) == 2
    assert "mine.txt is a file; name a folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_check_prints_every_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["init", "specs"])
    for file, right, wrong in (("suite.yaml", "alpha:", "alhpa:"), ("claims.yaml", "sea more", "see more")):
        path = tmp_path / "specs" / file
        path.write_text(path.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    capsys.readouterr()
    assert main(["check", "specs"]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("specs/claims.yaml:5:5: unknown concept 'see'; did you mean 'sea'?")
    assert second.startswith("specs/suite.yaml:15:14: unknown key 'alhpa'")
    assert main(["check", "nowhere"]) == 1


def test_report_draws_a_record_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump_record(sample(), tmp_path / "record.json")
    assert main(["report", str(tmp_path / "record.json"), "--out", str(tmp_path / "out")]) == 0
    out = tmp_path / "out"
    names = ["record.json", "report.html", "junit.xml", "summary.md", "badge.svg", "badge.json"]
    assert capsys.readouterr().out.splitlines()[: len(names)] == [str(out / name) for name in names]
    assert main(["report", str(tmp_path / "record.json"), "--out", str(out), "--sarif", "specs"]) == 0
    assert '"uri": "specs/' in (out / "claims.sarif").read_text(encoding="utf-8")
    assert (out / "record.json").read_bytes() == (tmp_path / "record.json").read_bytes()
    assert main(["report", str(tmp_path / "record.json")]) == 0
    assert (tmp_path / "report.html").read_bytes() == (out / "report.html").read_bytes()


@pytest.mark.parametrize("text", [None, "{}", "no json"])
def test_what_is_no_record_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None) -> None:
    path = tmp_path / "record.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert main(["report", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("neurontest: ")
    assert "record.json" in said
    assert len(said.splitlines()) == 1


def test_schemas_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    suite = json.loads(capsys.readouterr().out)
    assert "claims" in suite["properties"]
    assert main(["schema", "record"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert "claims" in record["$defs"]["Record"]["properties"]


def test_models_are_listed_without_fetching(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(tmp_path))
    assert main(["models"]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert first == f"{BY_NAME['model'].default}: not yet in the cache {tmp_path}"
    assert [
        form for form in ("hub:org/name@revision", "python:package.module:factory") if form in " ".join(others)
    ] == [
        "hub:org/name@revision",
        "python:package.module:factory",
    ]
    assert list(tmp_path.iterdir()) == []
    assert main(["models", "fetch", "gpt5"]) == 2
    assert (
        capsys.readouterr().err == "neurontest: 'gpt5' cannot be fetched; valid: smollm2-135m, hub:org/name@revision\n"
    )
    assert main(["models", "fetch"]) == 2


def test_a_model_of_the_hub_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    snapshot = tiny.save(tmp_path / "hub" / "models--org--tiny" / "snapshots" / "abc123")
    assert main(["models", "fetch", "hub:org/tiny@abc123"]) == 0
    assert capsys.readouterr().out == f"hub:org/tiny@abc123: in {snapshot}\n"
    assert main(["models", "fetch", "hub:org/tiny"]) == 2
    assert "must be of the form hub:org/name@revision" in capsys.readouterr().err


def test_a_wrong_command_shows_its_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["chek"])
    assert stop.value.code == 2
    assert "usage: neurontest" in capsys.readouterr().err


def test_plan_says_what_can_be_shown_and_what_an_effect_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.save(tmp_path / "model")
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(tmp_path / "cache"))
    concepts = {name: {"prompts": [f"{name} {at}" for at in range(5)]} for name in ("tulip", "hanoi", "violent")}
    suite = {
        "neurontest": 1,
        "trace": {"max_new_tokens": 2, "samples": 1},
        "neurons": {"k": 4},
        "baseline": {"prompts": [f"neutral {at}" for at in range(10)]},
        "concepts": concepts,
        "claims": [
            "hanoi overlaps tulip more than violent",
            "hanoi has specific neurons",
            {"id": "last", "claim": "hanoi has specific neurons", "neurons": {"positions": "last"}},
        ],
        "statistics": {"correction": "none"},
    }
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "suite.yaml").write_text(json.dumps(suite), encoding="utf-8")
    # Too few to be decided, enough to be planned from.
    assert main(["check", str(folder)]) == 1
    assert "'hanoi' has 5 prompts; overlap_greater needs at least 6" in capsys.readouterr().out
    assert main(["plan", str(folder), "--model", str(tmp_path / "model")]) == 0
    head, first, its, second, found, third, *rest = capsys.readouterr().out.splitlines()
    assert head.split("  ")[1:] == ["n", "p must reach", "smallest p", "detectable with n, 2n and 4n prompts"]
    assert first == "suite.yaml: hanoi overlaps tulip more than violent"
    # 5 + 5 prompts can be dealt in 252 ways, and each of two controls is told from apart.
    assert re.fullmatch(r"  5  0.05          0.004       (\S+ neurons|none), \S+( neurons)?, \S+( neurons)?", its)
    assert second == "suite.yaml: hanoi has specific neurons [hanoi-has-specific-neurons]"
    assert found == "  5  0.05          0.004       not told by these prompts"
    assert third == "suite.yaml: hanoi has specific neurons [last]"
    assert "half of the new n prompts (m)" in rest[-1]
    assert all(len(line) <= 80 or line.startswith("suite.yaml: ") for line in (head, its, found, *rest))

    # An effect that was stated: how many prompts, and how sure that is.
    assert main(["plan", str(folder), "--model", str(tmp_path / "model"), "--effect", "1.5"]) == 0
    head, _, its, _, found, *rest = capsys.readouterr().out.splitlines()
    assert head.endswith("prompts for an effect of 1.5")
    about, low, high = map(int, re.findall(r"about (\d+) \((\d+)-(\d+)\) for 1.5 neurons", its)[0])
    assert 4 <= low < about < high
    assert found.endswith("not told by these prompts")
    assert "In parentheses: by the 80% range of the pilot's variance." in rest
    assert all(len(line) <= 80 or line.startswith("suite.yaml: ") for line in (head, its, found, *rest))
    assert main(["plan", str(folder), "--model", str(tmp_path / "model"), "--effect", "1.5", "--json"]) == 0
    overlap, some, _ = json.loads(capsys.readouterr().out)
    assert overlap["prompts_needed"] == {"about": about, "low": low, "high": high}
    assert [one["prompts"] for one in overlap["detectable"]] == [5, 10, 20]
    assert (some["detectable"], some["prompts_needed"], some["claim"]) == (None, None, "hanoi has specific neurons")
    assert main(["plan", str(folder), "--model", str(tmp_path / "model"), "--effect", "4.5"]) == 2
    assert "--effect 4.5 is more than any claim here can show: at most 4 neurons" in capsys.readouterr().err


@pytest.mark.parametrize("effect", ["0", "-1", "x", "nan", "inf", ""])
def test_an_effect_is_a_number_above_0(effect: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(tmp_path), "--effect", effect]) == 2
    assert capsys.readouterr().err == (
        f"neurontest: --effect must be a number above 0, not {effect!r}: the smallest effect worth finding\n"
    )


def test_a_program_is_told_the_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(tmp_path / "specs")])
    capsys.readouterr()
    assert main(["check", str(tmp_path / "specs"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sound"], told["faults"]) == (True, [])
    assert told["suite"]["concepts"] == {"sea": 12, "harbor": 12, "music": 12}
    assert told["suite"]["statistics"]["alpha"] == 0.05
    assert told["suite"]["would"].startswith("trace 192 texts ")
    path = tmp_path / "specs" / "claims.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("sea more", "sea mroe"), encoding="utf-8")
    assert main(["check", str(tmp_path / "specs"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    (fault,) = told["faults"]
    assert (told["sound"], told["suite"]) == (False, None)
    assert (Path(fault["path"]).name, fault["line"] > 1, fault["column"]) == ("claims.yaml", True, 5)
    assert fault["message"]


def test_a_program_is_told_the_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(tmp_path))
    assert main(["models", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["models"] == [{"name": BY_NAME["model"].default, "cached": False, "folder": None}]
    assert "hub:org/name@revision" in told["forms"]
