"""``neurontest report``: the reports of a record, drawn again."""

from __future__ import annotations

import argparse
from pathlib import Path

from neurontest.cli.saying import say, warn
from neurontest.cli.verb import Commands, verb


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "report",
        run,
        "Draw the reports again from a record, or several side by side",
        "neurontest report reports/latest/record.json --out reports/again",
    )
    parser.add_argument(
        "records", metavar="RECORD.json", type=Path, nargs="+", help="What a run wrote; of several, claims by models"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="Folder to write to (default: the one record's)")
    parser.add_argument("--csv", action="store_true", help="Write claims.csv, neurons.csv and overlaps.csv as well")
    parser.add_argument(
        "--sarif", metavar="FOLDER", help="Also write claims.sarif; FOLDER: the suite's, as seen from the repository"
    )


def run(said: argparse.Namespace) -> int:
    """Write the files, and say which."""
    from neurontest.report.files import redraw

    for path in redraw(said.records, said.out, said.sarif, tables=said.csv, notice=warn):
        say(str(path))
    return 0
