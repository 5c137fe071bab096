"""What a session with suites does besides running tests: it notes outcomes, and writes them down at the end."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from neurontest.plugin import terminal, workers
from neurontest.plugin.collect import ClaimItem
from neurontest.plugin.keys import MOMENT_KEY
from neurontest.plugin.outcomes import Tally, claim_of, label
from neurontest.plugin.records import Written, write_records
from neurontest.plugin.state import state_of


class Recorder:
    """Registered only if suites are named: other sessions pay for none of it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._state = state_of(config)
        self._written: list[Written] = []

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Tell the progress line where it may come in between."""
        self._state.progress.node = nodeid

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Label the reports of claims, so that the controller knows them."""
        report = yield
        self._state.progress.close()  # whatever the test did, pytest writes its dot next
        if isinstance(item, ClaimItem):
            label(report, item.suite.folder, item.claim.node, call)
            if report.skipped and isinstance(report.longrepr, tuple):
                # An inconclusive claim that is skipped: where the claim stands, not where the plugin says so.
                report.longrepr = (str(item.path), item.claim.where.line, report.longrepr[2])
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of a claim."""
        claim = claim_of(report, self._config.rootpath)
        if claim is not None and claim[0] in self._state.options.suites:
            self._state.outcomes.setdefault(claim[0], {}).setdefault(claim[1], Tally()).add(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker what time it is to this run."""
        node.workerinput[MOMENT_KEY] = self._state.moment.isoformat()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Keep what an xdist worker sent at its end."""
        workers.receive_facts(self._config, node)

    def pytest_sessionfinish(self) -> None:
        """Send the facts, in a worker; write the reports, in the controller."""
        if self._config.getoption("collectonly"):
            return
        if self._state.worker:
            workers.send_facts(self._config)
        else:
            self._written = write_records(self._state)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the table."""
        terminal.summary(terminalreporter, self._written, [workers.shared_device(self._config)])
