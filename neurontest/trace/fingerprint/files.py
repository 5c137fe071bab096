"""What a model in files is, as one sha256; of one in memory see :mod:`neurontest.trace.fingerprint.memory`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from neurontest.errors import ModelError, StoreError
from neurontest.seals import Kept
from neurontest.trace.fingerprint.folder import files_of
from neurontest.types import Notice, unnoticed

#: A file younger than this may be written again within the same tick of its clock, so its hash is not remembered.
_SETTLED_NS = 2_000_000_000


class _Memo(msgspec.Struct):
    """A file's hash, and all that changes with its content.

    Size and modification time can be kept by who writes it anew; the others cannot be set by hand.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int
    sha256: str = ""


def of_folder(folder: Path, cache_dir: Path, notice: Notice = unnoticed) -> str:
    """Fingerprint of a model folder.

    Parameters
    ----------
    folder : Path
        All files count that loading may open, by name and content.
    cache_dir : Path
        Where the files' hashes are remembered.
    notice : Notice, optional
        Told of what a reader of the results should know.

    Returns
    -------
    str
        sha256 in hexadecimal.

    Raises
    ------
    ModelError
        If a file cannot be read, or one names something outside the folder.
    """
    found = ((path.relative_to(folder).as_posix(), of_file(path, cache_dir, notice)) for path in files_of(folder))
    return of_parts(part for pair in found for part in pair)


def of_file(path: Path, cache_dir: Path, notice: Notice = unnoticed) -> str:
    """sha256 of a file's content, read anew only if it may have changed since it was remembered.

    Raises
    ------
    ModelError
        If the file cannot be read.
    """
    path = path.resolve()
    kept = Kept(cache_dir, notice)
    memo = f"fingerprints/{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()}.json"
    try:
        status = path.stat()
        # A name that is no text is told by its escapes: JSON has none for what stands for a stray byte.
        said = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        times = status.st_mtime_ns, status.st_ctime_ns
        now = _Memo(said, status.st_size, *times, status.st_ino, status.st_dev)
        remembered = kept.read_json(memo, _Memo)
        if remembered is not None and msgspec.structs.replace(remembered, sha256="") == now:
            return remembered.sha256
        with path.open("rb") as file:
            now.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    if time.time_ns() - max(times) > _SETTLED_NS:
        # A cache that cannot be written to costs the time to read the file again, and nothing else.
        with suppress(StoreError):
            kept.write_json(memo, now)
    return now.sha256


def of_parts(parts: Iterable[str]) -> str:
    """sha256 of a sequence of texts, each with its length, so that no two sequences run together."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()
