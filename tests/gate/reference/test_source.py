"""Where a reference lies: a folder, or a revision of which nothing but its files is taken."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from neurontest.errors import RecordError
from neurontest.gate.reference.folder import MANIFEST, RECORD
from neurontest.gate.reference.source import _unpack, folder_of


def archive(*members: tuple[str, bytes | None]) -> bytes:
    """A tar file; a member without content is a link to ``/etc/passwd``."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for name, data in members:
            info = tarfile.TarInfo(name)
            if data is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            info.size = len(data or b"")
            file.addfile(info, io.BytesIO(data or b""))
    return out.getvalue()


def test_a_folder_is_what_it_is(tmp_path: Path) -> None:
    assert folder_of("ref", tmp_path, tmp_path) == tmp_path / "ref"
    assert folder_of("/there", tmp_path, tmp_path) == Path("/there")


def test_nothing_of_an_archive_leads_elsewhere(tmp_path: Path) -> None:
    data = archive((MANIFEST, b"{}"), (RECORD, None), ("../out", b"x"), ("/out", b"x"), ("more.txt", b"x"))
    _unpack("git:x:y", data, tmp_path / "in")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        f"in/{MANIFEST}"
    ]
    with pytest.raises(RecordError, match="is no reference"):
        _unpack("git:x:y", archive((MANIFEST, None)), tmp_path / "other")
    with pytest.raises(RecordError, match="is no archive"):
        _unpack("git:x:y", b"no archive" * 100, tmp_path / "other")


def test_of_a_revision_below_the_top(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path / "repo"), *arguments], check=True, capture_output=True)

    folder = tmp_path / "repo" / "sub" / "ref"
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text("1")
    git("init", "-q")
    git("add", ".")
    git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "one")
    (folder / MANIFEST).write_text("2")
    git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qam", "two")
    first, second = (
        folder_of(f"git:{rev}:ref", tmp_path / "repo" / "sub", tmp_path / "cache") for rev in ("HEAD~1", "HEAD")
    )
    assert ((first / MANIFEST).read_text(), (second / MANIFEST).read_text()) == ("1", "2")
    assert folder_of("git:HEAD:sub/ref", tmp_path / "repo", tmp_path / "cache") == second
    for wrong in ("git:HEAD:../../ref", "git:HEAD:sub", "git:nope:ref", "git::ref", "git:HEAD:", "git:-x:ref"):
        with pytest.raises(RecordError):
            folder_of(wrong, tmp_path / "repo" / "sub", tmp_path / "cache")
    with pytest.raises(RecordError, match="cannot be read from the repository"):
        folder_of("git:HEAD:ref", tmp_path, tmp_path / "cache")
