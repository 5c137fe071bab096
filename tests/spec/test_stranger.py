"""A suite that somebody else wrote: nothing outside it is read, nothing hangs, and the work grows with its size."""
# ruff: noqa: E501 - one case a line

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from neurontest.claims.grammar import SentenceError, parse
from neurontest.errors import SpecError
from neurontest.kinds import kinds
from neurontest.spec import load
from neurontest.spec.load import load_suite
from neurontest.spec.prompts import listed as reading_prompts
from neurontest.spec.texts import given as reading_texts
from tests.spec.suites import SUITE, concepts, faults, prompts, write

posix = pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere, and pipes are other things")
OUT = "leads out of the suite's folder; a spec may only read what lies in it"
REPLAYED = "trace: {replay: runs}\n" + SUITE
SECRET = json.dumps({"concepts": [{"continuations": [{"prompt": "the secret", "text": "of others"}]}]})


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    write(folder, {"secret.txt": "the secret\n", "record.json": SECRET, "suite.yaml": SUITE, "c.yaml": "claims: []"})
    return folder


@posix
@pytest.mark.parametrize("of", ["record", "folder", "chain"])
def test_replay_follows_no_link_out(tmp_path: Path, outside: Path, of: str) -> None:
    folder = write(tmp_path / "suite", {"keep/x": ""})
    if of == "folder":
        (folder / "runs").symlink_to(outside)
    else:
        (folder / "runs").mkdir()
        target = outside / "record.json"
        if of == "chain":
            (folder / "keep" / "link.json").symlink_to(target)
            target = folder / "keep" / "link.json"
        (folder / "runs" / "record.json").symlink_to(target)
    (found,) = faults(folder, {"suite.yaml": REPLAYED})
    assert found.endswith(OUT)
    assert "secret" not in found


@posix
def test_links_that_stay_inside_are_followed(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "suite",
        {"real/p.txt": "x\ny\n", "real/c.yaml": "claims: [baseline-normalized sets differ from raw for p]\n"},
    )
    texts = [
        {"prompt": one, "text": "z"}
        for word in ("tulip", "vietnam", "hanoi", "violent", "neutral")
        for one in prompts(word)
    ]
    write(folder, {"real/record.json": json.dumps([*texts, *({"prompt": one, "text": "z"} for one in "xy")])})
    (folder / "runs").symlink_to("real")
    (folder / "p.txt").symlink_to("real/p.txt")
    suite = load_suite(write(folder, {"suite.yaml": REPLAYED + "  p: {prompts: p.txt}\n"}))
    assert suite.concepts["p"].prompts == ("x", "y")
    assert len(suite.given["runs"]) == 62


@posix
def test_a_model_of_the_suite_holds_no_link_out(tmp_path: Path, outside: Path) -> None:
    folder = write(tmp_path / "suite", {"m/config.json": "{}", "m/deep/x": "", "blob": ""})
    (folder / "m" / "inside.safetensors").symlink_to("../blob")
    text = "model: m\n" + SUITE
    assert load_suite(write(folder, {"suite.yaml": text})).model == str(folder.absolute() / "m")
    for name in ("tokenizer.json", "deep/shards"):
        link = folder / "m" / name
        link.symlink_to(outside)
        (found,) = faults(folder, {"suite.yaml": text})
        assert found.startswith(f"suite.yaml:1:8: the model 'm' holds a link, '{name}', that leads out")
        link.unlink()


@posix
def test_pipes_and_devices_are_not_opened(tmp_path: Path) -> None:
    folder = write(tmp_path / "suite", {"runs/x": ""})
    for name in ("p.txt", "m.gguf", "runs/record.json"):
        os.mkfifo(folder / name)
    text = "model: m.gguf\n" + REPLAYED + "  p: {prompts: p.txt}\n"
    assert [one.partition(": ")[2].partition(";")[0] for one in faults(folder, {"suite.yaml": text})] == [
        "the model 'm.gguf' is no built-in model, and no file or folder of the suite",
        "there is no file 'runs' with texts to replay",
        "there is no file 'p.txt'",
    ]
    os.mkfifo(folder / "c.yaml")
    assert faults(folder, {}) == ["c.yaml:1:1: this is no regular file, and no spec can be read from it"]


