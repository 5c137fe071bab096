"""``neurontest accept``: let a run against a reference pass over what became of a claim."""

from __future__ import annotations

import argparse
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from neurontest.cli.saying import say
from neurontest.cli.verb import Commands, verb
from neurontest.errors import NeurontestError


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "accept",
        run,
        "Accept what became of a claim: a run against the reference passes it",
        "neurontest accept reports/reference/base --claim geography.yaml::hanoi-vietnam --reason 'the data changed'",
    )
    parser.add_argument("reference", metavar="REF", type=Path, help="Folder of the reference; accepted.yaml is written")
    parser.add_argument("--claim", metavar="FILE::ID", required=True, help="Such as geography.yaml::hanoi-vietnam")
    parser.add_argument("--reason", metavar="TEXT", required=True, help="Why; everyone who reads the reference sees it")
    parser.add_argument("--until", metavar="DATE", help="The last day on which it counts, such as 2027-03-31")


def run(said: argparse.Namespace) -> int:
    """Write the acceptance down."""
    from neurontest.gate.accepted import FILE, Acceptance, read_accepted, write_accepted
    from neurontest.gate.reference.folder import RECORD, read_reference
    from neurontest.report.record import load_record

    folder: Path = said.reference
    read_reference(folder)
    known = [f"{claim.family}::{claim.id}" for claim in load_record(folder / RECORD).claims]
    if said.claim not in known:
        near = get_close_matches(said.claim, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known[:10])}"
        raise NeurontestError(f"the reference {folder} has no claim {said.claim!r}; {hint}")
    if not said.reason.strip():
        raise NeurontestError("--reason must say why: everyone who reads the reference sees it")
    today = date.today()
    try:
        until = date.fromisoformat(said.until) if said.until is not None else None
    except ValueError:
        raise NeurontestError(f"--until must be a date such as 2027-03-31, not {said.until!r}") from None
    if until is not None and until < today:
        raise NeurontestError(f"--until {until} is over: such an acceptance would count for nothing")
    accepted = Acceptance(said.claim, said.reason.strip(), until, today)
    write_accepted(folder, [*read_accepted(folder), accepted])
    say(f"{folder / FILE}: {said.claim} is accepted{f' until {until}' if until else ''}: {accepted.reason}")
    return 0
