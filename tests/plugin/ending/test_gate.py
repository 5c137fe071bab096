"""The gate in a project like a user's: a reference is recorded, the model changes, the suite says what survived."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from neurontest.cli import main
from neurontest.errors import TraceError
from neurontest.gate.reference.folder import ACTIVATIONS, FLOOR, MANIFEST, RECORD, read_reference
from neurontest.stats.calibration import NOT_MEASURED
from tests.junit import case_properties
from tests.plugin import gated
from tests.plugin.project import Project, Ran

NEAR, FAR = "hanoi overlaps vietnam more than violent", "hanoi overlaps violent more than vietnam"


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
        for name in (RECORD, ACTIVATIONS, FLOOR, MANIFEST):
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
        assert project.run("base", "--concept-record=ref", "--concept-floor=none").status == 1
        assert (project.folder / "ref" / "accepted.yaml").read_bytes() == before


class TestNoiseFloor:
    """The same model once more, with one thing otherwise: recorded with a reference, shown beside later changes."""

    def test_it_is_measured_for_every_claim_that_held(self, models: Path) -> None:
        found = read_reference(models / "ref").floor
        assert {one.varies: one.said for one in found.repeats} == {
            "batch": "batches of 26 instead of 128",
            "threads": "2 threads instead of 1",
            "seed": "seed 1338 instead of 1337",
        }
        assert not any(one.reason or one.without for one in found.repeats)
        assert set(found.claims) == {"claims.yaml::near", "claims.yaml::violent", "more.yaml::tulip"}
        for floor in found.claims.values():
            assert floor.unit == "neurons"
            assert None not in (floor.batch, floor.threads, floor.seed)
            # On the same words the planted sets are the same to the last neuron; in other words they need not be.
            assert (floor.noise or 0.0) < 1e-9
        assert any(floor.seed for floor in found.claims.values())
        said = (models / "recorded.txt").read_text()
        assert "noise floor, what effects change by though the model does not (" in said
        assert "  2 threads instead of 1: at most ±0 neurons (3 claims)" in said

    def test_its_traces_are_made_anew_and_never_kept(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        import torch

        from neurontest.trace.job import Work

        made, trace = [], Work.trace

        def noted(self: Work) -> object:
            made.append((self._batch_size, torch.get_num_threads()))
            return trace(self)

        monkeypatch.setattr(Work, "trace", noted)
        before = _kept(project.cache)
        found = project.run("base", "--concept-record=again", "--concept-floor=batch,threads")
        assert "3 claims to preserve" in found.out
        # Everything that a reference is of was there, and nothing of it was read for its noise floor, or written over.
        assert made == [(26, 1), (128, 2)]
        assert _kept(project.cache) == before
        assert torch.get_num_threads() == 1
        assert [one.varies for one in read_reference(project.folder / "again").floor.repeats] == ["batch", "threads"]

    def test_it_is_shown_beside_what_changed(self, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
        found = project.run("permuted", "--concept-against=ref", "--junitxml=pytest.xml")
        floor = read_reference(project.folder / "ref").floor
        assert found.comparison("near").floor == floor.claims["claims.yaml::near"]
        assert found.record.against is not None
        assert found.record.against.floor == floor.repeats
        line = found.line("noise floor, the same model with ")
        assert "batches of 26 instead of 128: at most ±0 neurons; 2 threads instead of 1: at most ±0 neurons; " in line
        assert 'name="neurontest.gate.floor" value="0' in (project.folder / "pytest.xml").read_text()
        project.run("permuted", "--concept-replay=ref", "--concept-record=new")
        capsys.readouterr()
        assert main(["compare", str(project.folder / "ref"), str(project.folder / "new")]) == 0
        assert line in capsys.readouterr().out
        # Of texts that are given there is no other seed.
        (seed,) = [one for one in read_reference(project.folder / "new").floor.repeats if one.reason]
        assert (seed.varies, seed.reason) == ("seed", "the texts are given, and not drawn")

    def test_a_loss_within_it_is_none(self, project: Project) -> None:
        path = project.folder / "ref" / FLOOR
        large = path.read_text().replace('"batch": 0.0', '"batch": 30.0')
        assert large != path.read_text()
        path.write_text(large)
        manifest = json.loads((project.folder / "ref" / MANIFEST).read_text())
        manifest["files"][FLOOR] = hashlib.sha256(large.encode()).hexdigest()
        (project.folder / "ref" / MANIFEST).write_text(json.dumps(manifest))
        found = project.run("muted", "--concept-against=ref")
        assert (found.status, found.statuses["near"], found.outcomes["near"]) == (0, "undecided", "passed")
        assert "the same model changes as much in other batches" in found.line("undecided: claims.yaml:2")

    def test_none_is_recorded_where_none_is_asked_for(self, project: Project) -> None:
        recorded = project.run("base", "--concept-record=ref", "--concept-floor=none")
        assert "noise floor" not in recorded.out
        assert not (project.folder / "ref" / FLOOR).exists()
        found = project.run("base", "--concept-against=ref")
        assert found.status == 0
        assert "floor" not in found.out
        assert found.comparison("near").floor is None

    def test_what_keeps_it_from_being_measured_is_told(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(self: object) -> object:
            raise TraceError("no more of this")

        monkeypatch.setattr("neurontest.trace.job.Work.trace", broken)
        found = project.run("base", "--concept-record=again", "--concept-floor=batch")
        assert "  batches of 26 instead of 128: of no claim; not of claims.yaml::near and 2 more: no more" in found.out
        assert found.status == 1  # of 'far', that is refuted: a reference was written
        assert project.run("base", "--concept-against=again").status == 0


def _kept(cache: Path) -> dict[str, int]:
    """The files of a cache, locks aside, and when each was written."""
    return {
        str(path): path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file() and "lock" not in str(path)
    }


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
        see_drifts_of_the_same_function(found, renumbered=model == "permuted")
        page = (project.folder / "reports" / "latest" / "report.html").read_text()
        assert "Neurons since ref" in page

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
            said = case_properties(project.folder / path)["near"]
            assert said["neurontest.gate.status"] == "lost"
            assert said["neurontest.gate.margin"] == "50%"
            assert said["neurontest.gate.error_rate"] == near.error_rate
            assert float(said["neurontest.gate.change"]) == pytest.approx(near.change.value, rel=1e-4)
            assert float(said["neurontest.gate.p"]) <= 0.05
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
        recorded = project.run("base", "--concept-record=two", "--concept-floor=none")
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
        see_texts_of_its_own(found)
        # A model that writes the very same words is matched.
        same = project.run("base", "--concept-against=ref", "--concept-against-texts=own")
        assert [one.others for one in same.record.rewritten] == [0] * 5
        assert all(one.by_match is not None for one in same.record.drifts)

    def test_by_workers_and_from_the_cache_the_same(self, project: Project) -> None:
        alone = project.run("muted", "--concept-against=ref")
        parallel = project.run("muted", "-p", "xdist", "-n2", "--concept-against=ref")
        assert (parallel.status, parallel.statuses) == (1, alone.statuses)
        assert [one.against for one in parallel.record.claims] == [one.against for one in alone.record.claims]
        assert parallel.record.against == alone.record.against
        assert len(alone.record.drifts) == 4
        assert parallel.record.drifts == alone.record.drifts
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
        assert {one.concept for one in found.record.drifts} == (
            seen if seen == {"tulip"} else {"hanoi", "vietnam", "violent"}
        )
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
        assert found.record.drifts == ()
        assert found.status == 1
        assert "nothing could be compared" in found.line("error: ")


def see_drifts_of_the_same_function(found: Ran, *, renumbered: bool) -> None:
    assert [one.concept for one in found.record.drifts] == ["tulip", "vietnam", "hanoi", "violent"]
    for one in found.record.drifts:
        assert one.by_number is not None
        assert one.by_match is not None
        assert (len(one.by_match.stayed), one.by_match.entered, one.by_match.left) == (6, (), ())
        assert all(move.correlation == pytest.approx(1, abs=1e-4) for move in one.by_match.stayed)
        assert one.by_match.drift.value == pytest.approx(0, abs=1e-4)
        assert one.by_match.p > 0.05
        if renumbered:
            assert len(one.by_number.left) >= 5
            assert one.by_number.p < 0.01
        else:
            assert len(one.by_number.stayed) == 6
            assert one.by_number.p > 0.05
    if renumbered:
        rows = found.out.partition("neurons of  ")[2].splitlines()
        assert [row.split()[0] for row in rows[2:6]] == ["tulip", "vietnam", "hanoi", "violent"]
    else:
        assert found.line("neurons: ").startswith("neurons: no drift shown in 4 of 4 sets; 100% stayed (halves: ")
    assert found.record.rewritten == ()


def see_texts_of_its_own(found: Ran) -> None:
    told = {one.concept: one for one in found.record.rewritten}
    assert set(told) == {"tulip", "vietnam", "hanoi", "violent", "baseline"}
    assert all(one.texts in (gated.PROMPTS_EACH, gated.BASELINE) for one in told.values())
    assert told["hanoi"].others > 2
    assert len(told["hanoi"].shown) == min(told["hanoi"].others, 20)
    assert all(pair.then != pair.now for pair in told["hanoi"].shown)
    hanoi = next(one for one in found.record.drifts if one.concept == "hanoi")
    assert hanoi.by_number is not None
    # What neurons do on other words says nothing of which is which.
    assert hanoi.by_match is None
    assert "each model has written its own" in found.line("not told both ways")


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
            (["--concept-floor=lots"], "--concept-floor must name some of batch, threads, seed, or none"),
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
    assert run.line("hanoi  ") in said
    assert run.line("neurons: ") in said
    assert main(["compare", ref, new, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert sorted(one["status"] for one in told["claims"]) == ["lost", "preserved", "preserved", "unchanged"]
    assert [one["status"] for one in told["claims"] if one["fails"]] == ["lost"]
    assert {one["concept"] for one in told["drifts"]} >= {"hanoi"}
    assert main(["compare", ref, ref]) == 0
    assert "1 unchanged, 3 preserved" in capsys.readouterr().out
    assert accept(project, "--reason=cheaper") == 0
    assert main(["compare", ref, new, "--margin=40%"]) == 0
    assert main(["compare", ref, str(project.folder)]) == 2
