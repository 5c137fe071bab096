"""Files from elsewhere: only regular ones are opened, and only up to a size.

Opening a pipe waits for whoever writes to it, a device may never end, and some act when they are opened.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


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
