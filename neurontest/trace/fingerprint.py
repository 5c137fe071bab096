"""What a model in files is, as one sha256; of one in memory see :mod:`neurontest.trace.identity`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

from neurontest.errors import ModelError
from neurontest.trace.files import replace_bytes
from neurontest.trace.folder import files_of

#: A file younger than this may be written again within the same tick of its clock, so its hash is not remembered.
_SETTLED_NS = 2_000_000_000


def of_folder(folder: Path, cache_dir: Path) -> str:
    """Fingerprint of a model folder.

    Parameters
    ----------
    folder : Path
        All files count that loading may open, by name and content.
    cache_dir : Path
        Where the files' hashes are remembered.

    Returns
    -------
    str
        sha256 in hexadecimal.

    Raises
    ------
    ModelError
        If a file cannot be read, or one names something outside the folder.
    """
    found = ((path.relative_to(folder).as_posix(), of_file(path, cache_dir)) for path in files_of(folder))
    return of_parts(part for pair in found for part in pair)


def of_file(path: Path, cache_dir: Path) -> str:
    """sha256 of a file's content, read anew only if its path, size or modification time is not the remembered one.

    Raises
    ------
    ModelError
        If the file cannot be read.
    """
    path = path.resolve()
    memo = (
        cache_dir / "fingerprints" / f"{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()}.json"
    )
    try:
        status = path.stat()
        known = {"path": str(path), "size": status.st_size, "mtime_ns": status.st_mtime_ns}
        try:
            remembered = json.loads(memo.read_text(encoding="utf-8"))
            if {key: remembered[key] for key in known} == known:
                return str(remembered["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # not remembered, or not legibly: it is read anew
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    if time.time_ns() - status.st_mtime_ns > _SETTLED_NS:
        replace_bytes(memo, json.dumps(known | {"sha256": digest}).encode())
    return digest


def of_parts(parts: Iterable[str]) -> str:
    """sha256 of a sequence of texts, each with its length, so that no two sequences run together."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()
