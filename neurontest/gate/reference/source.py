"""Where a reference lies: in a folder, or in a revision of a git repository."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

from neurontest.errors import RecordError
from neurontest.files import write_whole
from neurontest.gate import accepted
from neurontest.gate.reference.folder import ACTIVATIONS, FLOOR, LARGEST, MANIFEST, RECORD
from neurontest.text import quoted

GIT = "git:"
#: The files of a reference: nothing else of a revision is read.
_FILES = (MANIFEST, RECORD, ACTIVATIONS, FLOOR, accepted.FILE)
_SECONDS = 120


def folder_of(said: str, base: Path, cache_dir: Path) -> Path:
    """The folder of a reference.

    Parameters
    ----------
    said : str
        A folder, or ``git:REVISION:FOLDER``.
    base : Path
        What it is relative to; of a revision, a folder of its repository.
    cache_dir : Path
        Where what a revision holds is unpacked, by what it is: it stays the same folder as long as it is the same.

    Raises
    ------
    RecordError
        If a revision has no such folder, or git cannot tell.
    """
    if not said.startswith(GIT):
        return base / Path(said).expanduser()
    revision, separator, path = said.removeprefix(GIT).partition(":")
    if not (separator and revision and path) or revision.startswith("-"):
        raise RecordError(f"{quoted(said)} names no reference; say git:REVISION:FOLDER")
    top = Path(_git(said, base, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    inside = os.path.normpath(_git(said, base, "rev-parse", "--show-prefix").decode().strip() + path)
    tree = _git(said, top, "rev-parse", "--verify", "--quiet", f"{revision}:{inside}").decode().strip()
    folder = cache_dir / "references" / tree
    _unpack(said, _git(said, top, "archive", "--format=tar", tree), folder)
    return folder


def _git(said: str, where: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(where), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603 - no shell
    except (OSError, subprocess.SubprocessError) as error:
        raise RecordError(f"{quoted(said)} cannot be read, since git does not run: {error}") from error
    if done.returncode:
        why = " ".join(done.stderr.decode(errors="replace").split()) or "there is no such revision or folder"
        raise RecordError(f"{quoted(said)} cannot be read from the repository of {where}: {why[:300]}")
    return done.stdout


def _unpack(said: str, archive: bytes, folder: Path) -> None:
    """Write the files of a reference, by their names alone: no path of an archive leads anywhere else."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as found:
            members = [one for one in found if one.name in _FILES and one.isfile() and one.size <= LARGEST]
            data = {one.name: file.read() for one in members if (file := found.extractfile(one)) is not None}
    except (tarfile.TarError, OSError) as error:
        raise RecordError(f"{quoted(said)} is no archive of a folder: {error}") from error
    if MANIFEST not in data:
        raise RecordError(f"{quoted(said)} is no reference: {MANIFEST} is not there")
    for name, content in data.items():
        try:
            write_whole(folder / name, content)
        except OSError as error:
            raise RecordError(f"{quoted(said)} cannot be unpacked to {folder}: {error.strerror}") from error
