"""The gate in a project like a user's: a reference is recorded, the model changes, the suite says what survived."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

import neurontest.run.between
import neurontest.run.gate
import neurontest.trace.engine
import neurontest.trace.twin  # noqa: F401 - a run in this process forgets what it was the first to import
from neurontest.cli import main
from neurontest.gate.reference import ACTIVATIONS, MANIFEST, RECORD
from neurontest.report.record import load_record
from neurontest.stats.calibration import NOT_MEASURED
from neurontest.types import Comparison, Record

from . import gated
from .conftest import LOADED, REPOSITORY

NEAR, FAR = "hanoi overlaps vietnam more than violent", "hanoi overlaps violent more than vietnam"


@dataclass(frozen=True)
class Ran:
    """A run of pytest that has ended."""

    status: int
    out: str
    record: Record

    @property
    def statuses(self) -> dict[str, str]:
        return {claim.id: claim.against.status for claim in self.record.claims if claim.against is not None}

    @property
    def outcomes(self) -> dict[str, str]:
        return {claim.id: claim.outcome for claim in self.record.claims if claim.selected}

    def comparison(self, name: str) -> Comparison:
        return next(one.against for one in self.record.claims if one.id == name and one.against is not None)

    def line(self, begin: str) -> str:
        return next(line for line in self.out.splitlines() if line.startswith(begin))


@dataclass(frozen=True)
class Project:
    """A folder with a suite ``specs``, and a cache that all tests share."""

    folder: Path
    cache: Path
    pytester: pytest.Pytester | None = None

    def run(self, model: str, *options: str) -> Ran:
        """Run the suite; in this process, unless workers are to be begun."""
        own = [f"--concept-cache-dir={self.cache}", "--concept-specs=specs", f"--concept-model={model}"]
        arguments = [*LOADED, *own, "--concept-vacuous=off", *options]
        shutil.rmtree(self.folder / "reports", ignore_errors=True)
        if self.pytester is not None and "-n2" not in options:
            result = self.pytester.runpytest_inprocess(*arguments)
            status, said = int(result.ret), result.outlines + result.errlines
        else:
            status, said = self._outside(arguments)
        path = self.folder / "reports" / "latest" / "record.json"
        return Ran(status, "\n".join(said), load_record(path) if path.exists() else _NONE)

    def _outside(self, arguments: list[str]) -> tuple[int, list[str]]:
        environ = {"PYTHONPATH": str(REPOSITORY), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=self.folder,
            env=os.environ | environ,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        return done.returncode, (done.stdout + done.stderr).splitlines()


_NONE = Record(**{**dict.fromkeys(Record.__dataclass_fields__), "claims": ()})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models, a reference of the first, and a cache; torch is imported before any pytester, which would twice."""
    folder = tmp_path_factory.mktemp("gated")
    for change in gated.CHANGES:
        gated.save(folder / change, change)
    gated.write_suite(folder / "specs")
    recorded = Project(folder, folder / "cache").run("base", "--concept-record=ref")
    assert recorded.status == 1  # 'far' is refuted, and that is recorded
    assert (folder / "ref" / MANIFEST).exists(), recorded.out
    (folder / "recorded.txt").write_text(recorded.out)
    return folder


@pytest.fixture
def project(models: Path, pytester: pytest.Pytester) -> Project:
    folder = pytester.path
    gated.write_suite(folder / "specs")
    for change in gated.CHANGES:
        (folder / change).symlink_to(models / change)
    shutil.copytree(models / "ref", folder / "ref")
    return Project(folder, models / "cache", pytester)


