"""With workers run the same tests as without, and come to the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from .conftest import LOADED, REPOSITORY, Make

pytest.importorskip("xdist")

MORE = "claims: [{id: holds-2, claim: c has consistent neurons}, {id: unsure-2, claim: a has consistent neurons}]"

# What ran, and what came of it: whoever ran it, and however its node id is dressed up.
SPY = """
import json

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Spy())

class Spy:
    seen = {}

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.skipped or report.failed:
            self.seen[report.nodeid.partition("@")[0]] = report.outcome

    def pytest_sessionfinish(self):
        with open("seen.json", "w") as file:
            json.dump(self.seen, file)
"""

Seen = Mapping[str, str]


@pytest.fixture
def seen(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Seen]:
    """What a run of pytest in a process of its own ran."""
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(pytester.path / "cache"))
    monkeypatch.setenv("PYTHONPATH", f"{REPOSITORY}:{pytester.path}")
    (pytester.path / "cache").mkdir()
    pytester.makepyfile(spy=SPY)

    def run(*arguments: str) -> Seen:
        result = pytester.runpytest_subprocess(
            *LOADED, "-p", "tests.plugin.fake", "-p", "xdist", "-p", "spy", *arguments, timeout=900
        )
        assert result.ret in (0, 1), result.stdout.str() + result.stderr.str()
        found: Seen = json.loads(Path("seen.json").read_text(encoding="utf-8"))
        return found

    return run


@pytest.fixture
def project(suite: Make, pytester: pytest.Pytester) -> None:
    """A project with tests of its own, some of which are no tests of it, and suites."""
    suite(more=MORE)
    suite("deep/second", claims=MORE)
    for name in ("checks", "junk", "deep"):
        folder = pytester.path / name
        folder.mkdir(exist_ok=True)
        (folder / f"test_{name}.py").write_text("def test_it(): pass\ndef test_no(): assert False", encoding="utf-8")


@pytest.mark.parametrize("ini", ["testpaths = checks", ""])
@pytest.mark.parametrize("said", ["option", "ini"])
def test_workers_run_what_was_chosen(
    seen: Callable[..., Seen], project: None, pytester: pytest.Pytester, ini: str, said: str
) -> None:
    key = "concept_specs = specs deep/second\n" if said == "ini" else ""
    pytester.makeini(f"[pytest]\n{key}{ini}")
    named = () if said == "ini" else ("--concept-specs=specs", "--concept-specs=deep/second")
    alone = seen(*named)
    assert any(node.startswith("specs/geo.yaml::") for node in alone)
    assert any(node.startswith("deep/second/geo.yaml::") for node in alone)
    assert any(node.startswith("checks/") for node in alone) == (said == "ini")
    assert any(node.startswith("junk/") for node in alone) == (said == "ini" and not ini)
    assert seen(*named, "-n2") == alone


@pytest.mark.parametrize(
    "how",
    [
        ("-n0",),
        *(("-n2", f"--dist={dist}") for dist in ("each", "loadfile", "loadgroup", "worksteal")),
        ("-d", "--tx", "2*popen"),
    ],
    ids=" ".join,
)
def test_however_tests_are_dealt_to_workers(
    seen: Callable[..., Seen], project: None, pytester: pytest.Pytester, how: tuple[str, ...]
) -> None:
    pytester.makeini("[pytest]\ntestpaths = junk")
    named = "--concept-specs=specs"
    assert seen(named, *how) == {
        "specs/geo.yaml::holds-1": "passed",
        "specs/geo.yaml::refuted-1": "failed",
        "specs/geo.yaml::unsure-1": "failed",
        "specs/geo.yaml::holds-skipped": "skipped",
        "specs/geo.yaml::refuted-expected": "skipped",
        "specs/more.yaml::holds-2": "passed",
        "specs/more.yaml::unsure-2": "failed",
    }


def test_from_a_folder_below(
    seen: Callable[..., Seen], project: None, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]\ntestpaths = junk\nconcept_specs = specs")
    monkeypatch.chdir(pytester.path / "checks")
    for arguments in (("--concept-specs=../deep/second",), ()):
        assert seen(*arguments, "-n2") == seen(*arguments)


def test_the_shipped_suite_is_collected_alike_with_workers(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("concept_specs", "pyproject.toml", "conftest.py"):
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, pytester.path / name)
    tests = pytester.mkdir("tests")
    (tests / "test_it.py").write_text("def test_it(): pass", encoding="utf-8")
    # No claim is tested: each is set up and called by this alone.
    pytester.makepyfile(
        nothing="""
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_protocol(item, nextitem):
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            report = pytest.TestReport(item.nodeid, item.location, {}, "passed", None, "call")
            item.ihook.pytest_runtest_logreport(report=report)
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
            return True
        """,
        spy=SPY,
    )
    monkeypatch.setenv("PYTHONPATH", f"{REPOSITORY}:{pytester.path}")
    ran: list[Seen] = []
    for workers in ("-n0", "-n2"):
        pytester.runpytest_subprocess(
            *LOADED, "-p", "xdist", "-p", "nothing", "-p", "spy", "--concept-specs=concept_specs", workers, timeout=900
        )
        ran.append(json.loads(Path("seen.json").read_text(encoding="utf-8")))
    assert ran[0] == ran[1]
    files = {node.partition("::")[0] for node in ran[0]}
    assert files == {f"concept_specs/{name}.yaml" for name in ("causal", "powered", "writeup")}
