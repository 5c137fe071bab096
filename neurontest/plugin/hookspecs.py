"""Hooks that a conftest.py, or another plugin, may implement; docs/extending.md has an example of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from neurontest.claims.base import Kind
    from neurontest.types import Record


@pytest.hookspec
def pytest_neurontest_kinds(config: pytest.Config) -> Sequence[Kind | type[Kind]] | None:
    """Add kinds of claim to this session.

    Called once in each process of a session that has a suite, when pytest is configured and before any spec is read.
    Only a ``conftest.py`` that pytest has read by then is asked: that of the rootdir, or of a path that is named. An
    installed package rather declares the entry point ``neurontest.kinds``, by which the command line and the schema
    know its kinds too.

    Parameters
    ----------
    config : pytest.Config

    Returns
    -------
    sequence of Kind, or of subclasses of it, or None
    """


@pytest.hookspec
def pytest_neurontest_reports(config: pytest.Config, record: Record, folder: Path) -> Sequence[Path] | None:
    """Write files of your own about a suite's record.

    Called once for each suite at the session's end, in the process that writes the reports, after all others are
    written. What it raises is told as a warning; nothing else is lost by it. An installed package rather declares the
    entry point ``neurontest.reports``, by which ``neurontest report`` writes its files too.

    Parameters
    ----------
    config : pytest.Config
    record : neurontest.types.Record
        All that was found; ``neurontest schema record`` describes it.
    folder : Path
        Where the suite's other reports are.

    Returns
    -------
    sequence of Path, or None
        What was written.
    """
