"""Where pytest looks for its ini file, if an option's value stands in the way.

pytest looks for it before it knows the options of plugins, and so takes ``DIR`` in ``--concept-cache-dir DIR`` for a
path of tests: it looks beside DIR, and what the project's own ini file says is passed over in silence.
"""

from __future__ import annotations

import inspect
import os
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from _pytest.config.findpaths import determine_setup

from neurontest.plugin.options import SPECS
from neurontest.plugin.workers import told_by_controller
from neurontest.settings import SETTINGS


def check_rootdir(config: pytest.Config) -> None:
    """Check that no value of an option of this plugin decided where pytest found its ini file.

    Raises
    ------
    pytest.UsageError
        If one did; says how to write it.
    """
    apart = _given_apart(config)
    if not apart or told_by_controller(config) is not None:
        return
    named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    root, ini = _without(config, [path.partition("::")[0] for path in named])
    if (root, ini) == (config.rootpath, config.inipath):
        return
    option, value = apart[0]
    passed_over = f" and passed over {os.path.relpath(ini, config.invocation_params.dir)}" if ini else ""
    raise pytest.UsageError(
        f"pytest took {value!r} after {option} for a path of tests: it made {config.rootpath} its"
        f" rootdir{passed_over}; write {option}={value}"
    )


def _given_apart(config: pytest.Config) -> list[tuple[str, str]]:
    """Options of this plugin that were given with a space before a value that is a path, and these values."""
    options = {f"--{SPECS.replace('_', '-')}", *(setting.option for setting in SETTINGS)}
    words = [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *map(str, config.invocation_params.args)]
    there = config.invocation_params.dir
    return [(option, value) for option, value in pairwise(words) if option in options and (there / value).exists()]


def _without(config: pytest.Config, paths: list[str]) -> tuple[Path, Path | None]:
    """The rootdir and the ini file that pytest finds from these paths of tests alone."""
    said: dict[str, Any] = {
        "inifile": config.option.inifilename,
        "override_ini": config.option.override_ini,
        "args": paths,
        "rootdir_cmd_arg": config.option.rootdir or None,
        "invocation_dir": config.invocation_params.dir,
    }
    # It is pytest's own function and no public one: which arguments it takes hangs on the release.
    known = inspect.signature(determine_setup).parameters
    root, ini, *_ = determine_setup(**{name: value for name, value in said.items() if name in known})
    return root, ini
