"""Locks between processes, that say so while they wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from neurontest.errors import StoreError
from neurontest.files import cannot_write
from neurontest.types import Progress

#: Seconds between two words to a waiting user.
_PATIENCE = 1.0


@contextmanager
def hold(cache_dir: Path, name: str, what: str, progress: Progress) -> Iterator[None]:
    """Hold the lock called `name`, shared by all processes that use the cache; freed if the process dies.

    Raises
    ------
    StoreError
        If the cache cannot be written to.
    """
    path = cache_dir / "locks" / f"{name}.lock"
    lock = FileLock(path)
    begun = time.monotonic()
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=_PATIENCE)
            break
        except Timeout:
            progress(what, 0, 1, f"waiting for another process that does it, {time.monotonic() - begun:.0f} s")
        except OSError as error:
            raise StoreError(cannot_write(path, error)) from error
    try:
        yield
    finally:
        lock.release()
