"""``neurontest compare``: which claims of one reference survived in another."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurontest.cli.saying import fitted, say, say_json, width
from neurontest.cli.verb import Commands, cache_dir, margin, takes_json, verb
from neurontest.errors import NeurontestError

if TYPE_CHECKING:
    from neurontest.types import Record


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "compare",
        run,
        "Say which claims of a reference survived in another; needs no model",
        "neurontest compare reports/reference/base reports/reference/tuned",
        "neurontest compare git:main:reports/reference reports/reference --json",
    )
    parser.add_argument("reference", metavar="REF", help="Folder of a reference, or git:REVISION:FOLDER")
    parser.add_argument("new", metavar="NEW", help="The same, of the changed model")
    parser.add_argument("--margin", metavar="MARGIN", help="What may be lost of an effect (default: 50%%)")
    takes_json(parser)


def run(said: argparse.Namespace) -> int:
    """Print what became of each claim."""
    from neurontest.report.text.since import fails_gate, since_counts, since_rows
    from neurontest.run.gate.between import held_against
    from neurontest.run.since.against import Against

    here, cache = Path.cwd(), cache_dir()
    against = Against.read(said.reference, here, cache_dir=cache, today=date.today(), margin=margin(said))
    record = held_against(said.new, here, against, cache)
    if said.json:
        say_json(_told(record))
    else:
        _show(record)
    if all(row.status == "incomparable" for row in since_rows(record)):
        raise NeurontestError(f"nothing of {said.new} can be compared with {said.reference}")
    if not said.json:
        say(since_counts(record))
    return int(any(fails_gate(record, claim) for claim in record.claims))


def _show(record: Record) -> None:
    from neurontest.report.text.drift import drift_lines
    from neurontest.report.text.since import since_heading, since_lines, since_rows, since_table

    say(since_heading(record))
    rows = since_rows(record)
    for line in since_table(rows, width()) if rows else ():
        say(line)
    for line in drift_lines(record, width()):
        say(line)
    for _, line in since_lines(record):
        say(fitted(line))


def _told(record: Record) -> dict[str, Any]:
    """The comparison as plain values, with the names that the record's schema explains."""
    import json

    import msgspec

    from neurontest.report.text.since import compared, fails_gate

    whole: dict[str, Any] = {
        "against": record.against,
        "claims": [
            {
                "file": claim.family,
                "id": claim.id,
                "claim": claim.sentence,
                "status": found.status,
                "fails": fails_gate(record, claim),
                "comparison": found,
            }
            for claim, found in compared(record)
        ],
        "drifts": record.drifts,
        "rewritten": record.rewritten,
    }
    plain: dict[str, Any] = json.loads(msgspec.json.encode(whole))
    return plain
