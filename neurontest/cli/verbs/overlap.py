"""``neurontest overlap``: how many neurons every two concepts share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from neurontest.cli.running import at_selection, run_of, selection_said, suite_of, takes_selection, takes_source
from neurontest.cli.saying import columns, fitted, say, say_json
from neurontest.cli.verb import Commands, takes_json, takes_model, verb
from neurontest.errors import NeurontestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neurontest.types import OverlapMatrix


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "overlap",
        run,
        "Print how many neurons every two concepts share, raw and normalized",
        "neurontest overlap concept_specs",
        "neurontest overlap concept_specs --site mlp --k 50 --normalize difference",
        "neurontest overlap reports/latest/record.json --json",
    )
    takes_source(parser)
    takes_model(parser)
    takes_selection(parser)
    takes_json(parser)


def run(said: argparse.Namespace) -> int:
    """Print the matrices."""
    found = _of_record(said) if said.source.is_file() else _of_suite(said)
    if found is None:
        return 1
    wanted = selection_said(said)
    chosen = [one for one in found if _fits(one, wanted)]
    if not chosen:
        there = "; ".join(_heading(one) for one in found)
        raise NeurontestError(f"there is no such matrix; there are {there or 'none, since nothing was traced'}")
    if said.json:
        import msgspec

        say_json(msgspec.to_builtins(chosen))
        return 0
    for number, one in enumerate(chosen):
        if number:
            say("")
        say(fitted(_heading(one)))
        rows = [(name, *map(_count, counts)) for name, counts in zip(one.concepts, one.counts, strict=True)]
        for line in columns([("", *one.concepts), *rows], right=range(1, len(one.concepts) + 1)):
            say(line)
    return 0


def _fits(one: OverlapMatrix, wanted: Mapping[str, object]) -> bool:
    own = {**one.setting, "positions": one.positions}
    return all(own.get(name) == said for name, said in wanted.items())


def _heading(one: OverlapMatrix) -> str:
    from neurontest.report.text.wording import POSITIONS, REDUCED

    said = {name: str(value) for name, value in one.setting.items()}
    where = POSITIONS.get(one.positions, one.positions) + (f" of {said['match']!r}" if "match" in said else "")
    selected = f"top {said.get('k', '?')} by {said.get('select', '?')}"
    if said.get("identity", "neuron") != "neuron":
        selected += f", by {said['identity']}"
    reduced = REDUCED.get(said.get("reduce", ""), "")
    return ", ".join(filter(None, (said.get("site"), where, reduced, said.get("normalize", one.kind), selected)))


def _count(count: float) -> str:
    # Where neurons tie for the last places, a part of each counts.
    return f"{count:.1f}".removesuffix(".0")


def _of_suite(said: argparse.Namespace) -> tuple[OverlapMatrix, ...] | None:
    suite = suite_of(said.source, {"model": said.model})
    return None if suite is None else run_of(at_selection(suite, said), own=not said.model).overlaps()


def _of_record(said: argparse.Namespace) -> tuple[OverlapMatrix, ...]:
    from neurontest.report.record import load_record

    if said.model:
        raise NeurontestError("--model is for a suite: a record is of one model")
    return load_record(said.source).overlaps
