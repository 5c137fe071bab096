"""A suite in a pytester folder, and runs of pytest on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# A run in this process forgets what it was the first to import; numpy cannot be imported twice, the others are slow.
import neurontest.neurons.table
import neurontest.report.files
import neurontest.spec.load
import neurontest.verdict  # noqa: F401
import tests.plugin.fake  # noqa: F401

if TYPE_CHECKING:
    from tests.plugin.project import Project

REPOSITORY = Path(__file__).parents[2]


def prompts(word: str) -> str:
    """Twelve prompts in a YAML list."""
    return "[" + ", ".join(f"{word} prompt {number} is" for number in range(12)) + "]"


SUITE = f"""\
neurontest: 1
baseline: {{prompts: {prompts("neutral")}}}
concepts:
  a: {{prompts: {prompts("a")}}}
  b: {{prompts: {prompts("b")}}}
  c: {{prompts: {prompts("c")}}}
statistics: {{m: 4}}
"""

CLAIMS = """\
claims:
  - {id: holds-1, claim: b overlaps a more than c, tags: [quick]}
  - {id: refuted-1, claim: a overlaps b more than c}
  - {id: unsure-1, claim: c overlaps a more than b}
  - {id: holds-skipped, claim: a has consistent neurons, skip: takes too long}
  - {id: refuted-expected, claim: b has consistent neurons, xfail: known since May}
"""

#: Installed or not, the plugin is named: the runs load no plugin by entry point, neither ours nor a slow one of others.
LOADED = ["-p", "neurontest.plugin.hooks"]

Make = Callable[..., Path]
RunPytest = Callable[..., pytest.RunResult]


@pytest.fixture(autouse=True)
def no_plugins_but_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what else is installed out of the runs."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Make:
    """Write a suite: ``suite("specs", claims="...")``; the files of ``others`` are claims as well."""

    def make(name: str = "specs", claims: str = CLAIMS, suite: str = SUITE, **others: str) -> Path:
        folder = pytester.path / name
        folder.mkdir(parents=True)
        (folder / "suite.yaml").write_text(suite, encoding="utf-8")
        for file, text in {"geo": claims, **others}.items():
            (folder / f"{file}.yaml").write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunPytest:
    """Run pytest with the plugin and the fake model, in this process."""
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(pytester.path / "cache"))
    (pytester.path / "cache").mkdir()

    def runpytest(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_inprocess(*LOADED, "-p", "tests.plugin.fake", *arguments)

    return runpytest


@pytest.fixture
def run_outside(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunPytest:
    """Run pytest with the plugin and the fake model, in a process of its own."""
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(pytester.path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    (pytester.path / "cache").mkdir()

    def runpytest(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess(*LOADED, "-p", "tests.plugin.fake", *arguments, timeout=900)

    return runpytest


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models, a reference of the first, and a cache; torch is imported before any pytester, which would twice."""
    from tests.plugin import gated
    from tests.plugin.project import Project

    folder = tmp_path_factory.mktemp("gated")
    for change in gated.CHANGES:
        gated.save(folder / change, change)
    gated.write_suite(folder / "specs")
    recorded = Project(folder, folder / "cache").run("base", "--concept-record=ref")
    assert recorded.status == 1  # 'far' is refuted, and that is recorded
    assert (folder / "ref" / "reference.json").exists(), recorded.out
    (folder / "recorded.txt").write_text(recorded.out)
    return folder


@pytest.fixture
def project(models: Path, pytester: pytest.Pytester) -> Iterator[Project]:
    """A folder of one test, with the models and the reference, and the cache that all of them share."""
    from neurontest.trace.threads import with_threads
    from tests.plugin import gated
    from tests.plugin.project import Project

    folder = pytester.path
    gated.write_suite(folder / "specs")
    for change in gated.CHANGES:
        (folder / change).symlink_to(models / change)
    shutil.copytree(models / "ref", folder / "ref")
    with with_threads(1):  # as in the runs outside of this process
        yield Project(folder, models / "cache", pytester)
