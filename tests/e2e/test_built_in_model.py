"""From specs to reports on real weights: a small suite, run twice as a user would run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from neurontest.report.record import load_record
from neurontest.settings import from_environment
from neurontest.types import Record

pytestmark = pytest.mark.model

PROMPTS = Path(__file__).parent / "pilot" / "prompts"
CONCEPTS = ("tulip", "vietnam", "hanoi")

SUITE = """\
neurontest: 1
model: smollm2-135m
trace: {max_new_tokens: 8, samples: 1}
baseline: {prompts: baseline.txt}
concepts:
  tulip: {prompts: tulip.txt}
  vietnam: {prompts: vietnam.txt}
  hanoi: {prompts: hanoi.txt}
claims:
  - baseline-normalized sets differ from raw
  - {claim: baseline-normalized sets differ from raw, neurons: {k: 50}, id: wider}
"""
SPY = "import sys\ndef pytest_unconfigure(config):\n    print('torch:', 'torch' in sys.modules)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The suite, beside a cache of its own that borrows the converted model of the user's."""
    users = Path(str(from_environment().get("cache_dir") or platformdirs.user_cache_dir("neurontest")))
    (tmp_path / "cache").mkdir()
    for shared in ("models", "locks"):
        (users / shared).mkdir(parents=True, exist_ok=True)
        (tmp_path / "cache" / shared).symlink_to(users / shared)
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "suite.yaml").write_text(SUITE, encoding="utf-8")
    for name in (*CONCEPTS, "baseline"):
        lines = (PROMPTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()[:10]
        (specs / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "spy.py").write_text(SPY, encoding="utf-8")
    return tmp_path


def run(folder: Path) -> tuple[str, Record]:
    """Run pytest on the suite; gives what it printed, and the record."""
    command = [sys.executable, "-m", "pytest", "-p", "spy", "--concept-specs=specs", "--concept-cache-dir=cache"]
    done = subprocess.run(
        [*command, "-W", "error"], cwd=folder, capture_output=True, text=True, timeout=2400, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, load_record(folder / "reports" / "latest" / "record.json")


def test_evidence_on_real_weights(folder: Path) -> None:
    printed, record = run(folder)
    assert "torch: True" in printed
    assert [claim.verdict for claim in record.claims] == ["holds", "holds"]
    # Prompts dealt to concepts at random: raw and normalized sets differ there as well.
    assert all(claim.vacuity is not None and claim.vacuity.vacuous for claim in record.claims)
    assert "2 of 2 hold; 2 of them also with prompts dealt at random" in printed
    assert record.trace.texts == 8 * len(CONCEPTS) + 10
    # The lesson that the method starts from: raw, all concepts have the same neurons; normalized, they have not.
    shared = {
        matrix.kind: [row[b] for a, row in enumerate(matrix.counts) for b in range(a)]
        for matrix in record.overlaps
        if matrix.positions == "generated"
    }
    assert min(shared["raw"]) > max(shared["normalized"])
    page = (folder / "reports" / "latest" / "report.html").read_text(encoding="utf-8")
    assert "Hanoi" in page

    again, second = run(folder)
    assert "torch: False" in again
    assert second.trace.texts == 0
    assert [claim.evidence for claim in second.claims] == [claim.evidence for claim in record.claims]
    assert second.concepts == record.concepts
