"""What became of one suite at a session's end: its record, and the files that were written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurontest.run import Run
    from neurontest.types import Record


@dataclass(frozen=True)
class Written:
    """What became of one suite's record.

    Attributes
    ----------
    folder : Path
        Of the suite.
    record : Record or None
    files : tuple of Path
        The reports, as far as they were written.
    warning : str
        Why there is no record or no report, in a sentence; else empty.
    run : Run or None
        That the record is of, if anything was found.
    """

    folder: Path
    record: Record | None
    files: tuple[Path, ...] = ()
    warning: str = ""
    run: Run | None = None
