from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from neurontest.files import UnreadableError, read_regular


def test_a_regular_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_regular(path, 5) == b"12345"
    with pytest.raises(UnreadableError, match="is larger than 4 bytes"):
        read_regular(path, 4)


@pytest.mark.skipif(os.name != "posix", reason="has no such files")
def test_nothing_else_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        for name in ("pipe", "socket", "/dev/zero", "/dev/tty"):
            with pytest.raises(UnreadableError, match="is no regular file, but a pipe, device or socket"):
                read_regular(Path(name), 100)
    with pytest.raises(UnreadableError, match="is a folder"):
        read_regular(tmp_path, 100)


@pytest.mark.parametrize(
    ("name", "message"),
    [("x" * 5000, "cannot be read: File name too long"), ("a\0b", "has no name of a file"), ("gone", "is not there")],
)
def test_names_of_no_file(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        read_regular(tmp_path / name, 100)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux shows its memory there")
def test_a_file_without_end_is_read_up_to_the_limit() -> None:
    # It says that it has no bytes, and gives as many as one reads.
    with pytest.raises(UnreadableError, match="is larger than 10 bytes"):
        read_regular(Path("/proc/self/environ"), 10)
