"""The parser of all verbs, and the one way into and out of the program."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from neurontest import __version__
from neurontest.cli.saying import fitted, say
from neurontest.cli.verbs import (
    accept,
    badge,
    bisect,
    check,
    claims,
    compare,
    init,
    models,
    neurons,
    overlap,
    plan,
    report,
    schema,
    trace,
)
from neurontest.errors import NeurontestError

#: In the order in which someone new meets them.
_VERBS = (init, check, claims, plan, trace, neurons, overlap, report, badge, compare, bisect, accept, models, schema)
#: What a shell says of a program that a closed pipe ended: 128 and the number of SIGPIPE.
_BROKEN_PIPE = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit status: 0 if all is well, 1 if a suite has faults or a claim was lost, 2 if something went wrong, 141 if
        who read the output has stopped reading.
    """
    try:
        try:
            return _run(arguments)
        finally:
            # What is still in the buffer would otherwise fail when the process ends, where nobody can catch it.
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return _BROKEN_PIPE
    except OSError as error:
        _drop_output()
        say(f"neurontest: the output cannot be written: {error}", sys.stderr)
        return 2


def _drop_output() -> None:
    """Let what is left in the buffer go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: Sequence[str] | None) -> int:
    said = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = said.command
    try:
        return command(said)
    except BrokenPipeError:
        raise
    except (NeurontestError, OSError) as error:
        for line in f"neurontest: {error}".split("\n"):
            say(fitted(line, to=sys.stderr), sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """All verbs with their arguments; a parsed command line has its verb's function as ``command``."""
    whole = argparse.ArgumentParser(
        prog="neurontest",
        description="Check and report on suites of concept specs; 'pytest --concept-specs DIR' runs them.",
        epilog="'neurontest COMMAND --help' says more, with an example.",
    )
    whole.add_argument("--version", action="version", version=f"neurontest {__version__}")
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    for verb in _VERBS:
        verb.add(commands)
    return whole
