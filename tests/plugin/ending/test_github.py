from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plugin.conftest import Make, RunPytest

CLAIMS = """\
claims:
  - {id: holds-1, claim: b overlaps a more than c}
  - {id: unsure-2, claim: a has consistent neurons}
"""


def test_a_job_gets_a_summary_and_marked_lines(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(claims=CLAIMS)
    summary = pytester.path / "summary"
    summary.write_text("# of an earlier step\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path.parent))
    result = run("--concept-specs=specs", "--concept-sarif")
    result.assert_outcomes(passed=1, failed=1)
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("# of an earlier step\n### Concept claims of specs: 1 of 2 hold")
    where = f"{pytester.path.name}/specs/geo.yaml"
    result.stdout.fnmatch_lines([f"::error file={where},line=3,title=inconclusive%3A a has consistent neurons::*"])
    log = json.loads((pytester.path / "reports/latest/claims.sarif").read_text(encoding="utf-8"))
    (found,) = log["runs"][0]["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == where


def test_elsewhere_nothing_is_marked(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    suite(claims=CLAIMS)
    run("--concept-specs=specs").stdout.no_fnmatch_line("::error*")
    assert not (pytester.path / "reports/latest/claims.sarif").exists()


@pytest.mark.parametrize("there", [None, 1024 * 1024])
def test_a_summary_that_cannot_be_added_to_is_a_warning(
    run: RunPytest, suite: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: int | None
) -> None:
    path = tmp_path / "no folder" / "summary"
    if there is not None:
        path.parent.mkdir()
        path.write_bytes(b"x" * there)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    suite(claims=CLAIMS)
    result = run("--concept-specs=specs", "-k", "holds-1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["warning: *job summary*"])
    if there is not None:
        assert path.stat().st_size == there


def test_badges_of_an_earlier_run_are_gone_before_the_first_claim(
    run: RunPytest, suite: Make, pytester: pytest.Pytester
) -> None:
    suite(claims=CLAIMS)
    run("--concept-specs=specs")
    folder = pytester.path / "reports" / "latest"
    assert '"message": "1 of 2 hold"' in (folder / "badges" / "geo.json").read_text(encoding="utf-8")
    (folder / "badges" / "mine.svg").write_text("<svg/>", encoding="utf-8")
    pytester.makeconftest(
        "import pathlib\n"
        "def pytest_runtest_setup():\n"
        "    found = pathlib.Path('reports/latest').rglob('*')\n"
        "    pathlib.Path('seen').write_text(' '.join(sorted(one.name for one in found if one.is_file())))\n"
    )
    run("--concept-specs=specs")
    assert Path("seen").read_text() == "mine.svg"
