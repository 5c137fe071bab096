"""``neurontest trace``: fill the cache, and test nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from neurontest.cli.running import run_of, suite_of
from neurontest.cli.saying import fitted, say
from neurontest.cli.verb import Commands, cache_dir, takes_model, verb
from neurontest.text import plural


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "trace",
        run,
        "Trace what a suite needs into the cache, and test nothing",
        "neurontest trace concept_specs",
        "neurontest trace concept_specs --model hub:org/name@revision",
    )
    parser.add_argument("folder", metavar="SUITE", type=Path, help="Folder with a suite.yaml")
    takes_model(parser)


def run(said: argparse.Namespace) -> int:
    """Trace, and say what that took."""
    suite = suite_of(said.folder, {"model": said.model})
    if suite is None:
        return 1
    work = run_of(suite, own=not said.model)
    work.trace()
    cost = work.cost
    for notice in work.noticed():
        say(fitted(f"warning: {notice}"))
    if cost.texts:
        rate = cost.tokens / max(cost.seconds, 1e-9)
        done = f"traced {plural(cost.texts, 'text')} ({plural(cost.tokens, 'token')}) in {cost.seconds:.0f} s"
        say(fitted(f"{said.folder}: {done}, {rate:.0f} tokens/s, on {suite.model}"))
    else:
        say(fitted(f"{said.folder}: nothing to trace, all was in the cache"))
    say(fitted(f"  in {cache_dir()}; 'pytest --concept-specs {said.folder}' finds it there"))
    if work.reads_more:
        say(fitted(f"  texts with neurons set to other values are read when these are tested: {work.reads_more}"))
    return 0
