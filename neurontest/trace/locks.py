"""Locks between processes, that say so while they wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from neurontest.types import Progress

#: Seconds between two words to a waiting user.
_PATIENCE = 1.0


@contextmanager
def hold(cache_dir: Path, name: str, what: str, progress: Progress) -> Iterator[None]:
    """Hold the lock called `name`, shared by all processes that use the cache; freed if the process dies."""
    folder = cache_dir / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{name}.lock")
    begun = time.monotonic()
    while True:
        try:
            lock.acquire(timeout=_PATIENCE)
            break
        except Timeout:
            progress(what, 0, 1, f"waiting for another process that does it, {time.monotonic() - begun:.0f} s")
    try:
        yield
    finally:
        lock.release()