@posix
def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, {})
    os.mkfifo(folder / "p.txt")
    monkeypatch.setattr(Path, "is_file", lambda path: True)
    (found,) = faults(folder, {"suite.yaml": SUITE + "  p: {prompts: p.txt}\n"})
    assert found == "p.txt:1:1: this file is no regular file, but a pipe, device or socket"


@posix
def test_spec_files_that_would_be_overlooked(tmp_path: Path) -> None:
    folder = write(tmp_path, {"evil\x1b[2J.yaml": "{}", "a.yml": "", "B.YAML": ""})
    (folder / "gone.yaml").symlink_to("nowhere")
    assert faults(folder, {}) == [
        "B.YAML:1:1: rename it to B.yaml; only files so called are read",
        "a.yml:1:1: rename it to a.yaml; only files so called are read",
        "evil␛[2J.yaml:1:1: this file's name has control characters; rename it",
        "gone.yaml:1:1: this is no regular file, and no spec can be read from it",
    ]


def test_a_suite_file_of_another_ending(tmp_path: Path) -> None:
    (tmp_path / "suite.yml").write_text(SUITE)
    with pytest.raises(
        SpecError, match=r"suite\.yaml:1:1: there is no such file, but 'suite\.yml'; rename it to suite"
    ):
        load_suite(tmp_path)


@pytest.mark.parametrize("name", ["x" * 300, "x/" * 3000, "a\0b"])
def test_names_that_are_no_names(tmp_path: Path, name: str) -> None:
    said = json.dumps(name + ".txt")
    text = f"model: {said}\ntrace: {{replay: {said}}}\n{SUITE}  p: {{prompts: {said}}}\n"
    found = faults(tmp_path, {"suite.yaml": text})
    assert [one.partition(": ")[0] for one in found] == ["suite.yaml:1:8", "suite.yaml:2:17", "suite.yaml:10:16"]
    assert all("is no path (" in one and len(one) < 400 for one in found)


@pytest.mark.parametrize(
    ("layer", "door"), [("overrides", "--concept-replay"), ("ini", "the ini key concept_replay")]
)  # fmt: skip
@pytest.mark.parametrize("name", ["gone.json", "x" * 5000, "a\0b"])
def test_what_a_person_names_is_at_fault_where_it_was_said(tmp_path: Path, layer: str, door: str, name: str) -> None:
    write(tmp_path, {})
    with pytest.raises(SpecError) as caught:
        load_suite(tmp_path, **{layer: {"replay": name}})  # type: ignore[arg-type]
    assert str(caught.value).startswith(f"{door}: ")
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(
    ("limit", "name", "files"),
    [
        ("SPEC_BYTES", "suite.yaml", {}),
        ("SPEC_BYTES", "c.yaml", {"suite.yaml": "neurontest: 1\n", "c.yaml": "claims: []\n" * 10}),
        ("PROMPTS_BYTES", "p.txt", {"suite.yaml": SUITE + "  p: {prompts: p.txt}\n", "p.txt": "x" * 200}),
        ("REPLAY_BYTES", "r.json", {"suite.yaml": "trace: {replay: r.json}\n" + SUITE, "r.json": "x" * 200}),
    ],
)
def test_files_have_a_largest_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, name: str, files: Mapping[str, str | bytes]
) -> None:
    for module in (load, reading_prompts, reading_texts):
        if hasattr(module, limit):
            monkeypatch.setattr(module, limit, 100)
    assert faults(tmp_path, files) == [f"{name}:1:1: this file is larger than 100 bytes"]


def test_a_suite_has_a_largest_number_of_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "MOST_CLAIMS", 3)
    files: dict[str, str | bytes] = dict.fromkeys(
        ("a.yaml", "b.yaml"), "claims: [baseline-normalized sets differ from raw for tulip, x]\n"
    )
    assert faults(tmp_path, files) == ["b.yaml:1:9: the suite has more than 3 claims up to here; split it"]


def test_a_long_text_is_not_said_many_times(tmp_path: Path) -> None:
    text = f"a: &a {'x' * 1_000_000}\nb: [{', '.join(['*a'] * 1000)}]\n"
    (found,) = faults(tmp_path, {"c.yaml": text})
    assert found.startswith("c.yaml:1:4: texts of more than 10,000,000 characters together; does an alias stand for")


