from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.cli import main
from tests.cli.suites import write


def test_the_cache_is_filled_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(tmp_path / "cache"))
    suite = write(tmp_path / "suite")
    assert main(["trace", str(suite)]) == 0
    first, where = capsys.readouterr().out.splitlines()
    # Three concepts of six prompts, and the baseline.
    assert first.startswith(f"{suite}: traced 24 texts (")
    assert "tokens/s, on " in first
    assert where == f"  in {tmp_path / 'cache'}; 'pytest --concept-specs {suite}' finds it there"
    assert not (tmp_path / "cache" / "evidence").exists()  # nothing was tested
    assert main(["trace", str(suite)]) == 0
    assert capsys.readouterr().out.startswith(f"{suite}: nothing to trace, all was in the cache\n")


def test_repeats_are_traced_and_what_is_read_later_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(tmp_path / "cache"))
    claims = [{"id": "causal", "claim": "tulip's neurons are needed for tulip more than for violent"}]
    suite = write(
        tmp_path / "suite",
        prompts=10,
        trace={"max_new_tokens": 2, "samples": 1, "seeds": [1, 2]},
        claims=claims,
    )
    assert main(["trace", str(suite)]) == 0
    first, _, more = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{suite}: traced 72 texts (")  # 36 at either seed
    assert more == "  texts with neurons set to other values are read when these are tested: causal"
