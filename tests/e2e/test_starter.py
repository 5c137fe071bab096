"""What someone new sees first: the suite of ``neurontest init`` on the built-in model, and the README's words on it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from neurontest.cli import main
from neurontest.report.record import load_record
from neurontest.report.text.rows import table_rows

pytestmark = pytest.mark.model

README = Path(__file__).parents[2] / "README.md"


def test_it_shows_all_three_verdicts_as_its_comments_and_the_readme_say(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path / "first")]) == 0
    # In the user's own cache: there it is after the first time, as for a user.
    command = [sys.executable, "-m", "pytest", "--concept-specs=first", "--rootdir=.", "-ra"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=2400, check=False)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    record = load_record(tmp_path / "reports" / "latest" / "record.json")
    assert {claim.verdict for claim in record.claims} == {"holds", "refuted", "inconclusive"}
    source = (tmp_path / "first" / "claims.yaml").read_text(encoding="utf-8")
    said = re.findall(r"^  # (Holds|Refuted|Inconclusive): ", source, flags=re.MULTILINE)
    assert [one.lower() for one in said] == [claim.verdict for claim in record.claims]
    shown, readme = done.stdout.splitlines(), README.read_text(encoding="utf-8").splitlines()
    for row in table_rows(record):
        (line,) = [line for line in shown if line.startswith(f"{row.claim}  ")]
        assert line in readme
    for claim in record.claims:
        begin = f"{claim.verdict.upper()} first/claims.yaml::{claim.id}"
        said = [line for line in shown if line.startswith(begin)]
        written = [line.removesuffix("...") for line in readme if line.startswith(begin)]
        assert [line.startswith(one) for line, one in zip(said, written, strict=True)] == [True] * len(said)
        assert len(said) == (claim.verdict != "holds")
