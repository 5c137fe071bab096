"""docs/ci.md: its files parse, and its shell steps do what the page says."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from ruamel.yaml import YAML

from neurontest.cli import main
from neurontest.report import BADGES, REPORTS, SARIF
from tests.plugin import gated

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "ci.md").read_text("utf-8")
FILES = dict(re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
(SHELL,) = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
CLAIMS = (
    "claims:\n  - {id: near, claim: hanoi overlaps vietnam more than violent}\n"
    "  - {id: far, claim: hanoi overlaps violent more than vietnam}\n"
)


def load(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


CONCEPTS, COMMENT = (load(FILES[f".github/workflows/{name}.yml"]) for name in ("concepts", "comment"))


@pytest.mark.parametrize("workflow", [CONCEPTS, COMMENT], ids=["concepts", "comment"])
def test_each_is_a_workflow(workflow: dict[str, Any]) -> None:
    assert set(workflow) == {"name", "on", "jobs"}
    for job in workflow["jobs"].values():
        assert set(job) <= {"if", "needs", "runs-on", "timeout-minutes", "permissions", "env", "steps"}
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            # What a job is told by others must never become part of a command.
            assert "${{" not in step.get("run", "")


def test_who_runs_the_code_of_a_fork_cannot_write_and_who_writes_runs_none_of_it() -> None:
    assert "permissions" not in CONCEPTS["jobs"]["claims"]
    assert CONCEPTS["jobs"]["badge"]["if"].endswith("github.event_name == 'push'")
    assert COMMENT["on"]["workflow_run"]["workflows"] == [CONCEPTS["name"]]
    (checkout,) = [one for one in COMMENT["jobs"]["comment"]["steps"] if "checkout" in one.get("uses", "")]
    assert "with" not in checkout  # the default branch


def test_the_other_files_are_what_their_readers_take() -> None:
    job = load(FILES[".gitlab-ci.yml"])["claims"]
    assert job["artifacts"]["reports"]["junit"] == "reports/latest/junit.xml"
    assert "pytest --concept-specs concept_specs" in job["script"]
    (repo,) = load(FILES[".pre-commit-config.yaml"])["repos"]
    (hook,) = load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [one["id"] for one in repo["hooks"]] == [hook["id"]]
    entry, verb = hook["entry"].split()
    assert entry == "neurontest"
    assert main([verb, str(ROOT / hook["args"][0])]) == 0


def test_the_table_names_every_file_of_a_run() -> None:
    table = TEXT[: TEXT.index("Exit status")]
    for name in (*REPORTS, f"{BADGES}/", SARIF):
        assert f"`{name}`" in table


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a suite, and one that it is pushed to; a `gh` that notes what it is told."""
    folder = tmp_path_factory.mktemp("ci")
    work = folder / "work"
    work.mkdir()
    gated.save(work / "model", "base")
    gated.write_suite(work / "concept_specs", CLAIMS)
    (work / "pytest.ini").write_text("[pytest]\nconcept_model = model\n")
    (work / ".gitignore").write_text("reports/\nmodel/\n")
    subprocess.run(["git", "init", "-q", "--bare", str(folder / "origin.git")], check=True)
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("remote", "add", "origin", str(folder / "origin.git")),
        ("add", "."),
        ("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "suite"),
        ("push", "-q", "origin", "main"),
    ):
        subprocess.run(["git", "-C", str(work), *arguments], check=True, capture_output=True)
    gh = folder / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {shlex.quote(str(folder / "told"))}\n'
        'case "$1 $2" in\n'
        '  "run download") mkdir -p theirs && cp -r reports/latest/. theirs;;\n'
        "  api*) echo 7;;\n"
        "esac\n"
    )
    gh.chmod(0o755)
    return folder


def run(project: Path, script: str, **env: str) -> tuple[int, str]:
    paths = f"{project / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    own = {"PATH": paths, "OMP_NUM_THREADS": "1", "NEURONTEST_CACHE_DIR": str(project / "cache")}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=project / "work",
        env=os.environ | own | env,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def script(workflow: dict[str, Any], job: str, begin: str) -> str:
    (found,) = [one["run"] for one in workflow["jobs"][job]["steps"] if one.get("name", "").startswith(begin)]
    return str(found)


@pytest.fixture(scope="module")
def tested(project: Path) -> Path:
    """After the step that tests the claims, as GitHub runs it."""
    where = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(project / "summary")}
    status, said = run(project, script(CONCEPTS, "claims", "Test"), GITHUB_WORKSPACE=str(project / "work"), **where)
    assert (status, "::error file=concept_specs/claims.yaml,line=3" in said) == (1, True), said
    return project


def test_a_run_that_fails_has_left_its_files_and_told_the_job(tested: Path) -> None:
    folder = tested / "work" / "reports" / "latest"
    assert {one.name for one in folder.iterdir()} == {*REPORTS, BADGES, SARIF}
    assert "2 of 4 hold (1 vacuous), 1 refuted, 1 skipped" in (tested / "summary").read_text("utf-8")


def test_the_badge_is_published_and_again_when_nothing_is_new(tested: Path) -> None:
    work = tested / "work"
    for _ in range(2):
        status, said = run(tested, script(CONCEPTS, "badge", "Publish"))
        assert status == 0, said
        subprocess.run(["git", "-C", str(work), "switch", "-q", "main"], check=True, capture_output=True)
        subprocess.run(["git", "-C", str(work), "branch", "-qD", "concept-badges"], check=True, capture_output=True)

    def published(*arguments: str) -> str:
        own = ["git", "-C", str(tested / "origin.git"), *arguments]
        return subprocess.run(own, check=True, capture_output=True, encoding="utf-8").stdout

    assert published("ls-tree", "-r", "--name-only", "concept-badges").split() == [
        "badge.json",
        "badge.svg",
        "badges/claims.json",
        "badges/claims.svg",
        "badges/more.json",
        "badges/more.svg",
    ]
    assert published("rev-list", "--count", "concept-badges").strip() == "1"
    assert json.loads(published("show", "concept-badges:badge.json"))["message"].startswith("2 of 4 hold")
    ET.fromstring(published("show", "concept-badges:badge.svg"))  # noqa: S314 - our own


def test_a_comment_is_drawn_from_the_record_alone(tested: Path) -> None:
    (tested / "work" / "reports" / "latest" / "summary.md").write_text("@everyone, click here")
    env = dict.fromkeys(COMMENT["jobs"]["comment"]["env"], "x")
    status, said = run(tested, script(COMMENT, "comment", "Draw"), **env)
    assert status == 0, said
    told = (tested / "told").read_text("utf-8")
    assert "pr comment 7 --body-file drawn/summary.md --edit-last --create-if-none" in told
    drawn = (tested / "work" / "drawn" / "summary.md").read_text("utf-8")
    assert drawn.startswith("### Concept claims of concept&#95;specs: 2 of 4 hold (1 vacuous), 1 refuted")


def test_in_a_plain_shell_the_summary_is_shown_and_the_status_kept(tested: Path) -> None:
    status, said = run(tested, SHELL)
    assert (status, "### Concept claims of" in said) == (1, True), said
