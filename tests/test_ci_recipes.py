"""The recipes for CI in docs/gate.md: whole files that parse, and whose own steps do what the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from neurontest.errors import RecordError
from neurontest.gate.accepted import read_accepted
from neurontest.gate.reference.folder import RECORD, read_reference
from tests.plugin import gated

PAGE = Path(__file__).parents[1] / "docs" / "gate.md"
TEXT = PAGE.read_text("utf-8")
RECIPES = re.findall(r"^```yaml\n# (\.github/workflows/\S+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
FOLDER, ARTEFACT = (YAML(typ="safe", pure=True).load(text) for _, text in RECIPES)
(ATTRIBUTES,) = re.findall(r"^```gitattributes\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
CLAIM = "claims:\n  - {id: near, claim: hanoi overlaps vietnam more than violent}\n"
REFUTED = "claims:\n  - {id: far, claim: hanoi overlaps violent more than vietnam}\n"


@pytest.mark.parametrize("workflow", [FOLDER, ARTEFACT], ids=["folder", "artefact"])
def test_each_is_a_workflow(workflow: dict[str, Any]) -> None:
    assert set(workflow) == {"name", "on", "jobs"}
    assert "pull_request" in workflow["on"]
    for job in workflow["jobs"].values():
        assert set(job) <= {"if", "runs-on", "timeout-minutes", "permissions", "env", "steps"}
        assert job["runs-on"] == "ubuntu-latest"
        names = []
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert set(step) <= {"uses", "run", "name", "with", "env", "if"}
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/x@v1"))
            # What a job is told by others must never become part of a command.
            assert "${{" not in step.get("run", "")
            names.append(step.get("uses", step.get("name")).partition("@")[0])
        assert names.index("actions/checkout") < names.index("actions/setup-python") < names.index("Install")
        # The reports of a run that failed are what one wants to read.
        for step in job["steps"]:
            if step.get("with", {}).get("name") == "concept-report":
                assert (step["if"], step["with"]["path"]) == ("always()", "reports/latest")


def test_what_is_fetched_is_what_was_kept() -> None:
    (kept,) = [one["with"] for one in ARTEFACT["jobs"]["record"]["steps"] if "upload" in one.get("uses", "")]
    (fetched,) = [one["run"] for one in ARTEFACT["jobs"]["gate"]["steps"] if one.get("name", "").startswith("Fetch")]
    assert f"--name {kept['name']} --dir {kept['path']}" in fetched
    assert RECIPES[1][0].rpartition("/")[2] in fetched
    assert ARTEFACT["jobs"]["gate"]["permissions"]["actions"] == "read"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a suite, and a model that can be changed."""
    folder = tmp_path_factory.mktemp("ci")
    for change in ("base", "muted"):
        gated.save(folder / change, change)
    (folder / "work").mkdir()
    gated.write_suite(folder / "work" / "concept_specs", CLAIM, REFUTED)
    git(folder / "work", "init", "-q")
    (folder / "work" / ".gitattributes").write_text(ATTRIBUTES)
    return folder


def git(folder: Path, *arguments: str) -> None:
    own = ("-c", "user.name=x", "-c", "user.email=x@y", "-c", "core.autocrlf=true", "-c", "core.safecrlf=false")
    subprocess.run(["git", "-C", str(folder), *own, *arguments], check=True, capture_output=True)


def step(project: Path, workflow: dict[str, Any], job: str, begin: str) -> tuple[int, str]:
    """Run a step as GitHub does."""
    found = workflow["jobs"][job]
    (run,) = [one["run"] for one in found["steps"] if one.get("name", "").startswith(begin)]
    return shell(project, run, found["env"])


def shell(project: Path, script: str, env: dict[str, str]) -> tuple[int, str]:
    own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=project / "work",
        env=os.environ | own | env | {"NEURONTEST_CACHE_DIR": str(project / "cache")},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def use(project: Path, change: str) -> None:
    model = project / "work" / "model"
    model.unlink(missing_ok=True)
    model.symlink_to(project / change)


@pytest.fixture(scope="module")
def recorded(project: Path) -> Path:
    """With the reference that the recipe records."""
    use(project, "base")
    status, said = step(project, ARTEFACT, "record", "Record")
    # A claim is refuted, and recorded all the same.
    assert (status, "1 refuted" in said, "1 claim to preserve" in said) == (0, True, True), said
    return project


def test_an_artefact_decides_and_what_was_accepted_is_laid_beside_it(recorded: Path) -> None:
    use(recorded, "muted")
    assert step(recorded, ARTEFACT, "gate", "Lay")[0] == 0
    status, said = step(recorded, ARTEFACT, "gate", "Hold")
    assert (status, "1 lost, 1 unchanged" in said) == (1, True), said
    work = recorded / "work"
    (work / "accepted.yaml").write_text("accepted: [{claim: 'claims.yaml::near', reason: cheaper}]")
    assert step(recorded, ARTEFACT, "gate", "Lay")[0] == 0
    assert [one.claim for one in read_accepted(work / "reference")] == ["claims.yaml::near"]
    (work / "reference" / "accepted.yaml").unlink()


def test_a_committed_folder_decides_and_not_the_one_that_a_change_brings(recorded: Path) -> None:
    project, work = recorded, recorded / "work"
    (by_hand,) = re.findall(r"^```sh\n(pytest .*?--concept-record reference)\n", TEXT, re.MULTILINE)
    (script,) = [one["run"] for one in ARTEFACT["jobs"]["record"]["steps"] if one.get("name", "").startswith("Record")]
    assert by_hand in script.replace('"$MODEL"', ARTEFACT["jobs"]["record"]["env"]["MODEL"])
    git(work, "add", "reference", ".gitattributes")
    git(work, "commit", "-qm", "reference")
    git(work, "update-ref", "refs/remotes/origin/main", "HEAD")
    # Git would change line ends here, but for its attributes.
    shutil.rmtree(work / "reference")
    git(work, "checkout", "-q", "--", "reference")
    assert read_reference(work / "reference")
    # A change that damages or replaces its own copy is held against that of main.
    use(project, "muted")
    shutil.rmtree(work / "reference")
    status, said = step(project, FOLDER, "gate", "Hold")
    assert (status, "1 lost, 1 unchanged" in said) == (1, True), said
    use(project, "base")
    status, said = step(project, FOLDER, "gate", "Hold")
    assert (status, "1 unchanged, 1 preserved" in said) == (0, True), said
    git(work, "checkout", "-q", "--", "reference")
    git(work, "rm", "-qf", ".gitattributes")
    (work / "reference" / RECORD).unlink()
    git(work, "checkout", "-q", "--", f"reference/{RECORD}")
    with pytest.raises(RecordError, match="checksum is another"):
        read_reference(work / "reference")


def test_a_run_that_records_nothing_is_no_success(project: Path) -> None:
    shutil.rmtree(project / "work" / "reference", ignore_errors=True)
    (project / "work" / "model").unlink(missing_ok=True)
    status, said = step(project, ARTEFACT, "record", "Record")
    assert status != 0, said
