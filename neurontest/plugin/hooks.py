"""The plugin as pytest loads it: each hook hands on to the module that knows.

Loading it must cost nothing: no import here leads to numpy, torch or a YAML parser.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.plugin import collect, terminal, workers
from neurontest.plugin.fixtures import concept_check, concept_model, concept_sets, concept_suite
from neurontest.plugin.keys import STATE
from neurontest.plugin.options import add_options, read_options
from neurontest.plugin.progress import progress_line
from neurontest.plugin.recorder import Recorder
from neurontest.plugin.state import State

__all__ = ["concept_check", "concept_model", "concept_sets", "concept_suite"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


@pytest.hookimpl(trylast=True)  # after the terminal reporter is there
def pytest_configure(config: pytest.Config) -> None:
    """Read the options and say which paths run."""
    worker = workers.worker_name(config)
    options = read_options(config)
    config.stash[STATE] = State(options, progress_line(config, worker), worker)
    config.addinivalue_line("markers", "neurontest: a claim about concept neurons")
    config.addinivalue_line("markers", "concept(name): a claim about this concept")
    if options.suites:
        collect.choose_paths(config)
        config.pluginmanager.register(Recorder(config), "neurontest-recorder")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the suites."""
    return terminal.header(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the spec files of suites."""
    return collect.collect_file(file_path, parent)
