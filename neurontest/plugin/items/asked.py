"""What was asked for: the paths that a run collects, and the suites that it cannot do without."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from neurontest.errors import NeurontestError, SpecError
from neurontest.plugin.options import SPECS, SPECS_OPTION
from neurontest.plugin.state import state_of

if TYPE_CHECKING:
    from neurontest.plugin.state import State

#: Options by which a person says which of the collected tests run; that nothing is left is then pytest's to say.
_SELECTING = ("keyword", "markexpr", "deselect", "lf", "stepwise", "stepwise_skip")

#: Of them those that also leave out whole files.
_SKIPPING_FILES = ("lf",)

#: Fixtures that a test in Python uses the first suite by.
_OF_THE_SUITE = frozenset({"concept_suite", "concept_sets", "concept_check", "concept_model"})


def choose_paths(config: pytest.Config) -> None:
    """Where no path is named: run the suites named by the option alone, those of the ini key besides the rest.

    A worker of pytest-xdist is started with what the controller was started with, and so chooses the same.
    """
    options = state_of(config).options
    if options.suites and not paths_are_named(config):
        folders = [str(folder) for folder in options.suites]
        config.args = folders if options.named else [*config.args, *folders]


def paths_are_named(config: pytest.Config) -> bool:
    """Whether the command line names what to collect."""
    return config.args_source is pytest.Config.ArgsSource.ARGS


def asked_for(config: pytest.Config) -> list[Path]:
    """The files and folders that this run collects."""
    start = config.invocation_params.dir
    return [(start / argument.partition("::")[0]).resolve() for argument in config.args]


def suites_asked_for(config: pytest.Config) -> list[Path]:
    """The suites of which this run collects something, as far as its paths tell."""
    asked = asked_for(config)
    return [folder for folder in state_of(config).options.suites if any(_meet(path, folder) for path in asked)]


def _meet(path: Path, folder: Path) -> bool:
    return path == folder or path in folder.parents or folder in path.parents


def missing(session: pytest.Session) -> dict[Path, str]:
    """Why nothing is left of suites that were asked for, by suite, in a sentence each.

    A suite whose faults a collector has told is not among them, nor one that was left out by how tests were selected.
    """
    from neurontest.plugin.items.item import ClaimItem

    state = state_of(session.config)
    left = {item.suite.folder for item in session.items if isinstance(item, ClaimItem)}
    used = any(
        _OF_THE_SUITE & set(getattr(item, "fixturenames", ()))
        for item in session.items
        if not isinstance(item, ClaimItem)
    )
    out = {}
    for folder in state.options.suites:
        if folder in left or folder in state.refused:
            continue
        why = _why(session.config, state, folder, used=used and folder == state.options.suites[0])
        if why:
            said = SPECS_OPTION if state.options.named else SPECS
            out[folder] = f"{said} {_shown(folder, session.config)}: {why}"
    return out


def _why(config: pytest.Config, state: State, folder: Path, *, used: bool) -> str:
    if folder in state.silenced:
        faults = _faults(state, folder)
        return f"nothing of it can be collected, since files that this run leaves out have faults: {faults}"
    if not state.options.named:
        return "" if paths_are_named(config) else _hidden(config, folder) or _empty(state, folder)
    if folder not in suites_asked_for(config):
        if used or not _is_typed(config):
            return ""
        return "nothing of it was collected, since the paths named beside it leave it out; name it as a path as well"
    if folder in state.collected:
        if any(config.getoption(name, None) for name in _SELECTING):
            return ""
        return "all of its claims were deselected, by a plugin or a conftest.py"
    if any(config.getoption(name, None) for name in _SKIPPING_FILES):
        return ""
    return _empty(state, folder) or (
        "nothing of it was collected: an option (--ignore), a setting (norecursedirs), a plugin or a conftest.py leaves"
        " its files out"
    )


def _empty(state: State, folder: Path) -> str:
    try:
        suite = state.suite(folder)
    except NeurontestError:
        return f"nothing of it can be collected: {_faults(state, folder)}"
    return "" if suite.claims else "it has no claims; write some into a .yaml file beside suite.yaml"


def _faults(state: State, folder: Path) -> str:
    try:
        state.suite(folder)
    except SpecError as error:
        return "; ".join(str(fault) for fault in error.faults)
    except NeurontestError as error:
        return str(error)
    return ""


def _hidden(config: pytest.Config, folder: Path) -> str:
    """Why pytest passes over a suite below another path that is collected; empty if it does not."""
    patterns = config.getini("norecursedirs")
    for path in asked_for(config):
        if path not in folder.parents:
            continue
        for part in _between(folder, path):
            pattern = next((one for one in patterns if fnmatch(part.name, one) or fnmatch(str(part), one)), None)
            if pattern is not None:
                return (
                    f"nothing of it was collected, since pytest passes over folders named {pattern!r} (norecursedirs);"
                    f" say 'testpaths' or 'norecursedirs' in the ini file, or {SPECS_OPTION} DIR"
                )
    return ""


def _between(folder: Path, above: Path) -> Iterator[Path]:
    yield folder
    for parent in folder.parents:
        if parent == above:
            return
        yield parent


def _is_typed(config: pytest.Config) -> bool:
    """Whether the option was given with the paths, not once for all in `addopts`."""
    typed = [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *map(str, config.invocation_params.args)]
    return any(one == SPECS_OPTION or one.startswith(f"{SPECS_OPTION}=") for one in typed)


def _shown(folder: Path, config: pytest.Config) -> str:
    start = config.invocation_params.dir.resolve()
    return os.path.relpath(folder, start) if folder.is_relative_to(start) else str(folder)
