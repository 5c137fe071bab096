"""``neurontest schema``: the JSON Schemas."""

from __future__ import annotations

import argparse
import json

from neurontest.cli.verb import Commands, verb


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "schema",
        run,
        "Print the JSON Schema of spec files, or of records",
        "neurontest schema > suite.schema.json",
    )
    parser.add_argument("of", nargs="?", choices=("suite", "record"), default="suite", help="(default: suite)")


def run(said: argparse.Namespace) -> int:
    """Print one."""
    if said.of == "record":
        from neurontest.report.record import record_schema

        print(json.dumps(record_schema(), indent=2, ensure_ascii=False))
    else:
        from neurontest.spec.schema import text

        print(text(), end="")
    return 0
