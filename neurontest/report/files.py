"""The files of a run."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from neurontest.errors import RecordError
from neurontest.files import write_whole
from neurontest.report import BADGES, SARIF
from neurontest.report.ci.badge import Badge, badge_json, badge_svg, badges
from neurontest.report.ci.sarif import sarif
from neurontest.report.ci.summary import summary
from neurontest.report.html import html_report
from neurontest.report.html.models import folders, models_page
from neurontest.report.junit import junit_xml
from neurontest.report.record import dump_record, load_record
from neurontest.report.tables import TABLES
from neurontest.report.writers import write_others
from neurontest.text import together
from neurontest.types import Notice, Record, unnoticed


def write_reports(
    record: Record, folder: Path, sarif_from: str | None = None, notice: Notice = unnoticed
) -> tuple[Path, ...]:
    """Write the record and what is drawn of it into `folder`, and return their paths.

    ``record.json`` comes first: whatever happens to the others, they can be drawn from it again. Then ``report.html``,
    ``junit.xml``, ``summary.md``, the suite's ``badge.svg`` and ``badge.json``, and those of its files in ``badges/``.

    Parameters
    ----------
    record : Record
    folder : Path
    sarif_from : str, optional
        The suite's folder as seen from the root of the repository: ``claims.sarif`` is written too.
    notice : Notice, optional
        Told of what another package's report writer could not write.

    Raises
    ------
    RecordError
        If the record holds what JSON cannot, or what cannot be drawn: one from elsewhere may be of the right types, and
        yet have a matrix without columns or an interval as wide as numbers go.
    OSError
        If the folder cannot be written to.
    """
    draws: dict[str, Callable[[], str]] = {
        "report.html": partial(html_report, record),
        "junit.xml": partial(junit_xml, record),
        "summary.md": partial(summary, record),
    }
    draws |= {name: draw for name, (draw, _) in _badge_files(record).items()}
    if sarif_from is not None:
        draws[SARIF] = partial(sarif, record, sarif_from)
    paths = [folder / "record.json"]
    dump_record(record, paths[0])
    for name, draw in draws.items():
        paths.append(folder / name)
        write_whole(paths[-1], _drawn(draw, paths[-1]))
    return (*paths, *write_others(record, folder, notice))


def write_badges(record: Record, folder: Path, file: str | None = None) -> tuple[tuple[Path, Badge], ...]:
    """Write the badges alone, under the names that :func:`write_reports` gives them.

    Parameters
    ----------
    record : Record
    folder : Path
    file : str, optional
        The spec file whose badge is written, and no other.

    Returns
    -------
    tuple of (Path, Badge)
        What was written, and what it says.

    Raises
    ------
    RecordError
        If the record has no such file.
    OSError
        If the folder cannot be written to.
    """
    known = [family for family, _ in badges(record) if family]
    if file is not None and file not in known:
        raise RecordError(f"the record has no file {file!r}; there are {together(known) or 'none'}")
    out = []
    for name, (draw, (family, badge)) in _badge_files(record).items():
        if file in (None, family):
            path = folder / name
            write_whole(path, _drawn(draw, path))
            out.append((path, badge))
    return tuple(out)


def _badge_files(record: Record) -> dict[str, tuple[Callable[[], str], tuple[str, Badge]]]:
    """What draws each file of badges, by name, and whose badge it is: the suite's under an empty name."""
    out: dict[str, tuple[Callable[[], str], tuple[str, Badge]]] = {}
    for family, badge in badges(record):
        path = f"{BADGES}/{_file_name(family, out)}" if family else "badge"
        out[f"{path}.svg"] = partial(badge_svg, badge), (family, badge)
        out[f"{path}.json"] = partial(badge_json, badge), (family, badge)
    return out


def _file_name(family: str, taken: Collection[str]) -> str:
    """A spec file's name as that of a file of ours: a record from elsewhere names no other folder by it."""
    stem = re.sub(r"[^\w.-]+", "-", family.removesuffix(".yaml").removesuffix(".yml")).strip(".-") or "file"
    name, times = stem, 1
    while f"{BADGES}/{name}.svg" in taken:
        times += 1
        name = f"{stem}-{times}"
    return name


def _drawn(draw: Callable[[], str], path: Path) -> bytes:
    try:
        return draw().encode()
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise RecordError(
            f"{path.name} cannot be drawn: a number or a list of the record is not what it should be ({reason}); "
            "run the suite again to write it anew"
        ) from error


def write_tables(record: Record, folder: Path) -> tuple[Path, ...]:
    """Write ``claims.csv``, ``neurons.csv`` and ``overlaps.csv`` into `folder`, and return their paths.

    Raises
    ------
    RecordError, OSError
        As :func:`write_reports`.
    """
    paths = tuple(folder / name for name in TABLES)
    for path in paths:
        write_whole(path, _drawn(partial(TABLES[path.name], record), path))
    return paths


def write_models(records: Sequence[Record], folder: Path, notice: Notice = unnoticed) -> tuple[Path, ...]:
    """Write the reports of several records, each into a folder named after its model, and ``index.html`` over them.

    Returns
    -------
    tuple of Path
        ``index.html`` first.

    Raises
    ------
    RecordError, OSError
        As :func:`write_reports`.
    """
    index = folder / "index.html"
    write_whole(index, _drawn(partial(models_page, records), index))
    paths = [index]
    for record, name in zip(records, folders(records), strict=True):
        paths += write_reports(record, folder / name, notice=notice)
    return tuple(paths)


def redraw(
    records: Sequence[Path],
    folder: Path | None = None,
    sarif_from: str | None = None,
    *,
    tables: bool = False,
    notice: Notice = unnoticed,
) -> tuple[Path, ...]:
    """Draw the reports of a record again, or of several side by side, and return what was written.

    Parameters
    ----------
    records : sequence of Path
    folder : Path, optional
        By default the one record's.
    sarif_from : str, optional
        As :func:`write_reports` takes it, of one record.
    tables : bool
        Write the tables as well.
    notice : Notice, optional
        As :func:`write_reports` takes it.

    Raises
    ------
    RecordError
        If a file is no record, or of several it is not said where to or one of them is to have a SARIF file.
    OSError
        If the folder cannot be written to.
    """
    found = [load_record(path) for path in records]
    if len(found) == 1:
        where = {folder or records[0].parent: found[0]}
        paths = [path for own, record in where.items() for path in write_reports(record, own, sarif_from, notice)]
    elif folder is None or sarif_from is not None:
        raise RecordError("several records are drawn side by side into a folder: say --out DIR, without --sarif")
    else:
        where = {folder / name: record for record, name in zip(found, folders(found), strict=True)}
        paths = list(write_models(found, folder, notice))
    for own, record in where.items() if tables else ():
        paths += write_tables(record, own)
    return tuple(paths)
