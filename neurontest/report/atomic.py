"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` under a temporary name in the same folder, then rename; the folder is made if it is missing.

    Raises
    ------
    OSError
        If the folder cannot be written to; nothing half-written is left then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
