"""Report writers of other packages: each is given the record and the folder that our own files are in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from pathlib import Path

from neurontest.types import Notice, Record

#: The group of entry points by which an installed package adds a report writer.
GROUP = "neurontest.reports"
#: ``writer(record, folder)`` writes files into the folder, and returns their paths.
Writer = Callable[[Record, Path], Iterable[Path]]


def write_others(record: Record, folder: Path, notice: Notice) -> tuple[Path, ...]:
    """Write what the writers of installed packages write.

    Parameters
    ----------
    record : Record
    folder : Path
    notice : Notice
        Told of a writer that failed: its files alone are missing.
    """
    paths: list[Path] = []
    for one in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        try:
            writer: Writer = one.load()
            paths += [Path(path) for path in writer(record, folder)]
        except Exception as error:  # a stranger's code may fail in any way
            notice(f"the report {one.name!r} of {one.value} was not written: {type(error).__name__}: {error}")
    return tuple(paths)
