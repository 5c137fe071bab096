"""``neurontest report``: the reports of a record, drawn again."""

from __future__ import annotations

import argparse
from pathlib import Path

from neurontest.cli.saying import say
from neurontest.cli.verbs import Commands, verb


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "report",
        run,
        "Draw the reports and badges again from a record",
        "neurontest report reports/latest/record.json --out reports/again",
    )
    parser.add_argument("record", metavar="RECORD.json", type=Path, help="What a run wrote")
    parser.add_argument("--out", metavar="DIR", type=Path, help="Folder to write to (default: the record's)")
    parser.add_argument(
        "--sarif", metavar="FOLDER", help="Also write claims.sarif; FOLDER: the suite's, as seen from the repository"
    )


def run(said: argparse.Namespace) -> int:
    """Write the files, and say which."""
    from neurontest.report.files import write_reports
    from neurontest.report.record import load_record

    record = load_record(said.record)
    for path in write_reports(record, said.out or said.record.parent, said.sarif):
        say(str(path))
    return 0