class TestRecording:
    def test_its_size_and_the_power_of_every_claim_are_told(self, models: Path) -> None:
        said = (models / "recorded.txt").read_text()
        size = sum(path.stat().st_size for path in (models / "ref").iterdir())
        assert f"ref: {size:,} bytes, 3 claims to preserve" in said
        assert "claims.yaml::far: is refuted: there is nothing to preserve" in said
        for node in ("claims.yaml::near", "claims.yaml::violent", "more.yaml::tulip"):
            line = next(line for line in said.splitlines() if node in line)
            assert 0.8 <= float(line.split()[1]) <= 1.0
        assert "later" not in said.partition("power to call")[2]

    def test_equal_bytes_twice_and_by_workers(self, project: Project) -> None:
        # One run has written it, others have found its traces.
        project.run("base", "--concept-record=again")
        parallel = project.run("base", "-p", "xdist", "-n2", "--concept-record=workers")
        assert "3 claims to preserve" in parallel.out
        for name in (RECORD, ACTIVATIONS, MANIFEST):
            first, *others = (_undated(project.folder / where / name, name) for where in ("ref", "again", "workers"))
            assert others == [first, first]

    @pytest.mark.parametrize("options", [["-k", "near"], ["--deselect=specs/more.yaml::tulip"]])
    def test_none_is_written_of_a_part(self, project: Project, options: list[str]) -> None:
        found = project.run("base", "--concept-record=part", *options)
        assert found.status == 4
        assert "no reference is written" in found.line("error: ")
        assert "were not selected" in found.out
        assert not (project.folder / "part").exists()

    def test_none_is_written_where_a_claim_has_no_evidence(self, project: Project) -> None:
        (project.folder / "conftest.py").write_text(
            "import pytest\n@pytest.fixture(autouse=True)\ndef broken(request):\n"
            "    if request.node.name == 'near': raise RuntimeError('broken')\n"
        )
        found = project.run("base", "--concept-record=part")
        assert found.status == 4
        assert "1 of 4 claims have no evidence" in found.out
        assert not (project.folder / "part").exists()

    def test_what_was_accepted_is_kept(self, project: Project) -> None:
        assert accept(project, "--reason=cheaper") == 0
        before = (project.folder / "ref" / "accepted.yaml").read_bytes()
        assert project.run("base", "--concept-record=ref").status == 1
        assert (project.folder / "ref" / "accepted.yaml").read_bytes() == before


def _undated(path: Path, name: str) -> object:
    data = path.read_bytes()
    return {**json.loads(data), "created": ""} if name == MANIFEST else data


def accept(project: Project, *options: str) -> int:
    return main(["accept", str(project.folder / "ref"), "--claim=claims.yaml::near", *options])


