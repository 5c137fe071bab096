"""Claims that tests in Python state: noted where the test runs, sent with its reports, gathered for the record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from neurontest.plugin.keys import STATED_KEY
from neurontest.plugin.tally import Stating

if TYPE_CHECKING:
    from neurontest.plugin.state import State
    from neurontest.run import Stated


def note(state: State, suite: Path, claim: str | Mapping[str, object]) -> None:
    """Note what the running test states, once its claim was tested."""
    state.stated.setdefault(state.progress.node, []).append((str(suite), claim))


def label(state: State, report: pytest.TestReport) -> None:
    """Write on a test's report what it stated."""
    if report.nodeid in state.stated:
        setattr(report, STATED_KEY, json.dumps(state.stated[report.nodeid]))


def keep(state: State, report: pytest.TestReport) -> None:
    """Take up what a test stated, and what pytest made of it."""
    said: str = getattr(report, STATED_KEY, "")
    if not said:
        return
    file, line, _ = report.location
    stating = state.stating.setdefault(report.nodeid, Stating(Path(file).as_posix(), (line or 0) + 1))
    for suite, claim in json.loads(said):
        stating.claims.setdefault(json.dumps([suite, claim]), (Path(suite), claim))
    stating.tally.add(report)


def stated_of(state: State, suite: Path) -> list[Stated]:
    """What tests in Python stated of a suite, in the order of the tests' names: workers end in any order."""
    from neurontest.run import Stated
    from neurontest.types import Location

    return [
        Stated(claim, test, Location(stating.file, stating.line, 1), stating.tally.outcome)
        for test, stating in sorted(state.stating.items())
        for of, claim in stating.claims.values()
        if of == suite
    ]
