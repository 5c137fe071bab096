"""What a session with suites does besides running tests: it notes outcomes, and writes them down at the end."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from neurontest.plugin.asking import read_tokens
from neurontest.plugin.ending import github, lines, terminal, workers
from neurontest.plugin.ending.gate import close_gate
from neurontest.plugin.ending.records import clear, write_records
from neurontest.plugin.ending.terminal import repeated
from neurontest.plugin.ending.written import Written
from neurontest.plugin.extensions import write_more
from neurontest.plugin.items import stated
from neurontest.plugin.items.asked import missing, suites_asked_for
from neurontest.plugin.items.item import ClaimItem
from neurontest.plugin.items.order import cheap_first
from neurontest.plugin.keys import MOMENT_KEY, MOVED
from neurontest.plugin.outcomes import claim_of, error_text, named
from neurontest.plugin.state import state_of
from neurontest.plugin.tally import Tally
from neurontest.untrusted import visible_line

#: Options that collect tests, but run none.
_LOOKING = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test")


class Recorder:
    """Registered only if suites are named: other sessions pay for none of it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._state = state_of(config)
        self._state.warnings += [text for text in [config.stash[MOVED]] if text]
        self._written: list[Written] = []
        self._gated: list[str] = []
        self._shown: dict[int, BaseException] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker what time it is to this run."""
        node.workerinput[MOMENT_KEY] = self._state.moment.isoformat()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Tell the progress line where it may come in between."""
        self._state.progress.node = nodeid

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # outside of all others: what they make of it is what counts
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Put what is cheap first, and say which claims run; stop if nothing is left of a suite that was asked for.

        Raises
        ------
        UsageError
            If so; a worker tells the controller instead, and runs nothing.
        """
        cheap_first(items, self._config)
        yield
        state = self._state
        state.complaints = missing(session)
        if state.complaints and not state.worker:
            raise pytest.UsageError(*state.complaints.values())
        if state.complaints:
            session.items.clear()
        for item in session.items:
            if isinstance(item, ClaimItem):
                state.planned.setdefault(item.suite.folder, []).append(item.claim.node)

    def pytest_report_collectionfinish(self) -> list[str]:
        """Say what claims are repeated with: it costs time."""
        told = ((folder, repeated(self._state.suite(folder))) for folder in self._state.planned)
        return [visible_line(f"neurontest: {folder.name}: {words}") for folder, words in told if words]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Say which claims are to run, as a worker has collected them."""
        found = {claim for nodeid in ids if (claim := named(nodeid, self._config.rootpath))}
        known = {(folder, node) for folder, nodes in self._state.planned.items() for node in nodes}
        for folder, node in sorted(found - known):
            if folder in self._state.options.suites:
                self._state.planned.setdefault(folder, []).append(node)
        if found - known:
            clear(self._state)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Whether anything was tested of what was to be tested.

        Raises
        ------
        UsageError
            If nothing was, of some suite, or nothing is left of a suite that was asked for.
        """
        state = self._state
        if self._runs and not state.worker:
            clear(state)
        result = yield
        if self._runs and not state.worker and not session.shouldstop and not session.shouldfail:
            for folder, nodes in state.planned.items():
                if nodes and not state.outcomes.get(folder):
                    said = f"none of its {len(nodes)} claims was tested: a plugin or a conftest.py ran no test"
                    state.complaints.setdefault(folder, f"{folder.name}: {said}")
        if state.complaints and not state.worker:
            raise pytest.UsageError(*state.complaints.values())
        return result

    @property
    def _runs(self) -> bool:
        """Whether this session is to run what it collects."""
        return not any(self._config.getoption(name, False) for name in _LOOKING)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Label the reports of claims, so that the controller knows them."""
        report = yield
        self._state.progress.close()  # whatever the test did, pytest writes its dot next
        if isinstance(item, ClaimItem):
            item.label(report, call)
            self._reword(report, item, call)
            if report.when == "call" and report.passed and item.text and lines.shows_evidence(self._config):
                report.sections.append((lines.EVIDENCE, item.text))
        else:
            stated.label(self._state, report)
        return report

    def _reword(self, report: pytest.TestReport, item: ClaimItem, call: pytest.CallInfo[None]) -> None:
        where = f"{os.path.relpath(item.path, self._config.invocation_params.dir)}:{item.claim.where.line}"
        if report.skipped and isinstance(report.longrepr, tuple):
            # An inconclusive claim that is skipped: where the claim stands, not where the plugin says so.
            report.longrepr = (str(item.path), item.claim.where.line, report.longrepr[2])
        if report.when == "call" and report.passed and not item.verdict:
            report.outcome = "failed"
            said = "the claim was not tested: a plugin or a conftest.py ran something else in its place"
            report.longrepr = f"{where}: {item.claim.sentence}: error: {said}"
        if report.when == "setup" and report.failed and call.excinfo is not None:
            # pytest raises the error of a fixture again for each test that asks for it.
            error = call.excinfo.value
            if id(error) in self._shown:
                report.longrepr = f"{where}: {item.claim.sentence}: error: {error_text(error)}, as shown above"
            self._shown[id(error)] = error

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, None, None]:
        """Note the outcome of a claim, or of a test that stated some; say of a claim what was found."""
        self._note(report)
        if self._state.worker:
            yield
            return
        lines.reworded(report, self._config)
        yield
        lines.without_verdict(report)

    def _note(self, report: pytest.TestReport) -> None:
        stated.keep(self._state, report)
        claim = claim_of(report, self._config.rootpath)
        if claim is not None and claim[0] in self._state.options.suites:
            self._state.outcomes.setdefault(claim[0], {}).setdefault(claim[1], Tally()).add(report)
            workers.keep_facts(self._state, claim[0], report)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        """Name the verdict of a claim in place of the outcome."""
        status = yield
        if status and len(status) == 3 and isinstance(status[2], str) and isinstance(report, pytest.TestReport):
            return status[0], status[1], lines.word(report, status[2])
        return status

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note what ended the session: an interrupt, or errors of collection."""
        said = getattr(excinfo.value, "msg", None) or str(excinfo.value)
        name = type(excinfo.value).__name__
        self._state.stopped = said if said else f"interrupted ({name})"

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note what ended the session: an error of pytest, or of a plugin."""
        self._state.stopped = f"pytest failed: {error_text(excinfo.value)}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Keep what an xdist worker sent at its end."""
        workers.receive_facts(self._config, node)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send the facts, in a worker; write the reports, in the controller."""
        if not self._runs:
            return
        read_tokens(self._state)
        if self._state.worker:
            workers.send_facts(self._config)
            return
        if not self._state.stopped and session.shouldfail:
            self._state.stopped = str(session.shouldfail)
        if not self._state.stopped and self._state.complaints:
            self._state.stopped = "; ".join(self._state.complaints.values())
        self._written = write_records(self._state, suites_asked_for(self._config))
        self._written = [self._with_more(one) for one in self._written]
        self._gated = close_gate(self._state, self._written, session)
        self._state.warnings += github.add_summary(self._written)

    def _with_more(self, written: Written) -> Written:
        """What became of a suite, with the files that others have written about its record."""
        if written.record is None or not written.files:
            return written
        files, fault = write_more(self._config, written.record, written.files[0].parent)
        warning = "; ".join(filter(None, (written.warning, fault)))
        return replace(written, files=(*written.files, *files), warning=warning)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the table."""
        told = [workers.shared_device(self._config), *self._state.warnings]
        lines.passing(terminalreporter)
        terminal.summary(terminalreporter, self._written, told, self._gated)
        for line in github.marked(self._written):
            terminalreporter.write_line(line)