class TestComparing:
    @pytest.mark.parametrize("model", ["base", "permuted"])
    def test_what_does_the_same_is_preserved(self, project: Project, model: str) -> None:
        found = project.run(model, "--concept-against=ref")
        assert found.status == 0, found.out
        assert found.statuses == {"near": "preserved", "far": "unchanged", "violent": "preserved", "tulip": "preserved"}
        # One that was refuted before, and is now, does not fail.
        assert found.outcomes["far"] == "passed"
        change = found.comparison("near").change
        assert change is not None
        assert abs(change.value) < 1e-9
        assert found.record.against is not None
        assert (found.record.against.name, found.record.against.texts) == ("ref", "same")
        assert found.line("since ref").startswith("since ref (the same model" if model == "base" else "since ref (base")
        assert "1 unchanged, 3 preserved" in found.out

    def test_what_is_lost_fails_and_nothing_else(self, project: Project) -> None:
        found = project.run("muted", "--concept-against=ref", "--junitxml=pytest.xml")
        assert found.status == 1
        assert found.statuses == {"near": "lost", "far": "unchanged", "violent": "preserved", "tulip": "preserved"}
        assert found.outcomes == {
            "near": "failed", "far": "passed", "violent": "passed", "tulip": "passed", "later": "skipped"
        }  # fmt: skip
        near = found.comparison("near")
        assert near.then_effect is not None
        assert near.now_effect is not None
        assert near.change is not None
        assert near.change.interval is not None
        assert near.change.interval.high < 0
        assert near.change.value == pytest.approx(near.now_effect.value - near.then_effect.value)
        row = found.line(NEAR + "  2.")
        assert row.split()[-1] == "lost"
        assert "lost since the reference" in found.line(f"specs/claims.yaml:2: {NEAR}")
        for path in ("pytest.xml", "reports/latest/junit.xml"):
            said = {
                one.get("name"): one.get("value")
                for case in ET.parse(project.folder / path).iter("testcase")  # noqa: S314 - our own
                if case.get("name") == "near"
                for one in case.iter("property")
            }
            assert said["neurontest.gate.status"] == "lost"
            assert said["neurontest.gate.margin"] == "50%"
            assert said["neurontest.gate.error_rate"] == near.error_rate
            assert float(said["neurontest.gate.change"] or 0) == pytest.approx(near.change.value, rel=1e-4)
            assert float(said["neurontest.gate.p"] or 1) <= 0.05
        assert "measured" in near.error_rate
        assert not found.comparison("far").error_rate

    def test_nothing_of_a_model_of_no_meaning_is_preserved(self, project: Project) -> None:
        found = project.run("random", "--concept-against=ref")
        assert set(found.statuses.values()) <= {"undecided", "weakened", "lost", "unchanged"}
        for name, status in found.statuses.items():
            if status == "undecided":
                assert "and is not" in found.comparison(name).reason
        strict = project.run("random", "--concept-against=ref", "--concept-gate=undecided,lost")
        assert strict.status == 1
        assert strict.statuses == found.statuses
        failed = {name for name, outcome in strict.outcomes.items() if outcome == "failed"}
        assert failed == {name for name, status in found.statuses.items() if status in ("undecided", "lost")}

    def test_a_claim_about_the_change_is_tested_on_both_models(self, project: Project) -> None:
        more = """\
  - {id: kept, claim: "hanoi's neurons are preserved"}
  - {id: deed, claim: "hanoi's neurons are preserved by what they do"}
"""
        gated.write_suite(project.folder / "specs", more=gated.MORE + more)
        recorded = project.run("base", "--concept-record=two")
        assert "more.yaml::kept: it is about the change itself" in recorded.out
        # Without a reference there is nothing that it could be about.
        assert {one.verdict for one in recorded.record.claims if one.id in ("kept", "deed")} == {"inconclusive"}
        said = {}
        for model, options in (("base", ()), ("permuted", ()), ("muted", ()), ("muted", ("-p", "xdist", "-n2"))):
            found = project.run(model, "--concept-against=two", *options)
            said[model] = (found.statuses["kept"], found.statuses["deed"], found.outcomes["kept"])
            if model != "muted":
                continue
            assert said[model] == ("weakened", "weakened", "failed"), found.out
        assert said["base"] == ("preserved", "preserved", "passed")
        assert said["permuted"] == ("weakened", "preserved", "failed")

    def test_on_its_own_texts(self, project: Project) -> None:
        found = project.run("muted", "--concept-against=ref", "--concept-against-texts=own")
        assert found.statuses["near"] == "lost"
        assert "its own texts" in found.line("since ref")
        assert found.record.generation.replay is None

    def test_by_workers_and_from_the_cache_the_same(self, project: Project) -> None:
        alone = project.run("muted", "--concept-against=ref")
        parallel = project.run("muted", "-p", "xdist", "-n2", "--concept-against=ref")
        assert (parallel.status, parallel.statuses) == (1, alone.statuses)
        assert [one.against for one in parallel.record.claims] == [one.against for one in alone.record.claims]
        assert parallel.record.against == alone.record.against
        assert parallel.line(NEAR + "  2.") == alone.line(NEAR + "  2.")

    @pytest.mark.parametrize(
        ("options", "status", "seen"),
        [
            (["-k", "tulip"], 0, {"tulip"}),
            (["-k", "near"], 1, {"near"}),
            (["-x"], 1, {"near"}),
        ],
    )
    def test_what_was_not_selected_is_not_lost(
        self, project: Project, options: list[str], status: int, seen: set[str]
    ) -> None:
        found = project.run("muted", "--concept-against=ref", *options)
        assert found.status == status, found.out
        assert set(found.outcomes) == seen
        counted = found.out.partition("\nsince ref")[2]
        assert ("1 lost" in counted) == ("near" in seen)

    def test_an_amount_may_be_lost(self, project: Project) -> None:
        found = project.run("muted", "--concept-against=ref", "--concept-margin=9")
        assert found.status == 0
        assert found.statuses["near"] == "preserved"
        assert "margin 9)" in found.line("since ref")
        assert found.comparison("near").error_rate == NOT_MEASURED

    def test_a_mark_expects_it(self, project: Project) -> None:
        path = project.folder / "specs" / "claims.yaml"
        path.write_text(path.read_text().replace(f"claim: {NEAR}}}", f"claim: {NEAR}, xfail: known}}"))
        found = project.run("muted", "--concept-against=ref")
        assert found.status == 0
        assert (found.outcomes["near"], found.statuses["near"]) == ("xfailed", "lost")
        assert "the bar moved: claims.yaml: " + NEAR + ": now marked xfail: known" in found.out
        same = project.run("base", "--concept-against=ref")
        assert (same.outcomes["near"], same.statuses["near"]) == ("xpassed", "preserved")

    def test_a_new_claim_is_incomparable_and_a_deleted_one_is_told_of(self, project: Project) -> None:
        path = project.folder / "specs" / "claims.yaml"
        path.write_text(path.read_text().replace("id: near", "id: nearby"))
        found = project.run("base", "--concept-against=ref")
        assert found.status == 0
        assert found.statuses["nearby"] == "incomparable"
        assert "incomparable: claims.yaml:2" in found.line("incomparable: ")
        assert f"the bar moved: claims.yaml: {NEAR}: this claim is gone" in found.out
        strict = project.run("base", "--concept-against=ref", "--concept-gate-bar=fail")
        assert strict.status == 1
        assert "the bar moved, in 1 place" in strict.line("error: ")
        off = project.run("base", "--concept-against=ref", "--concept-gate-bar=off")
        assert off.status == 0
        assert "the bar moved" not in off.out

    def test_a_run_of_which_nothing_can_be_compared_is_not_green(self, project: Project) -> None:
        found = project.run("base", "--concept-against=ref", "--concept-k=5")
        assert set(found.statuses.values()) == {"incomparable"}
        assert "k was 6, and is 5" in found.comparison("near").reason
        assert found.status == 1
        assert "nothing could be compared" in found.line("error: ")


