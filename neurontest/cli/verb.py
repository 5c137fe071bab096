"""What the modules of verbs have in common: how one is declared, and what several of them ask for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from neurontest.errors import NeurontestError
from neurontest.settings import from_environment, resolve

if TYPE_CHECKING:
    from neurontest.gate.margin import Margin

#: What verbs are added to; argparse has no public name for it.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def verb(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    help: str,
    *examples: str,
) -> argparse.ArgumentParser:
    """Declare a verb.

    Parameters
    ----------
    commands : argparse's subparsers
    name : str
    run : callable
        Carries it out, and gives the exit status.
    help : str
        What it does, in a sentence without a period.
    *examples : str
        Command lines to copy.
    """
    title = "example" if len(examples) == 1 else "examples"
    parser = commands.add_parser(
        name,
        help=help,
        description=f"{help}.",
        epilog="\n".join([f"{title}:", *(f"  {one}" for one in examples)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=run)
    return parser


def takes_json(parser: argparse.ArgumentParser) -> None:
    """Let a verb say its result to a program."""
    parser.add_argument("--json", action="store_true", help="Print JSON, for a program to read")


def takes_model(parser: argparse.ArgumentParser) -> None:
    """Let a verb use another model than the suite's."""
    parser.add_argument("--model", metavar="MODEL", help="Another model than the suite's")


def cache_dir() -> Path:
    """Where traces and models are kept.

    Raises
    ------
    NeurontestError
        If an environment variable says something that is no setting.
    """
    from neurontest.run import default_cache_dir

    try:
        return Path(str(from_environment().get("cache_dir") or default_cache_dir()))
    except ValueError as error:
        raise NeurontestError(f"an environment variable NEURONTEST_* is wrong: {error}") from None


def margin(said: argparse.Namespace) -> Margin:
    """What may be lost of an effect.

    Raises
    ------
    NeurontestError
        If it is neither a share nor an amount.
    """
    from neurontest.gate.margin import Margin

    try:
        return Margin.of(said.margin or str(resolve("margin", [])))
    except ValueError as error:
        raise NeurontestError(f"--margin: {error}") from None
