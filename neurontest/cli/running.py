"""What verbs share that look into a model: the suite, its run, and which selection of neurons is meant."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurontest.cli.saying import say, tell
from neurontest.cli.verb import cache_dir
from neurontest.errors import NeurontestError, SpecError
from neurontest.settings import BY_NAME, resolve

if TYPE_CHECKING:
    from neurontest.claims.suite import Suite
    from neurontest.run import Run
    from neurontest.settings.setting import Value

#: Settings of a selection that a verb takes as options, by the words of ``neurons:``.
SELECTION = ("site", "positions", "normalize", "select", "k")


def takes_source(parser: argparse.ArgumentParser) -> None:
    """Let a verb be told a suite, or a record in its place."""
    parser.add_argument(
        "source",
        metavar="SUITE|RECORD",
        type=Path,
        help="Folder with a suite.yaml, of which is traced what is missing; or a record.json, of which all is read",
    )


def takes_selection(parser: argparse.ArgumentParser) -> None:
    """Let a verb look at other neurons than the suite's own settings select."""
    for name in SELECTION:
        setting = BY_NAME[name]
        if setting.choices:
            parser.add_argument(f"--{name}", choices=setting.choices, help=setting.help)
        else:
            parser.add_argument(f"--{name}", type=int, metavar="N", help=setting.help)


def selection_said(said: argparse.Namespace) -> dict[str, Value]:
    """The settings of a selection that the command line says."""
    return {name: value for name in SELECTION if (value := getattr(said, name)) is not None}


def at_selection(suite: Suite, said: argparse.Namespace) -> Suite:
    """The suite with what the command line says of its own selection; claims keep what is said of theirs.

    Raises
    ------
    NeurontestError
        If so many neurons are no number of neurons.
    """
    wanted: dict[str, Any] = selection_said(said)
    if wanted.get("k", 1) < 1:
        raise NeurontestError(f"--k must be 1 or more, not {wanted['k']}")
    return replace(suite, selection=replace(suite.selection, **wanted))


def suite_of(folder: Path, overrides: Mapping[str, Value]) -> Suite | None:
    """Read a suite, few prompts being no fault; None if it has faults, which are said."""
    from neurontest.spec.load import load_suite

    try:
        return load_suite(folder, overrides, pilot=True)
    except SpecError as error:
        say(str(error))
        return None


def run_of(suite: Suite, *, own: bool) -> Run:
    """A run of a suite on its model, which is loaded only if something is not in the cache.

    Parameters
    ----------
    own : bool
        The suite names the model, not a person at the command line, who may name what a suite may not.

    Raises
    ------
    NeurontestError
        If there is no such model.
    """
    from neurontest.run import Run
    from neurontest.trace.models.named import model_named as find

    cache = cache_dir()
    handle = find(
        suite.model,
        cache_dir=cache,
        dtype=str(resolve("dtype", [])),
        device=str(resolve("device", [])),
        suite_folder=suite.folder if own else None,
        progress=tell,
    )
    return Run(suite, handle, cache_dir=cache, progress=tell)
