"""Files: ours are whole or not there; of those from elsewhere only regular ones are opened, and only up to a size.

Nothing is forced to the disk: after a power cut a file may be empty or hold zeros. Opening a pipe waits for whoever
writes to it, a device may never end, and some act when they are opened.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
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


class UnreadableError(ValueError):
    """A file cannot be read; the text is the end of a sentence about it."""


def read_regular(path: Path, most: int) -> bytes:
    """The bytes of a regular file of at most `most` bytes.

    Raises
    ------
    UnreadableError
        If it is not there, is something else, is larger, or cannot be read.
    """
    try:
        _check(path.stat(), most)
        # What is there by now may be another file, so it is opened without waiting and looked at once more.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            _check(os.fstat(file.fileno()), most)
            data = file.read(most + 1)
    except FileNotFoundError:
        raise UnreadableError("is not there") from None
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        # UnreadableError is one as well; else the name holds what no file's name can, such as NUL.
        raise error if isinstance(error, UnreadableError) else UnreadableError("has no name of a file") from None
    if len(data) > most:
        raise UnreadableError(f"is larger than {size(most)}")
    return data


def size(number: int) -> str:
    """Bytes in words: ``5 MB``."""
    return f"{number // 1_000_000} MB" if number >= 1_000_000 else f"{number:,} bytes"


def _check(found: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise UnreadableError("is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableError("is no regular file, but a pipe, device or socket")
    if found.st_size > most:
        raise UnreadableError(f"is larger than {size(most)}")
