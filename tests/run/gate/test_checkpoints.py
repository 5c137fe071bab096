"""In which order checkpoints are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.errors import NeurontestError
from neurontest.run.gate.checkpoints import checkpoints, in_order


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("step-1000", "step-9", "step-80", "base", "step-9b"):
        (tmp_path / "run" / name).mkdir(parents=True)
        (tmp_path / "run" / name / "config.json").write_text("{}")
    (tmp_path / "run" / "logs").mkdir()
    (tmp_path / "run" / "small.gguf").write_text("")
    (tmp_path / "first").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_is_ordered_by_name_and_numbers_as_numbers(folder: Path) -> None:
    expected = [f"run/{name}" for name in ("step-9", "step-9b", "step-80", "step-1000")]
    assert checkpoints("run/step-9", "run/step-1000") == expected
    assert checkpoints("step-9", str(folder / "run" / "step-1000"), "run") == expected
    assert checkpoints("run/step-1000", "step-9", "run") == expected[::-1]
    assert checkpoints("run/base", "run/step-9") == ["run/base", "run/small.gguf", "run/step-9"]


def test_what_is_not_among_them_comes_first_or_last(folder: Path) -> None:
    assert checkpoints("first", "run/step-9", "run")[:2] == ["first", "run/base"]
    assert checkpoints("run/step-80", "hub:a/b@c", "run") == ["run/step-80", "run/step-1000", "hub:a/b@c"]
    assert checkpoints("first", "hub:a/b@c", "run")[1:-1] == [
        f"run/{name}" for name in ("base", "small.gguf", "step-9", "step-9b", "step-80", "step-1000")
    ]


def test_a_list_is_in_its_own_order(folder: Path) -> None:
    (folder / "list.txt").write_text("# the run\nrun/step-80\n\nrun/base # again\nhub:org/m@v2\n")
    assert checkpoints("run/step-80", "hub:org/m@v2", "list.txt") == ["run/step-80", "run/base", "hub:org/m@v2"]
    assert checkpoints("run/step-80", "run/step-9", "run/step-80,run/base, run/step-9")[1] == "run/base"


def test_revisions_are_of_the_good_ones_repository() -> None:
    found = checkpoints("hub:org/m@step1", "hub:org/m@step3", "step1,step2,step3")
    assert found == ["hub:org/m@step1", "hub:org/m@step2", "hub:org/m@step3"]


@pytest.mark.parametrize(
    ("good", "bad", "among", "said"),
    [
        ("run/step-9", "first", None, "no folder together"),
        ("hub:a/b@1", "hub:a/b@2", None, "no folder together"),
        ("run/step-9", "run/step-9", None, "name the same checkpoint"),
        ("run/step-9", "run/base", "first", "holds no checkpoints"),
        ("run/step-9", "run/base", "nowhere", "no list of several models"),
        ("run/step-9", "run/base", "run/base,run/step-9,run/base", "twice"),
    ],
)
def test_what_is_no_order(folder: Path, good: str, bad: str, among: str | None, said: str) -> None:
    with pytest.raises(NeurontestError, match=said):
        checkpoints(good, bad, among)


@given(st.lists(st.tuples(st.sampled_from(["a", "step-", ""]), st.integers(0, 10**6)), max_size=8))
def test_names_that_begin_alike_are_ordered_by_their_number(names: list[tuple[str, int]]) -> None:
    said = [f"{name}{number}" for name, number in names]
    assert sorted(said, key=in_order) == [f"{name}{number}" for name, number in sorted(names)]
