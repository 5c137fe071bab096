"""Every knob of neurontest, said once: its name, type, default, bounds and help.

The command line options (``--concept-max-new-tokens``), the ini keys (``concept_max_new_tokens``), the JSON Schema of a
spec and the defaults all come from :data:`SETTINGS`; nothing else states a default.

Which value wins: command line over ini over claim over spec file over ``suite.yaml`` over default (:func:`resolve`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from neurontest.settings.changes import CHANGES
from neurontest.settings.neurons import NEURONS
from neurontest.settings.running import RUNNING
from neurontest.settings.setting import Setting, Value
from neurontest.settings.statistics import STATISTICS
from neurontest.settings.writing import WRITING

SETTINGS: tuple[Setting, ...] = (*WRITING, *NEURONS, *STATISTICS, *RUNNING, *CHANGES)

BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}
SECTIONS: tuple[str, ...] = ("trace", "neurons", "statistics")


def section(name: str) -> tuple[Setting, ...]:
    """The settings of one section, in the order in which they are declared."""
    return tuple(setting for setting in SETTINGS if setting.section == name)


def resolve(name: str, layers: Sequence[Mapping[str, Value]]) -> Value:
    """The value of a setting: the first layer that says it, else the default.

    Parameters
    ----------
    name : str
        The setting's name.
    layers : sequence of mappings from setting name to value
        Strongest first (command line, ini, claim, file, suite). None in a layer means "not said there".
    """
    for layer in layers:
        value = layer.get(name)
        if value is not None:
            return value
    return BY_NAME[name].default


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
