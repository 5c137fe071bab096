"""What pytest left of the suites that were named: one that was not tested at all must not look like one that holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from neurontest.plugin.judge import shown

if TYPE_CHECKING:
    from neurontest.plugin.state import State

#: Options by which a person leaves out tests on purpose, and pytest has its own word for a run that is left with none.
_SELECTING = ("keyword", "markexpr", "deselect", "lf", "failedfirst", "stepwise")


def untested(session: pytest.Session, state: State, asked: Sequence[Path]) -> list[str]:
    """Why suites that this run was asked for were not tested at all, a sentence each.

    Parameters
    ----------
    asked : sequence of Path
        Folders of the suites that the run's paths hold.
    """
    if session.exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.TESTS_FAILED):
        return []  # interrupted, or a fault was told: nobody takes that for a pass
    if session.shouldstop or session.shouldfail:
        return []
    chosen = any(session.config.getoption(name, None) for name in _SELECTING)
    found = []
    for folder in asked:
        where = shown(folder, state.options.invocation)
        if not state.collected.get(folder):
            found.append(
                f"{where}: none of its claims was collected; look for --ignore, collect_ignore, norecursedirs and"
                " other plugins, or whether its files hold any"
            )
        elif not state.kept.get(folder) and not chosen:
            found.append(
                f"{where}: its claims were collected, and a conftest.py or another plugin took all of them away"
            )
    return found