def test_an_anchor_may_be_used_again(tmp_path: Path) -> None:
    assert load_suite(write(tmp_path, {"c.yaml": "trace: &a {samples: 2}\nneurons: &a {k: 3}\n"})).claims == ()


NAMES = ("tulip", "vietnam", "hanoi", "violent")


def _claims(sentence: Callable[[int], str]) -> Callable[[int], dict[str, str]]:
    return lambda n: {"c.yaml": "claims:\n" + "".join(f"  - {sentence(i)}\n" for i in range(n))}


#: Each makes the files of a suite of a size; what reads them must take twice as long for twice as much.
GROWING: dict[str, Callable[[int], dict[str, str]]] = {
    "nonsense": _claims(lambda i: f"nonsense {i} says nothing of {i}"),
    "unknown concepts": _claims(lambda i: f"x{i} overlaps hanoi more than violent"),
    "one claim again and again": _claims(lambda i: f"{{id: x{i}, claim: tulip overlaps hanoi more than violent}}"),
    "kinds that are none": _claims(lambda i: f"{{kind: distnct{i}}}"),
    "out of reach": lambda n: {"c.yaml": "statistics: {alpha: 1.0e-9}\n" + _claims(lambda i: f"{{id: x{i}, claim: tulip overlaps hanoi more than violent}}")(n)["c.yaml"]},
    "unknown keys": lambda n: {"c.yaml": "".join(f"key{i}: 1\n" for i in range(2 * n))},
    "tags of two types": lambda n: {"c.yaml": f"claims: [{{claim: baseline-normalized sets differ from raw for tulip, tags: [{', '.join(f't{i}, {i}' for i in range(n))}]}}]\n"},
    "missing files": lambda n: {"c.yaml": "concepts:\n" + "".join(f"  m{i}: {{prompts: m{i}.txt}}\n" for i in range(n))},
    "missing replays": _claims(lambda i: f"{{id: x{i}, claim: tulip overlaps hanoi more than violent, trace: {{replay: {i}.json}}}}"),
    "one prompt": lambda n: {"c.yaml": f"concepts: {{p: {{prompts: [{', '.join(['same'] * 2 * n)}]}}}}\n"},
    "concepts": lambda n: {"c.yaml": concepts(**{f"k{i}": 6 for i in range(n // 3)}) + _claims(lambda i: f"k{i} overlaps k{i + 1} more than k{i + 2}")(n // 3 - 2)["c.yaml"]},
    "brackets": lambda n: {"c.yaml": "[" * 20 * n},
    "dashes": lambda n: {"c.yaml": "- " * 20 * n},
    "one long list": lambda n: {"c.yaml": f"claims:\n  - {'tulip and ' * 10 * n}hanoi say nothing\n"},
    "ragged rows": lambda n: {"c.yaml": "concepts: {p: {prompts: {file: p.csv, column: a}}}\n", "p.csv": "a,b\n" + "1\n" * 10 * n},
}  # fmt: skip


@pytest.mark.parametrize("case", GROWING)
def test_the_work_grows_with_the_size_alone(case: str, tmp_path: Path) -> None:
    said: list[int] = []

    def seconds(size: int) -> float:
        folder = write(tmp_path / str(size), GROWING[case](size))
        begun = time.process_time()
        try:
            load_suite(folder)
        except SpecError as error:
            said.append(len(str(error)))
        return time.process_time() - begun

    # Eight times as much would be 64 times the work if each were compared with each; the slack is for the machine.
    small, large = seconds(60), seconds(480)
    assert large < 24 * max(small, 0.02)
    assert large < 15
    assert all(length < 420_000 for length in said)


def test_a_hundred_sentences_are_looked_up_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neurontest.claims import grammar

    asked: list[str] = []
    nearest = grammar._nearest

    def counted(text: str, kinds: Any) -> Any:
        asked.append(text)
        return nearest(text, kinds)

    monkeypatch.setattr(grammar, "_nearest", counted)
    assert len(faults(tmp_path, GROWING["nonsense"](300))) == 300
    assert 90 < len(asked) <= 101
    with pytest.raises(SentenceError, match="no kind of claim has the sentence") as caught:
        parse("x" * 1_000_000, kinds())
    assert len(str(caught.value)) < 400
