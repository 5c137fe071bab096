"""The environment variables that say settings of a person."""

from __future__ import annotations

import os
from collections.abc import Mapping

from neurontest.setting import Value
from neurontest.settings import SETTINGS


def from_environment(environ: Mapping[str, str] | None = None) -> dict[str, Value]:
    """Settings of level ``person`` said by environment variables (``NEURONTEST_CACHE_DIR``).

    Raises
    ------
    ValueError
        If a variable holds no valid value.
    """
    environ = os.environ if environ is None else environ
    return {
        setting.name: setting.parse(environ[setting.environment])
        for setting in SETTINGS
        if setting.level == "person" and environ.get(setting.environment)
    }
