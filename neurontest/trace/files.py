"""Files that are either whole or not there."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from neurontest.errors import StoreError


def replace_bytes(path: Path, data: bytes) -> None:
    """Write `data` under a temporary name beside `path`, then rename: a reader sees the old file or the new one.

    Raises
    ------
    StoreError
        If the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}; make room there or name "
            "another folder with --concept-cache-dir."
        ) from error


def sweep(folder: Path, prefix: str) -> None:
    """Remove the folders inside `folder` whose names begin with `prefix`, as far as that can be done."""
    for left in folder.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
