"""Files that are whole or not there.

Nothing is forced to the disk: after a power cut a file may be empty or hold zeros.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from uuid import uuid4

#: A temporary file of this age is nobody's; one whose process is gone is nobody's at once.
_STALE_SECONDS = 24 * 3600

#: Where this process has looked for what others left, and of which names: once is enough.
_SWEPT: set[tuple[Path, str]] = set()


def write_whole(path: Path, data: bytes, temporaries: Path | None = None) -> None:
    """Write `data` under a temporary name, then rename: a reader sees the old file or the new one.

    What writers that were killed have left is removed first.

    Parameters
    ----------
    path : Path
        Its folder is made if it is missing.
    data : bytes
    temporaries : Path, optional
        A folder on the same disk, for nothing else; by default the file is written beside `path`.

    Raises
    ------
    OSError
        If the folder cannot be written to; nothing half-written is left then.
    """
    folder = temporaries or path.parent
    stem = "" if temporaries else f".{path.name}"
    if (folder, stem) not in _SWEPT:
        _SWEPT.add((folder, stem))
        sweep(folder, f"{stem}.*.tmp")
    for left in (2, 1, 0):
        temporary = folder / f"{stem}.{os.getpid()}-{uuid4().hex[:12]}.tmp"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
            temporary.replace(path)
            return
        except FileNotFoundError:
            # Swept by a process that does not see this one, such as one in another container.
            if not left:
                raise
        finally:
            temporary.unlink(missing_ok=True)


def sweep(folder: Path, pattern: str, *, all_of_them: bool = False) -> None:
    """Remove files and folders that a killed process left, as far as that can be done.

    Parameters
    ----------
    folder : Path
    pattern : str
        Of their names, which hold ``.<process>-``: those of a process that runs are left alone, unless they are old.
    all_of_them : bool
        Where who calls holds a lock, nobody else writes under such names.
    """
    for path in folder.glob(pattern):
        try:
            if all_of_them or _is_gone(path.name) or time.time() - path.lstat().st_mtime > _STALE_SECONDS:
                remove(path)
        except OSError:
            continue  # another process was quicker, or it is not ours to remove


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it.

    Raises
    ------
    OSError
        If a file cannot be removed; of a folder what can be is.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_gone(name: str) -> bool:
    found = re.search(r"\.(\d+)-", name)
    # Windows has no signal that only asks.
    if found is None or os.name == "nt":
        return False
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False  # it is another user's
    return False


def cannot_write(path: Path, error: Exception) -> str:
    """What to tell a user of a file of the cache that cannot be written."""
    reason = getattr(error, "strerror", None) or error
    return f"{path} cannot be written: {reason}; make room there or name another folder with --concept-cache-dir."
