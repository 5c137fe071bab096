"""Texts read token by token at the end of a run: once, by whichever process, and never at the cost of a verdict."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neurontest.report.record import load_record
from neurontest.types import Record, TraceRecord
from tests import tiny

from . import fake
from .conftest import LOADED, REPOSITORY, Make, RunPytest

CLAIMS = """\
statistics: {test: half-sample}
claims:
  - a overlaps b more than c
"""
MORE = "statistics: {test: half-sample}\nclaims: [c has consistent neurons]\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model; made before any pytester, which would make torch be imported twice."""
    return tiny.save(tmp_path_factory.mktemp("tokens") / "model", "llama")


def record_in(folder: Path) -> Record:
    return load_record(folder / "reports" / "latest" / "record.json")


def still(record: Record) -> Record:
    """A record without what hangs on when and how fast it was made."""
    claims = tuple(replace(claim, duration=0.0) for claim in record.claims)
    return replace(record, created="", claims=claims, trace=TraceRecord())


def test_a_real_run_reads_them_once_and_workers_read_the_same(
    pytester: pytest.Pytester, suite: Make, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    suite(claims=CLAIMS, more=MORE)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    pytester.makepyfile(
        spy="def pytest_unconfigure(config):\n    import sys\n    open('torch', 'w').write(str('torch' in sys.modules))"
    )
    few = ["--concept-max-new-tokens=4", "--concept-samples=2", "--concept-vacuous=off", "-W", "error"]
    own = ["--concept-specs=specs", f"--concept-model={model}", *few]

    def run(cache: str, *options: str) -> tuple[Record, str]:
        command = [sys.executable, "-m", "pytest", *LOADED, "-p", "spy", *own, f"--concept-cache-dir={cache}", *options]
        done = subprocess.run(
            command, cwd=pytester.path, capture_output=True, encoding="utf-8", timeout=900, check=False
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return record_in(pytester.path), (pytester.path / "torch").read_text()

    first, torch = run("cache")
    assert torch == "True"
    assert first.tokens is not None
    assert [one.concept for one in first.tokens.concepts] == ["a", "b", "c"]
    for one in first.tokens.concepts:
        assert [(text.prompt, text.sample) for text in one.texts] == [
            (f"{one.concept} prompt {n} is", 0) for n in range(3)
        ]
        assert all("".join(text.pieces).startswith(text.prompt) for text in one.texts)
        # All but the first token of all, and the last one that was written.
        assert all(isinstance(value, float) for text in one.texts for value in text.activity[:-1])
    again, torch = run("cache")
    assert torch == "False"
    assert still(again) == still(first)
    none, torch = run("cache", "--concept-tokens=0")
    assert torch == "False"
    assert still(none) == still(replace(first, tokens=None))
    elsewhere, _ = run("elsewhere", "-p", "xdist", "-n2")
    assert elsewhere.tokens == first.tokens
    assert [claim.verdict for claim in elsewhere.claims] == [claim.verdict for claim in first.claims]


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_what_workers_read_is_in_the_record_once(
    run_outside: RunPytest, suite: Make, pytester: pytest.Pytester, workers: str
) -> None:
    pytest.importorskip("xdist")
    suite(more="claims: [{id: holds-2, claim: c has consistent neurons}]")
    run_outside("-p", "xdist", "--concept-specs=specs", workers, "--concept-tokens=2")
    tokens = record_in(pytester.path).tokens
    assert tokens is not None
    assert [(one.concept, len(one.texts)) for one in tokens.concepts] == [("a", 2)]
    assert json.loads((pytester.path / "reports" / "latest" / "record.json").read_text())["tokens"]["version"] == 1
    page = (pytester.path / "reports" / "latest" / "report.html").read_text(encoding="utf-8")
    assert '<span class="n4" title="−1.25"> and</span>' in page


def test_what_goes_wrong_is_a_warning_and_every_verdict_stands(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Any, count: int) -> None:
        raise RuntimeError("the library is at fault")

    suite(claims="claims: [{id: holds-1, claim: b overlaps a more than c}]")
    monkeypatch.setattr(fake.FakeRun, "read_tokens", fails)
    result = run("--concept-specs=specs")
    result.assert_outcomes(passed=1)
    assert result.ret == 0
    record = record_in(pytester.path)
    assert record.tokens is None
    assert record.claims[0].verdict == "holds"
    (warning,) = record.warnings
    assert warning.startswith("no text is shown token by token: RuntimeError: the library is at fault")


@pytest.mark.parametrize("said", ["0", "-1", "many"])
def test_none_are_read_where_none_are_wanted(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def never(self: Any, count: int) -> None:
        raise AssertionError("read")

    suite(claims="claims: [{id: holds-1, claim: b overlaps a more than c}]")
    monkeypatch.setattr(fake.FakeRun, "read_tokens", never)
    result = run("--concept-specs=specs", f"--concept-tokens={said}")
    if said == "0":
        assert record_in(pytester.path).tokens is None
        assert record_in(pytester.path).warnings == ()
    else:
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"*--concept-tokens must be a whole number at least 0, not '{said}'*"])


def test_nobody_waits_for_them_after_an_interrupt(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    suite(claims="claims: [{id: holds-1, claim: b overlaps a more than c}]")
    monkeypatch.setattr(fake.FakeRun, "read_tokens", lambda self, count: read.append(count))
    pytester.makeconftest("import pytest\n\ndef pytest_runtest_teardown(item):\n    pytest.exit('enough')")
    run("--concept-specs=specs", "--confcutdir=.")
    assert "enough" in record_in(pytester.path).errors[0]
    assert read == []
