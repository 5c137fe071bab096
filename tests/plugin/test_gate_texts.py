"""Claims whose texts are written in a way of their own are held against a reference on those that they read there."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from neurontest.cli import main
from neurontest.gate.reference.texts import read_in
from neurontest.report.record import load_record
from neurontest.types import Generation

from . import gated
from .project import Project

OWN = """\
trace: {max_new_tokens: 5, samples: 2}
neurons: {site: residual}
statistics: {correction: none}
claims:
  - {id: own, claim: hanoi overlaps vietnam more than violent}
  - {id: needed, claim: "hanoi's neurons are needed for hanoi more than for violent"}
"""
IN_OWN, IN_SUITES = Generation(max_new_tokens=5, samples=2), Generation(max_new_tokens=8, samples=1)
#: Prompts a concept: as many as it takes to show that neurons are needed.
EACH = 40
FAST = "--concept-floor=none"


@pytest.fixture(scope="module")
def two(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference of a suite one file of which has settings of its own for texts; what is read of it is cached."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "base").symlink_to(models / "base")
    gated.write_suite(folder / "specs", more=OWN, each=EACH)
    found = Project(folder, models / "cache").run("base", "--concept-record=two", FAST)
    assert {one.id: one.verdict for one in found.record.claims} == {
        "near": "holds", "far": "refuted", "violent": "holds", "own": "holds", "needed": "holds"
    }, found.out  # fmt: skip
    return folder / "two"


@pytest.fixture
def owned(project: Project) -> Project:
    """A project with this suite."""
    gated.write_suite(project.folder / "specs", more=OWN, each=EACH)
    return project


def test_a_record_holds_what_they_read_beside_the_suites(two: Path) -> None:
    record = load_record(two / "record.json")
    (own,) = record.texts
    assert own.generation == IN_OWN
    asked = {one.name: one.prompts for one in record.concepts}
    prompts = {one for name in ("hanoi", "vietnam", "violent", "baseline") for one in asked[name]}
    assert {(one.prompt, one.sample) for one in own.continuations} == {(one, at) for one in prompts for at in (0, 1)}
    assert len(own.continuations) == 2 * len(prompts)
    assert all(one.ids and one.tokens <= 5 for one in own.continuations)
    assert read_in(record).keys() == {IN_SUITES, IN_OWN}
    page = (two.parent / "reports" / "latest" / "report.html").read_text()
    assert f"Not shown: {2 * len(prompts)} texts of claims with settings of their own" in page


def test_a_record_that_is_replayed_gives_all_claims_what_they_found(owned: Project, two: Path) -> None:
    first, second = load_record(two / "record.json"), owned.run("base", f"--concept-replay={two}").record
    effects = [{one.id: one.evidence.effect for one in each.claims if one.evidence} for each in (first, second)]
    assert len(effects[0]) == 5
    for name, effect in effects[0].items():
        assert effects[1][name].value == pytest.approx(effect.value, abs=1e-3), name
    written, given = (
        [sorted((one.prompt, one.sample, one.text, one.ids) for one in way.values()) for way in read_in(each).values()]
        for each in (first, second)
    )
    assert given == written


def test_on_the_references_texts_they_are_compared(owned: Project, two: Path) -> None:
    same = owned.run("base", f"--concept-against={two}")
    assert same.status == 0, same.out
    assert (same.statuses["own"], same.statuses["needed"]) == ("preserved", "preserved")
    for name in ("own", "needed"):
        change = same.comparison(name).change
        assert change is not None
        assert change.value == pytest.approx(0, abs=1e-4)
    for workers in ((), ("-p", "xdist", "-n2")):
        gone = owned.run("muted", f"--concept-against={two}", *workers)
        assert gone.status == 1
        assert gone.statuses == {
            "near": "lost", "far": "unchanged", "violent": "preserved", "own": "lost", "needed": "lost"
        }  # fmt: skip


def test_settings_that_have_changed_since_say_nothing_of_texts_that_are_given(owned: Project, two: Path) -> None:
    gated.write_suite(owned.folder / "specs", more=OWN.replace(OWN.splitlines(keepends=True)[0], ""), each=EACH)
    # Both ways have the same settings now: what a reference keeps of either is not mixed up.
    found = owned.run("base", f"--concept-replay={two}", "--concept-record=new", FAST)
    assert "4 claims to preserve" in found.out
    assert len(found.record.texts) == 1
    again = owned.run("base", "--concept-against=new")
    assert (again.statuses["near"], again.statuses["own"], again.statuses["needed"]) == ("preserved",) * 3, again.out
    compared = owned.run("base", f"--concept-against={two}")
    assert compared.statuses == again.statuses


def test_two_references_without_a_model(owned: Project, two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = owned.run("muted", f"--concept-against={two}")
    owned.run("muted", f"--concept-replay={two}", "--concept-record=new", FAST)
    capsys.readouterr()
    assert main(["compare", str(two), str(owned.folder / "new")]) == 1
    said = capsys.readouterr().out
    assert "3 lost, 1 unchanged, 1 preserved" in said
    # The same numbers as those of the run with the model.
    assert run.out.partition("\nsince ")[2].partition("hanoi's neurons are needed")[2].splitlines()[0] in said
    assert "the reference's texts" in said
    assert main(["compare", str(two), str(two)]) == 0
    assert "1 unchanged, 4 preserved" in capsys.readouterr().out


def test_a_reference_that_holds_none_of_them_says_so(owned: Project, two: Path) -> None:
    # As releases before this have written it.
    path = owned.folder / "older"
    shutil.copytree(two, path)
    record = json.loads((path / "record.json").read_text())
    del record["texts"]
    _rewritten(path, record)
    found = owned.run("base", "--concept-against=older")
    assert (found.statuses["near"], found.statuses["own"], found.statuses["needed"]) == (
        "preserved", "incomparable", "incomparable"
    )  # fmt: skip
    assert "the reference holds none of them: record it anew" in found.comparison("needed").reason


def _rewritten(folder: Path, record: object) -> None:
    """A reference with another record, as if it had been recorded so."""
    data = json.dumps(record).encode()
    (folder / "record.json").write_bytes(data)
    manifest = json.loads((folder / "reference.json").read_text())
    manifest["files"]["record.json"] = hashlib.sha256(data).hexdigest()
    (folder / "reference.json").write_text(json.dumps(manifest))
