"""What pytest must not pay for a plugin that is merely installed."""

from __future__ import annotations

import json
from importlib.metadata import entry_points

import pytest

from .conftest import LOADED, REPOSITORY, Make

HEAVY = {"numpy", "torch", "scipy", "statsmodels", "transformers", "jsonschema", "ruamel", "jinja2", "msgspec"}
READING = HEAVY - {"jsonschema", "ruamel"}

# Written when pytest unconfigures, so that a whole run is looked at.
SPY = """
import json, sys

def pytest_unconfigure(config):
    with open("modules.json", "w") as file:
        json.dump(sorted(sys.modules), file)
"""


def modules(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> set[str]:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    pytester.makepyfile(spy=SPY)
    result = pytester.runpytest_subprocess("-p", "spy", *LOADED, *arguments, timeout=900)
    assert result.ret == pytest.ExitCode.OK
    return set(json.loads((pytester.path / "modules.json").read_text()))


def loaded(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> set[str]:
    return {name.partition(".")[0] for name in modules(pytester, monkeypatch, *arguments)}


def test_help_and_an_unrelated_run_import_nothing_heavy(
    pytester: pytest.Pytester, suite: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite()
    pytester.makeini("[pytest]\nconcept_specs = specs")
    pytester.makepyfile(test_other="def test_other(): pass")
    assert loaded(pytester, monkeypatch, "--help") & HEAVY == set()
    assert loaded(pytester, monkeypatch, "test_other.py") & HEAVY == set()


def test_an_unrelated_run_imports_the_plugin_and_the_settings_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_other="def test_other(): pass")
    ours = {name for name in modules(pytester, monkeypatch, "test_other.py") if name.startswith("neurontest.")}
    assert "neurontest.plugin.hooks" in ours
    own = {f"neurontest.plugin.{name}" for name in ("hooks", "hookspecs", "fixtures", "keys", "options")}
    assert {name.split(".")[1] for name in ours - own} <= {"plugin", "settings", "errors", "untrusted"}


def test_collection_reads_yaml_and_nothing_else(
    pytester: pytest.Pytester, suite: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite()
    seen = loaded(pytester, monkeypatch, "--concept-specs=specs", "--co")
    assert seen & READING == set()
    assert seen >= {"jsonschema", "ruamel"}  # it did read


@pytest.mark.skipif(not entry_points(group="pytest11", name="neurontest"), reason="neurontest is not installed")
def test_the_entry_point_bears_the_plugins_name(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("-p", "neurontest", "--help", timeout=900)
    result.stdout.fnmatch_lines(["concept neurons:"])
    without = pytester.runpytest_subprocess("-p", "no:neurontest", "--help", timeout=900)
    assert "concept neurons:" not in without.stdout.str()
