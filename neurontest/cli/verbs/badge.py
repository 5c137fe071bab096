"""``neurontest badge``: the badges of a record, without its other reports."""

from __future__ import annotations

import argparse
from pathlib import Path

from neurontest.cli.saying import say
from neurontest.cli.verb import Commands, verb


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "badge",
        run,
        "Write the badges of a record: of the suite, and of each of its files",
        "neurontest badge reports/latest/record.json --out public",
        "neurontest badge reports/latest/record.json --out public --file geography.yaml",
    )
    parser.add_argument("record", metavar="RECORD.json", type=Path, help="What a run wrote")
    parser.add_argument("--out", metavar="DIR", type=Path, help="Folder to write to (default: the record's)")
    parser.add_argument("--file", metavar="FILE", help="Only that of this spec file, such as geography.yaml")


def run(said: argparse.Namespace) -> int:
    """Write them, and say where and what they say."""
    from neurontest.report.files import write_badges
    from neurontest.report.record import load_record

    for path, badge in write_badges(load_record(said.record), said.out or said.record.parent, said.file):
        say(f"{path}: {badge.title}")
    return 0
