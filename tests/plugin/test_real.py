"""The plugin on a real run: a tiny model, real traces, real tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from neurontest.report.record import load_record
from tests import tiny

from .conftest import LOADED, REPOSITORY, Make

CLAIMS = """\
statistics: {test: half-sample}
claims:
  - a overlaps b more than c
  - {claim: baseline-normalized sets differ from raw for a, neurons: {k: 4}}
  - {claim: a has consistent neurons, skip: not now}
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model; made before any pytester, which would make torch be imported twice."""
    folder = tmp_path_factory.mktemp("real") / "model"
    tiny.save(folder, "llama")
    return folder


def test_a_second_run_finds_everything_and_imports_no_torch(
    pytester: pytest.Pytester, suite: Make, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(claims=CLAIMS)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    pytester.makepyfile(
        spy="def pytest_unconfigure(config):\n    import sys\n    open('torch', 'w').write(str('torch' in sys.modules))"
    )
    own = ["--concept-specs=specs", f"--concept-model={model}", "--concept-cache-dir=cache"]
    few = ["--concept-max-new-tokens=4", "--concept-samples=2", "-W", "error"]
    command = [sys.executable, "-m", "pytest", *LOADED, "-p", "spy", *own, *few, "--concept-salmon"]
    first, second = (_run(command, pytester.path) for _ in range(2))
    assert first.pop("torch") == "True"
    assert second.pop("torch") == "False"
    assert first.pop("tokens") > 0
    assert second.pop("tokens") == 0
    assert first == second
    overlap, differ, skipped = json.loads(str(first["claims"]))
    assert overlap["verdict"] in ("holds", "refuted", "inconclusive")
    assert 0 < overlap["salmon"] <= 1
    # One random model is as good as another: what is true of both is about the method.
    assert differ["verdict"] == "holds"
    assert differ["salmon"] <= 0.05
    assert "declared on a twin of the model with random weights" in str(first["printed"])
    assert skipped["salmon"] is None


def test_a_replay_of_a_run_finds_what_the_run_found(
    pytester: pytest.Pytester, suite: Make, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(claims=CLAIMS)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    pytester.makepyfile(spy="def pytest_unconfigure(config):\n    open('torch', 'w').write('')")
    own = ["--concept-specs=specs", f"--concept-model={model}", "--concept-cache-dir=cache"]
    few = ["--concept-max-new-tokens=4", "--concept-samples=2", "--concept-vacuous=off", "-W", "error"]
    command = [sys.executable, "-m", "pytest", *LOADED, "-p", "spy", *own, *few]
    live = _run(command, pytester.path)
    (pytester.path / "reports" / "latest").rename(pytester.path / "live")
    replayed = _run([*command, "--concept-replay=live", "--concept-report=again"], pytester.path, "again")
    assert replayed["tokens"] == live["tokens"]
    for one, other in zip(json.loads(live["claims"]), json.loads(replayed["claims"]), strict=True):
        assert one["verdict"] == other["verdict"]
        assert one["p"] is None or one["p"] == pytest.approx(other["p"], rel=0.05)
    first, again = (load_record(pytester.path / folder / "record.json") for folder in ("live", "again"))
    assert (first.generation.replay, again.generation.replay) == (None, "live")
    texts = [[text.text for concept in one.concepts for text in concept.continuations] for one in (first, again)]
    assert texts[0] == texts[1]


def _run(command: list[str], folder: Path, report: str = "reports/latest") -> dict[str, Any]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    record = load_record(folder / report / "record.json")
    found = [
        {"verdict": one.verdict, "salmon": one.salmon, "p": one.evidence.p if one.evidence else None}
        for one in record.claims
    ]
    return {
        "torch": (folder / "torch").read_text(),
        "tokens": record.trace.tokens,
        "claims": json.dumps(found),
        "printed": "".join(line for line in done.stdout.splitlines() if line.startswith("vacuous:")),
        "fingerprint": record.model.fingerprint,
    }


def test_a_template_with_the_time_in_it_is_one_text_for_all_workers_and_another_at_the_next_run(
    pytester: pytest.Pytester, suite: Make, model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("xdist")
    timed = shutil.copytree(model, tmp_path / "timed")
    (timed / "chat_template.jinja").write_text("{{ strftime_now('%H:%M:%S.%f') }} " + tiny.CHAT_TEMPLATE)
    suite(claims=CLAIMS, more="claims: [{claim: b has consistent neurons}, {claim: c has consistent neurons}]")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    pytester.makepyfile(spy="def pytest_unconfigure(config):\n    open('torch', 'w').write('')")
    own = ["--concept-specs=specs", f"--concept-model={timed}", "--concept-cache-dir=cache", "--concept-format=chat"]
    few = ["--concept-max-new-tokens=2", "--concept-samples=1", "--concept-vacuous=off", "-W", "error"]
    command = [sys.executable, "-m", "pytest", *LOADED, "-p", "spy", "-p", "xdist", "-n2", *own, *few]
    seen = []
    for _ in range(2):
        found = _run(command, pytester.path)
        record = load_record(pytester.path / "reports" / "latest" / "record.json")
        assert all(claim.verdict in ("holds", "refuted", "inconclusive", "skipped") for claim in record.claims)
        assert sum("looks at the clock" in text for text in record.warnings) == 1
        assert any(concept.continuations for concept in record.concepts)
        seen.append((found["tokens"], len(list(pytester.path.glob("cache/traces/*/*")))))
    # Nothing is traced twice in one run, and everything at the next.
    assert seen[1][0] > 0
    assert seen[1][1] == 2 * seen[0][1]
