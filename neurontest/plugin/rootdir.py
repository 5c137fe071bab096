"""A rootdir that an option's value decided: pytest takes a value after a space for a path of tests.

pytest looks for its ini file before it knows the options of plugins. ``--concept-cache-dir ../kept`` then makes it look
beside ``../kept``, and the ini file of the project is passed over.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from neurontest.plugin.options import SPECS_OPTION
from neurontest.settings import SETTINGS

_TAKE_VALUES = frozenset({SPECS_OPTION, *(one.option for one in SETTINGS if one.choices != ("off", "on"))})


def loose_values(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """Options of ours and their values, where the value stands after a space and is a path that exists."""
    found = []
    for option, value in pairwise(arguments):
        if option == "--":
            break
        if option in _TAKE_VALUES and not value.startswith("-") and Path(value.partition("::")[0]).exists():
            found.append((option, value))
    return found


def moved(config: pytest.Config) -> str:
    """What an option's value did to pytest's choice of rootdir and ini file, with the cure; empty if nothing.

    Raises
    ------
    pytest.UsageError
        If settings of ours are passed over, or read from the ini file of something else: what would then be tested is
        not what was asked for.
    """
    arguments = [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *map(str, config.invocation_params.args)]
    loose = loose_values(arguments)
    if not loose:
        return ""
    paths = list(getattr(config.known_args_namespace, "file_or_dir", []))
    root, ini, settings = _setup(config, paths)
    if (root, ini) == (config.rootpath, config.inipath):
        return ""
    moved_to = _setup(config, [*paths, *(value for _, value in loose)])
    if moved_to[:2] == (root, ini):
        return ""  # something else moved it
    cure = " ".join(f"{option}={value}" for option, value in loose)
    said = " ".join(f"{option} {value}" for option, value in loose)
    read = f"reads {config.inipath}" if config.inipath else "reads no ini file"
    instead = f" instead of {ini}" if ini and ini != config.inipath else ""
    text = f"pytest took the value of '{said}' for a path of tests, and so {read}{instead}, with the rootdir"
    text += f" {config.rootpath}; write {cure}"
    if _ours(settings) != _ours(moved_to[2]):
        raise pytest.UsageError(text)
    return text


def _setup(config: pytest.Config, paths: list[str]) -> tuple[Path, Path | None, dict[str, Any]]:
    """The rootdir, ini file and ini settings that pytest chooses for these paths."""
    # There is no public way to ask; a release that moves it fails the test of this module.
    from _pytest.config.findpaths import determine_setup

    said: dict[str, Any] = {
        "inifile": config.known_args_namespace.inifilename,
        "args": paths,
        "rootdir_cmd_arg": config.known_args_namespace.rootdir or None,
        "invocation_dir": config.invocation_params.dir,
    }
    try:
        found: Any = determine_setup(**said, override_ini=None)
    except TypeError:  # before 9.0
        found = determine_setup(**said)
    return found[0], found[1], dict(found[2])


def _ours(settings: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in settings.items() if name.startswith("concept_")}