class TestAcceptance:
    def test_what_is_accepted_passes_and_is_named(self, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
        assert accept(project, "--reason", "int4 is cheaper", "--until", "2999-03-31") == 0
        assert "is accepted until 2999-03-31" in capsys.readouterr().out
        found = project.run("muted", "--concept-against=ref")
        assert found.status == 0
        assert (found.outcomes["near"], found.statuses["near"]) == ("passed", "lost")
        assert "lost (accepted)" in found.line(NEAR + "  2.")
        assert "claims.yaml::near: int4 is cheaper" in found.line("accepted until 2999-03-31")

    def test_an_expired_one_counts_for_nothing(self, project: Project) -> None:
        (project.folder / "ref" / "accepted.yaml").write_text(
            "accepted: [{claim: 'claims.yaml::near', reason: for a while, until: 2020-01-01}]"
        )
        found = project.run("muted", "--concept-against=ref")
        assert (found.status, found.outcomes["near"]) == (1, "failed")
        assert "expired on 2020-01-01" in found.line("acceptance ")

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--claim=claims.yaml::nea", "--reason=x"], "did you mean claims.yaml::near"),
            (["--claim=claims.yaml::near", "--reason= "], "must say why"),
            (["--claim=claims.yaml::near", "--reason=x", "--until=soon"], "must be a date"),
            (["--claim=claims.yaml::near", "--reason=x", "--until=2020-01-01"], "is over"),
        ],
    )
    def test_what_cannot_be_accepted(
        self, project: Project, capsys: pytest.CaptureFixture[str], options: list[str], said: str
    ) -> None:
        assert main(["accept", str(project.folder / "ref"), *options]) == 2
        assert said in capsys.readouterr().err
        assert not (project.folder / "ref" / "accepted.yaml").exists()


