"""``neurontest plan``: what effects a suite's claims can show."""

from __future__ import annotations

import argparse
from math import inf
from pathlib import Path

from neurontest.cli.running import run_of, suite_of
from neurontest.cli.saying import say, say_json
from neurontest.cli.verb import Commands, takes_json, takes_model, verb
from neurontest.errors import NeurontestError


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "plan",
        run,
        "Say what effects a suite's claims can show, from its prompts as a pilot",
        "neurontest plan concept_specs",
        "neurontest plan concept_specs --effect 1.5",
    )
    parser.add_argument(
        "folder", metavar="SUITE", type=Path, help="Folder with a suite.yaml; four prompts a concept make a pilot"
    )
    takes_model(parser)
    parser.add_argument(
        "--effect",
        metavar="EFFECT",
        help="Say how many prompts show an effect of this size, the smallest worth finding, in each claim's own unit",
    )
    takes_json(parser)


def run(said: argparse.Namespace) -> int:
    """Print a plan for each claim."""
    from neurontest.run.sample_size import plan_suite, table, told

    effect = _effect(said.effect)
    suite = suite_of(said.folder, {"model": said.model})
    if suite is None:
        return 1
    plans = plan_suite(run_of(suite, own=not said.model))
    if said.json:
        say_json(told(plans, effect))
        return 0
    for line in table(plans, effect):
        say(line)
    return 0


def _effect(said: str | None) -> float | None:
    """Read the effect that a plan is made for.

    Raises
    ------
    NeurontestError
        If it is no number above 0.
    """
    if said is None:
        return None
    try:
        effect = float(said)
    except ValueError:
        effect = 0.0
    if not 0 < effect < inf:
        raise NeurontestError(f"--effect must be a number above 0, not {said!r}: the smallest effect worth finding")
    return effect
