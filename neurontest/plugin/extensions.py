"""What a conftest.py and other plugins add to a session: kinds of claim, and files about its records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from neurontest.errors import ExtensionError

if TYPE_CHECKING:
    from neurontest.types import Record

_BY = "a conftest.py or a plugin of this session"


def add_kinds(config: pytest.Config) -> None:
    """Add the kinds that the hook ``pytest_neurontest_kinds`` gives, until the session ends.

    Raises
    ------
    pytest.UsageError
        If one cannot be used.
    """
    given = config.hook.pytest_neurontest_kinds(config=config)
    if not given:
        return
    from neurontest.kinds import register

    config.add_cleanup(lambda: register.remove(_BY))
    try:
        register.add((kind for found in given for kind in found or ()), _BY)
    except ExtensionError as error:
        raise pytest.UsageError(str(error)) from None


def write_more(config: pytest.Config, record: Record, folder: Path) -> tuple[tuple[Path, ...], str]:
    """Write what the hook ``pytest_neurontest_reports`` writes; and why that failed, if it did."""
    try:
        given = config.hook.pytest_neurontest_reports(config=config, record=record, folder=folder)
        return tuple(Path(path) for found in given for path in found or ()), ""
    except Exception as error:  # whatever a stranger's code does, the session's own reports are written
        return (), f"a report of a plugin or a conftest.py was not written: {type(error).__name__}: {error}"
