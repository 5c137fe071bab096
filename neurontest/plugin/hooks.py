"""The plugin as pytest loads it: each hook hands on to the module that knows.

Every run of every project pays for loading it, so that nothing is imported before there is a suite but the options.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.plugin.fixtures import concept_check, concept_model, concept_sets, concept_suite
from neurontest.plugin.keys import OPTIONS
from neurontest.plugin.options import add_options, read_options

__all__ = ["concept_check", "concept_model", "concept_sets", "concept_suite"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


@pytest.hookimpl(trylast=True)  # after the terminal reporter is there
def pytest_configure(config: pytest.Config) -> None:
    """Read the options and say which paths run."""
    options = config.stash[OPTIONS] = read_options(config)
    config.addinivalue_line("markers", "neurontest: a claim about concept neurons")
    config.addinivalue_line("markers", "concept(name): a claim about this concept")
    if options.suites:
        from neurontest.plugin.collect import choose_paths
        from neurontest.plugin.recorder import Recorder
        from neurontest.plugin.rootdir import check_rootdir

        check_rootdir(config)
        choose_paths(config)
        config.pluginmanager.register(Recorder(config), "neurontest-recorder")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the suites."""
    if not config.stash[OPTIONS].suites:
        return None
    from neurontest.plugin.terminal import header

    return header(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the spec files of suites."""
    if file_path.suffix != ".yaml" or not parent.config.stash[OPTIONS].suites:
        return None
    from neurontest.plugin.collect import collect_file

    return collect_file(file_path, parent)
