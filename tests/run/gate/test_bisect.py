"""A claim that goes somewhere between two checkpoints of a planted model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from neurontest.cli import main
from neurontest.run.traced import Traced
from tests import planted
from tests.plugin.gated import write_suite

#: How far the words of a concept have become neutral words, by step; the claim goes where it is much.
STEPS = {0: 0.0, 200: 0.05, 400: 0.1, 600: 0.9, 800: 0.95, 1000: 1.0}


def save(folder: Path, share: float) -> None:
    import torch

    from neurontest.trace.quiet import quiet

    built = planted.build("gpt2")
    vocabulary, words = built.tokenizer.get_vocab(), built.model.transformer.wte.weight
    with torch.no_grad():
        for word, neutral in zip(planted.CONCEPTS["hanoi"], planted.NEUTRAL, strict=False):
            own, other = words[vocabulary[word]].clone(), words[vocabulary[neutral]]
            words[vocabulary[word]] = (1 - share) * own + share * other
    with quiet():
        built.model.save_pretrained(folder)
        built.tokenizer.save_pretrained(folder)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bisect")
    for step, share in STEPS.items():
        save(folder / "run" / f"step-{step}", share)
    (folder / "run" / "logs").mkdir()
    write_suite(folder / "specs")
    return folder


@pytest.fixture
def project(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(home)
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(home / "cache"))
    return home


def bisected(capsys: pytest.CaptureFixture[str], *said: str) -> tuple[int, list[str], str]:
    status = main(["bisect", *said])
    out, err = capsys.readouterr()
    return status, out.splitlines(), err


ENDS = ("specs/claims.yaml::near", "--good=run/step-0", "--bad=run/step-1000")


def test_the_first_checkpoint_without_it_is_found(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines, _ = bisected(capsys, *ENDS)
    assert lines[0] == "claims.yaml::near: hanoi overlaps vietnam more than violent"
    assert lines[1] == "6 checkpoints, from run/step-0 to run/step-1000"
    looks = [line for line in lines if line.startswith("  run/step-")]
    assert looks[0].startswith("  run/step-0: preserved: recorded here, +2.7 neurons [")
    assert "power to call it preserved if nothing changes " in looks[0]
    assert "then, " in looks[1]
    assert "change -" in looks[1]
    (first,) = [line for line in lines if line.startswith("first ")]
    assert first == "first lost at run/step-600; preserved at run/step-400, the one before"
    assert lines[-1].startswith(f"{len(looks)} of 6 looked at, 4 in the search")
    assert status == 0


def test_what_was_traced_is_not_traced_again(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bisected(capsys, *ENDS)[1]
    found: list[int] = []
    ask = Traced.ask

    def counted(self: Traced, *args: object) -> None:
        ask(self, *args)  # type: ignore[arg-type]
        found.append(self.cost.texts)

    monkeypatch.setattr(Traced, "ask", counted)
    assert bisected(capsys, *ENDS)[1] == before
    assert found
    assert not any(found)


def test_an_order_that_goes_back_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    among = ",".join(f"run/step-{step}" for step in (0, 600, 200, 400, 800, 1000))
    status, lines, _ = bisected(capsys, *ENDS, f"--among={among}", "--checks=2")
    assert status == 1
    assert any("the order is not monotone" in line for line in lines)
    assert "  run/step-600 is lost, and run/step-400 behind it is preserved" in lines


def test_what_cannot_be_looked_at_is_gone_round(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "broken").mkdir()
    (project / "broken" / "config.json").write_text("{}")
    among = "run/step-0,run/step-400,broken,run/step-1000"
    status, lines, _ = bisected(capsys, *ENDS, f"--among={among}")
    assert status == 1
    assert any(line.startswith("  broken: incomparable: it cannot be looked at: ") for line in lines)
    at = lines.index("preserved at run/step-400, lost at run/step-1000; the first bad one is one of these:")
    assert lines[at + 1 : at + 3] == ["  broken: incomparable", "  run/step-1000: lost"]
    shutil.rmtree(project / "broken")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (("specs/claims.yaml::near", "--good=run/step-0", "--bad=run/step-200"), "which should be a bad one"),
        (("specs/claims.yaml::near", "--good=run/step-1000", "--bad=run/step-0"), "it does not hold at run/step-1000"),
        (("specs/claims.yaml::neer", *ENDS[1:]), "there are near, far, violent"),
        (("specs/more.yaml::later", *ENDS[1:]), "is marked skip: not now"),
        (("specs::near", *ENDS[1:]), "names no claim; say SUITE/FILE.yaml::ID"),
        ((*ENDS, "--margin=most"), "a margin is a share"),
    ],
)
def test_where_there_is_nothing_to_search(
    project: Path, capsys: pytest.CaptureFixture[str], said: tuple[str, ...], why: str
) -> None:
    status, _, err = bisected(capsys, *said)
    assert status == 2
    assert why in err


def test_against_a_reference_that_was_recorded(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bisected(capsys, *ENDS)
    (folder,) = (project / "cache" / "references").iterdir()
    reference = shutil.copytree(folder, project / "ref")
    status, lines, _ = bisected(capsys, *ENDS, f"--reference={reference}")
    assert status == 0
    assert any(line.startswith("  run/step-0: preserved: ") and "change " in line for line in lines)
    assert any(line.startswith("first lost at run/step-600") for line in lines)
