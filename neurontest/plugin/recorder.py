"""What a session with suites does besides running tests: it notes outcomes, and writes them down at the end."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from neurontest.plugin import terminal, workers
from neurontest.plugin.collect import ClaimItem, suites_asked_for
from neurontest.plugin.keys import MOMENT_KEY
from neurontest.plugin.outcomes import Tally, claim_of, label
from neurontest.plugin.records import Written, remove_reports, write_records
from neurontest.plugin.selection import untested
from neurontest.plugin.state import state_of


class Recorder:
    """Registered only if suites are named: other sessions pay for none of it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._state = state_of(config)
        self._written: list[Written] = []
        self._untested: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker what to collect, and what time it is to this run."""
        workers.tell_worker(self._config, node)
        node.workerinput[MOMENT_KEY] = self._state.moment.isoformat()

    def pytest_sessionstart(self) -> None:
        """Remove the last run's reports: whatever becomes of this run, they are not its own."""
        if not self._state.worker and self._runs:
            remove_reports(self._state, suites_asked_for(self._config))

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Count the claims of each suite, before any is taken away by ``-k`` or a plugin."""
        if isinstance(item, ClaimItem):
            self._state.collected[item.suite.folder] = self._state.collected.get(item.suite.folder, 0) + 1

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count those that are left."""
        for item in session.items:
            if isinstance(item, ClaimItem):
                self._state.kept[item.suite.folder] = self._state.kept.get(item.suite.folder, 0) + 1

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note that claims may be missing."""
        # pytest ends a session by an interrupt of its own where collection failed: it says so, and why.
        if not isinstance(excinfo.value, pytest.Session.Interrupted):
            self._state.interrupted = "the run was interrupted: claims that it did not come to are not evaluated"

    def pytest_internalerror(self) -> None:
        """Note that claims may be missing."""
        self._state.interrupted = "pytest itself failed: claims that it did not come to are not evaluated"

    @property
    def _runs(self) -> bool:
        """Whether this session runs tests, rather than listing something."""
        options = self._config.option
        listing = ("collectonly", "showfixtures", "show_fixtures_per_test", "setupplan")
        return not any(getattr(options, name, False) for name in listing)

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
    def pytest_testnodedown(self, node: Any) -> None:
        """Keep what an xdist worker sent at its end."""
        workers.receive_facts(self._config, node)

    @pytest.hookimpl(tryfirst=True)  # before xdist ends its workers' part, and pytest prints its summary
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send the facts, in a worker; in the controller write the reports, and look for suites that nobody tested."""
        if self._state.worker:
            workers.send_facts(self._config)
            return
        if self._runs:
            asked = suites_asked_for(self._config)
            self._untested = untested(session, self._state, asked)
            if self._untested and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
            self._written = write_records(self._state, asked)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the table."""
        warnings = [self._state.interrupted, workers.shared_device(self._config)]
        terminal.summary(terminalreporter, self._written, warnings, self._untested)
