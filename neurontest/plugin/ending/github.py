"""What GitHub Actions is told, where a run is one of its steps: the job summary, and annotations of lines."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurontest.plugin.ending.written import Written

SUMMARY = "GITHUB_STEP_SUMMARY"
#: Bytes that a step's summary may have in all; of one that has more, nothing is shown.
LARGEST = 1024 * 1024


def from_repository(folder: Path) -> str:
    """A suite's folder as seen from the root of the repository, or else from where the run was started."""
    root = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or Path.cwd()
    return Path(os.path.relpath(folder, root)).as_posix()


def add_summary(written: Iterable[Written]) -> list[str]:
    """Append what became of each suite to the job summary, where there is one; why that failed, if it did."""
    said = os.environ.get(SUMMARY)
    if not said:
        return []
    from neurontest.report.ci.summary import summary

    path, warnings = Path(said), []
    for one in written:
        if one.record is None:
            continue
        try:
            there = path.stat().st_size if path.exists() else 0
            left = LARGEST - there - 1024
            if left < 1024:
                warnings.append(f"the job summary is full ({there:,} bytes); {one.folder.name} is not in it")
                continue
            with path.open("a", encoding="utf-8") as file:
                file.write(summary(one.record, left) + "\n")
        except OSError as error:
            warnings.append(f"nothing is added to the job summary {path}: {error.strerror}")
    return warnings


def marked(written: Iterable[Written]) -> list[str]:
    """Lines that mark what failed, where GitHub reads them."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return []
    from neurontest.report.ci.annotations import marked_lines

    lines = []
    for one in written:
        if one.record is not None:
            lines += marked_lines(one.record, from_repository(one.folder))
    return lines
