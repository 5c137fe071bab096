"""The files of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from neurontest.errors import RecordError
from neurontest.files import write_whole
from neurontest.report import REPORTS
from neurontest.report.html import html_report
from neurontest.report.junit import junit_xml
from neurontest.report.record import dump_record
from neurontest.types import Record


def write_reports(record: Record, folder: Path) -> tuple[Path, ...]:
    """Write ``record.json``, ``report.html`` and ``junit.xml`` into `folder`, and return their paths.

    The record comes first: whatever happens to the others, they can be drawn from it again.

    Raises
    ------
    RecordError
        If the record holds what JSON cannot, or what cannot be drawn: one from elsewhere may be of the right types, and
        yet have a matrix without columns or an interval as wide as numbers go.
    OSError
        If the folder cannot be written to.
    """
    paths = tuple(folder / name for name in REPORTS)
    dump_record(record, paths[0])
    write_whole(paths[1], _drawn(html_report, record, paths[1]))
    write_whole(paths[2], _drawn(junit_xml, record, paths[2]))
    return paths


def _drawn(draw: Callable[[Record], str], record: Record, path: Path) -> bytes:
    try:
        return draw(record).encode()
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise RecordError(
            f"{path.name} cannot be drawn: a number or a list of the record is not what it should be ({reason}); "
            "run the suite again to write it anew"
        ) from error
