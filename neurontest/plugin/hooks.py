"""The plugin as pytest loads it: each hook hands on to the module that knows.

Every run of every project pays for loading it, so that nothing is imported before there is a suite but the options.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neurontest.plugin.fixtures import concept_check, concept_model, concept_sets, concept_suite
from neurontest.plugin.keys import MOVED
from neurontest.plugin.options import OPTIONS, add_options, read_options

__all__ = ["concept_check", "concept_model", "concept_sets", "concept_suite"]


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that others may implement."""
    from neurontest.plugin import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


@pytest.hookimpl(trylast=True)  # after the terminal reporter is there
def pytest_configure(config: pytest.Config) -> None:
    """Read the options and say which paths run."""
    options = config.stash[OPTIONS] = read_options(config)
    config.addinivalue_line("markers", "neurontest: a claim about concept neurons")
    config.addinivalue_line("markers", "concept(name): a claim about this concept")
    config.stash[MOVED] = ""
    if any("--concept-" in str(one) for one in (*config.invocation_params.args, os.environ.get("PYTEST_ADDOPTS", ""))):
        from neurontest.plugin.rootdir import moved

        config.stash[MOVED] = moved(config)
    if options.suites:
        from neurontest.plugin.ending.recorder import Recorder
        from neurontest.plugin.extensions import add_kinds
        from neurontest.plugin.items.asked import choose_paths

        add_kinds(config)
        choose_paths(config)
        config.pluginmanager.register(Recorder(config), "neurontest-recorder")
    # The environment is not read in a run that has nothing to do with concepts.
    typed = options.overrides["against"] or options.overrides["record"]
    if typed or (options.suites and (options.located("against") or options.located("record"))):
        from neurontest.plugin.ending.gate import open_gate

        open_gate(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Name the suites, and what an option did to the rootdir."""
    lines = [f"neurontest: WARNING: {config.stash[MOVED]}"] if config.stash[MOVED] else []
    if config.stash[OPTIONS].suites:
        from neurontest.plugin.ending.terminal import header

        lines += header(config)
    return lines


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the spec files of suites."""
    if file_path.suffix != ".yaml" or not parent.config.stash[OPTIONS].suites:
        return None
    from neurontest.plugin.items.collect import collect_file

    return collect_file(file_path, parent)