class TestReference:
    @pytest.mark.parametrize(
        ("damage", "said"),
        [
            (lambda ref: shutil.rmtree(ref), "is no reference"),
            (lambda ref: (ref / MANIFEST).unlink(), "is no reference"),
            (lambda ref: (ref / ACTIVATIONS).write_bytes(b"x"), "is not what was recorded"),
            (lambda ref: (ref / RECORD).write_text((ref / RECORD).read_text() + " "), "is not what was recorded"),
            (lambda ref: (ref / MANIFEST).write_text("{}"), "no manifest of a reference"),
            (lambda ref: (ref / "accepted.yaml").write_text("[]"), "must hold 'accepted:'"),
        ],
    )
    def test_one_that_is_missing_or_damaged_is_never_green(self, project: Project, damage: object, said: str) -> None:
        damage(project.folder / "ref")  # type: ignore[operator]
        found = project.run("base", "--concept-against=ref")
        assert found.status == 4
        (line,) = [line for line in found.out.splitlines() if line.startswith("ERROR")]
        assert said in line
        assert not found.record.claims

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--concept-margin=most"], "a margin is a share such as 50%"),
            (["--concept-margin=100%"], "lets all of an effect be lost"),
            (["--concept-gate=lots"], "must name some of weakened, lost, undecided, incomparable, or none"),
            (["--concept-record=new"], "not both"),
            (["--concept-replay=ref"], "says other texts than the reference's"),
        ],
    )
    def test_what_cannot_be_meant(self, project: Project, options: list[str], said: str) -> None:
        found = project.run("base", "--concept-against=ref", *options)
        assert found.status == 4
        assert said in found.out

    def test_of_a_revision(self, project: Project) -> None:
        git(project, "init", "-q")
        git(project, "add", "ref", "specs")
        git(project, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "reference")
        shutil.rmtree(project.folder / "ref")
        found = project.run("muted", "--concept-against=git:HEAD:ref")
        assert (found.status, found.statuses["near"]) == (1, "lost")
        assert found.line("since git:HEAD:ref")
        for wrong in ("git:HEAD:nowhere", "git:HEAD:specs", "git:v9:ref", "git:--output=x:ref", "git:HEAD"):
            bad = project.run("base", f"--concept-against={wrong}")
            assert bad.status == 4, wrong
            assert "ERROR: --concept-against" in bad.out

    def test_named_by_the_ini_file(self, project: Project) -> None:
        (project.folder / "pytest.ini").write_text("[pytest]\nconcept_against = ref\nconcept_gate = none\n")
        found = project.run("muted")
        assert (found.status, found.statuses["near"]) == (0, "lost")
        assert "against" not in str(project.run("muted", "--concept-against=", "--concept-gate=lost").statuses)


def git(project: Project, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(project.folder), *arguments], check=True)


def test_two_references_without_a_model(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    run = project.run("muted", "--concept-against=ref")
    project.run("muted", "--concept-replay=ref", "--concept-record=new")
    for change in gated.CHANGES:
        (project.folder / change).unlink()
    ref, new = str(project.folder / "ref"), str(project.folder / "new")
    assert main(["compare", ref, new]) == 1
    said = capsys.readouterr().out
    # The same numbers as those of the run with the model.
    assert run.line(NEAR + "  2.") in said
    assert "1 lost, 1 unchanged, 2 preserved" in said
    assert main(["compare", ref, ref]) == 0
    assert "1 unchanged, 3 preserved" in capsys.readouterr().out
    assert accept(project, "--reason=cheaper") == 0
    assert main(["compare", ref, new, "--margin=40%"]) == 0
    assert main(["compare", ref, str(project.folder)]) == 2
