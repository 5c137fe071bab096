"""Files that are whole or not there, and kept files that know their own damage."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurontest import seals
from neurontest.errors import StoreError
from neurontest.files import remove, sweep, write_whole
from neurontest.seals import BLANK, Kept, is_sound, sealed

NAME = "things/ab/one.json"
VALUE = {"a": [1.5, 2.0], "text": "tulips grow"}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def kept(tmp_path: Path, said: list[str]) -> Kept:
    return Kept(tmp_path, said.append)


def dead() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_is_written_is_read_and_nothing_else_is_left(kept: Kept, said: list[str]) -> None:
    assert kept.read_json(NAME, dict) is None
    kept.write_json(NAME, VALUE)
    assert kept.read_json(NAME, dict) == VALUE
    assert [path.name for path in kept.root.rglob("*") if path.is_file()] == ["one.json"]
    assert said == []


def test_the_same_is_the_same_bytes_and_any_json_reader_reads_it(kept: Kept) -> None:
    import json

    kept.write_json(NAME, VALUE)
    first = (kept.root / NAME).read_bytes()
    kept.write_json(NAME, VALUE)
    assert (kept.root / NAME).read_bytes() == first
    assert json.loads(first)["holds"] == VALUE


SEALED = sealed(NAME, b'{"seal":"' + BLANK.encode() + b'","holds":' + b"[1,2,3]" * 40 + b"}")


@given(st.integers(0, len(SEALED) * 8 - 1))
def test_any_flipped_bit_is_found(bit: int) -> None:
    data = bytearray(SEALED)
    data[bit // 8] ^= 1 << bit % 8
    assert is_sound(NAME, SEALED)
    assert not is_sound(NAME, bytes(data))


@given(st.binary(max_size=200), st.integers(0, len(SEALED)), st.integers(0, len(SEALED)))
def test_anything_put_in_or_cut_out_is_found(more: bytes, start: int, end: int) -> None:
    data = SEALED[:start] + more + SEALED[end:]
    assert is_sound(NAME, data) == (data == SEALED)


def test_what_is_sealed_is_told_from_its_name() -> None:
    assert not is_sound("things/ab/two.json", SEALED)
    with pytest.raises(ValueError, match="no place for a seal"):
        sealed(NAME, b"{}")
    with pytest.raises(ValueError, match="no place for a seal"):
        sealed(NAME, SEALED)


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


Damage = Callable[[Path], object]
DAMAGES: dict[str, Damage] = {
    "emptied": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "edited": lambda path: path.write_bytes(path.read_bytes().replace(b"1.5", b"1.6")),
    "a folder": folder_instead,
    "another's": lambda path: path.write_bytes((path.parent / "other.json").read_bytes()),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_what_is_damaged_is_set_aside_and_told(kept: Kept, said: list[str], how: str) -> None:
    kept.write_json(NAME, VALUE)
    kept.write_json("things/ab/other.json", VALUE)
    assert kept.read_json(NAME, dict) == VALUE, "what was sound once is compared again when it changes"
    DAMAGES[how](kept.root / NAME)
    assert kept.read_json(NAME, dict) is None
    assert not (kept.root / NAME).exists()
    assert len(list((kept.root / "damaged").iterdir())) == 1
    (text,) = said
    assert str(kept.root / NAME) in text
    assert f"It is set aside in {kept.root / 'damaged'} and made anew." in text
    kept.write_json(NAME, VALUE)
    assert kept.read_json(NAME, dict) == VALUE
    assert len(said) == 1


def test_a_sound_file_of_another_form_is_set_aside(kept: Kept, said: list[str]) -> None:
    kept.write_json(NAME, "a text")
    assert kept.read_json(NAME, dict[str, float]) is None
    assert "is of a form that this release does not know" in said[0]
    assert not (kept.root / NAME).exists()


def test_a_file_that_was_made_anew_meanwhile_stays(kept: Kept) -> None:
    """Of two processes that find the same damage the slower one moves what the quicker one has written since."""
    kept.write_json(NAME, VALUE)
    kept.set_aside(NAME)
    assert kept.read_json(NAME, dict) == VALUE
    (kept.root / NAME).unlink()
    kept.set_aside(NAME)
    assert kept.read_json(NAME, dict) is None


def test_many_damages_are_few_sentences(kept: Kept, said: list[str]) -> None:
    for number in range(20):
        kept.write_json(f"things/{number}.json", VALUE)
        (kept.root / f"things/{number}.json").write_bytes(b"")
        assert kept.read(f"things/{number}.json") is None
    assert len(said) == 4
    assert said[-1].startswith("More files in")


def test_no_more_is_set_aside_than_has_room(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "_MOST", 3)
    monkeypatch.setattr(seals, "_MOST_BYTES", 1000)

    def damage(number: int, size: int) -> list[str]:
        path = kept.root / f"things/{number}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(size))
        assert kept.read(f"things/{number}.json") is None
        return sorted(one.name.rsplit("-", 1)[1] for one in (kept.root / "damaged").iterdir())

    assert [damage(number, 10) for number in range(5)][-1] == ["2.json", "3.json", "4.json"]
    assert damage(5, 985) == ["4.json", "5.json"]
    assert damage(6, 2000) == []


def test_what_cannot_be_set_aside_is_not_read_either(
    kept: Kept, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.write_json(NAME, VALUE)
    (kept.root / NAME).write_bytes(b"{}")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "rename", refuse)
    assert kept.read_json(NAME, dict) is None
    assert "It is left where it is (Permission denied) and not read." in said[0]


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "things").write_text("in the way")
    with pytest.raises(StoreError, match=r"one\.json cannot be written: .*--concept-cache-dir"):
        Kept(tmp_path, print).write_json(NAME, VALUE)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "record.json"
    write_whole(path, b"old")

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"newer")
    with pytest.raises(StoreError, match="No space left on device; make room there"):
        Kept(tmp_path, print).write_json(NAME, VALUE)
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [path]
    assert path.read_text() == "old"


def test_what_killed_writers_left_is_swept_and_what_others_write_is_not(tmp_path: Path) -> None:
    hours = 3600
    left = {
        f".record.json.{dead()}-abc.tmp": (0, False),
        f".record.json.{os.getpid()}-abc.tmp": (0, True),
        f".record.json.{os.getpid()}-old.tmp": (25 * hours, False),
        f".other.json.{dead()}-abc.tmp": (0, True),
        "record.tmp": (25 * hours, True),
    }
    for name, (age, _) in left.items():
        (tmp_path / name).write_bytes(b"half")
        then = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (then, then))
    write_whole(tmp_path / "record.json", b"{}")
    assert {path.name for path in tmp_path.iterdir()} == {
        "record.json",
        *(name for name, (_, stays) in left.items() if stays),
    }


def test_kept_files_have_their_temporaries_in_one_folder(kept: Kept) -> None:
    folder = kept.root / "things" / "half-written"
    folder.mkdir(parents=True)
    (folder / f".{dead()}-abc.tmp").write_bytes(b"half")
    kept.write_json(NAME, VALUE)
    assert list(folder.iterdir()) == []


def test_a_folder_is_swept_too(tmp_path: Path) -> None:
    (tmp_path / f".convert-x.{dead()}-abc" / "model").mkdir(parents=True)
    sweep(tmp_path, ".convert-*")
    assert list(tmp_path.iterdir()) == []
    remove(tmp_path / "not there")


def test_a_temporary_that_another_sweeps_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, times = Path.replace, []

    def swept(self: Path, target: Path) -> Path:
        times.append(self)
        if len(times) < 3:
            self.unlink()
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", swept)
    write_whole(tmp_path / "record.json", b"{}")
    assert len(set(times)) == 3
    assert (tmp_path / "record.json").read_bytes() == b"{}"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(), st.lists, max_leaves=8))
def test_any_value_comes_back(kept: Kept, value: object) -> None:
    kept.write_json(NAME, {"value": value})
    assert kept.read_json(NAME, dict) == {"value": value}
