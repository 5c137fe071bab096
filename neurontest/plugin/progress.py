"""One line that says how far a long piece of work is, visible although pytest captures output."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import pytest

from neurontest.untrusted import visible_line

#: Seconds between two states of the line: where it is rewritten in place, and where each state is a line of its own.
REWRITE_EVERY = 0.2
REPEAT_EVERY = 10.0


class Reporter(Protocol):
    """What is used of pytest's terminal reporter."""

    currentfspath: Any
    isatty: Any
    showfspath: Any
    showlongtestinfo: Any

    def write_fspath_result(self, nodeid: str, res: str) -> None:
        """Begin the line of a file's dots, unless it has begun."""

    def ensure_newline(self) -> None:
        """End the line of a file's dots."""

    def write(self, content: str, *, flush: bool = False) -> None:
        """Write as it is."""

    def rewrite(self, line: str, **markup: bool) -> None:
        """Write over the current line."""


class ProgressLine:
    """A :data:`neurontest.types.Progress` that writes to pytest's terminal, or to a worker's standard error.

    On a terminal the line is rewritten in place; elsewhere each state shown is a new line, at most one in ten seconds.
    A worker always writes new lines: it shares the terminal with the controller's dots.

    Parameters
    ----------
    reporter : Reporter or None
        None writes nothing, unless `worker` names one.
    uncaptured : callable
        Gives a context manager in which output is not captured.
    worker : str
        Name of the xdist worker, or empty.

    Attributes
    ----------
    node : str
        Id of the test that runs.
    """

    def __init__(
        self,
        reporter: Reporter | None,
        uncaptured: Callable[[], AbstractContextManager[None]] = nullcontext,
        *,
        worker: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reporter = reporter
        self._uncaptured = uncaptured
        self._worker = worker
        self._clock = clock
        self._shown_at: float | None = None
        self._open = False
        self.node = ""

    def __call__(self, what: str, done: int, total: int, detail: str) -> None:
        """Show this state, unless the last one is too recent."""
        if self._reporter is None and not self._worker:
            return
        in_place = self._reporter is not None and bool(self._reporter.isatty)
        now = self._clock()
        every = REWRITE_EVERY if in_place else REPEAT_EVERY
        if self._shown_at is not None and now - self._shown_at < every:
            return
        self._shown_at = now
        text = visible_line(_sentence(what, done, total, detail))
        with self._uncaptured():
            if self._reporter is None:
                sys.stderr.write(f"\n[{self._worker}] {text}\n")
                sys.stderr.flush()
            elif in_place and self._open:
                self._reporter.rewrite(_cut(text), erase=True)
            else:
                self._new_line(self._reporter, _cut(text) if in_place else text)
            if self._reporter is not None:
                # pytest's terminal writer flushes by itself only what ends a line.
                self._reporter.write("", flush=True)

    def _new_line(self, reporter: Reporter, text: str) -> None:
        if reporter.currentfspath:
            reporter.ensure_newline()
        else:
            reporter.write("\n")
        reporter.write(text)
        self._open = True

    def close(self) -> None:
        """The work is done: pytest must find the line as it would have left it, ready for a dot."""
        if not self._open or self._reporter is None:
            return
        self._open = False
        if self._reporter.showlongtestinfo:
            return  # with -v pytest looks for itself, and begins a line for the outcome
        with self._uncaptured():
            if self._reporter.showfspath and self.node:
                self._reporter.write_fspath_result(self.node, "")
            else:
                self._reporter.write("\n", flush=True)


def _sentence(what: str, done: int, total: int, detail: str) -> str:
    count = f" {done:,} of {total:,}" if total else ""
    return f"{what}{count}" + (f", {detail}" if detail else "")


def _cut(text: str) -> str:
    """What fits on one line: a line that wraps cannot be rewritten in place."""
    width = shutil.get_terminal_size().columns - 1
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def progress_line(config: pytest.Config, worker: str) -> ProgressLine:
    """The progress line of this run; it shows nothing with ``-p no:terminal`` or ``-qq``."""
    plugins = config.pluginmanager
    capture: Any = plugins.getplugin("capturemanager")
    uncaptured = nullcontext if capture is None else capture.global_and_fixture_disabled
    quiet = int(config.getoption("verbose", 0)) <= -2
    if worker:
        return ProgressLine(None, uncaptured, worker="" if quiet else worker)
    return ProgressLine(None if quiet else plugins.getplugin("terminalreporter"), uncaptured)
