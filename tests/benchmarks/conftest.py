"""Prints the table of ratios once all ways have had their turns."""

from __future__ import annotations

import pytest

from tests.benchmarks.table import Table

TABLE = pytest.StashKey[Table]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bench-repetitions", type=int, default=3, help="Turns that each way of tracing has")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLE] = Table()


@pytest.fixture(scope="session")
def bench_table(request: pytest.FixtureRequest) -> Table:
    return request.config.stash[TABLE]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[TABLE].runs:
        terminalreporter.section("time per token, as a share of that without tracing")
        for line in config.stash[TABLE].lines():
            terminalreporter.write_line(line)
