"""The gate in a project: renumbered neurons, claims about the change, prompts and texts that a reference lacks."""

from __future__ import annotations

import pytest

from neurontest.cli import main
from tests import planted

from . import gated
from .project import Project


def neuron_of(concept: str) -> str:
    """An MLP neuron that is this concept's alone."""
    mlp = planted.build("gpt2").concepts["mlp"]
    alone = mlp[concept] - frozenset().union(*(own for name, own in mlp.items() if name != concept))
    layer, index = min(alone)
    return f"L{layer}.mlp[{index}]"


def test_a_named_neuron_is_found_again_in_a_renumbered_copy(project: Project) -> None:
    said = neuron_of("tulip")
    more = f"  - {{id: one, claim: 'neuron {said} is specific to tulip against hanoi and violent'}}\n"
    more += "  - {id: some, claim: 'tulip has specific neurons against hanoi and violent'}\n"
    gated.write_suite(project.folder / "specs", more=gated.MORE + more)
    project.run("base", "--concept-record=two")
    by_number = project.run("permuted", "--concept-against=two", "--concept-gate=undecided,weakened,lost")
    assert by_number.status == 1
    assert by_number.statuses["one"] in ("lost", "weakened", "undecided")
    (line,) = [one for one in by_number.out.splitlines() if one.startswith(f"{by_number.statuses['one']}: more.yaml:4")]
    assert f"what {said} did, L{said[1]}.mlp[" in line
    assert "does now (r = 1.00" in line
    assert "--concept-against-neurons match" in line
    by_match = project.run("permuted", "--concept-against=two", "--concept-against-neurons=match")
    assert by_match.status == 0, by_match.out
    assert {by_match.statuses[name] for name in ("one", "some")} == {"preserved"}
    assert f"preserved: more.yaml:4: neuron {said}" in by_match.line("preserved: ")
    assert "named neurons by what they do" in by_match.line("since two")
    assert by_match.record.against is not None
    assert by_match.record.against.neurons == "match"
    same = project.run("base", "--concept-against=two", "--concept-against-neurons=match")
    assert same.status == 0
    assert not [one for one in same.out.splitlines() if one.startswith("preserved: ")]
    muted = project.run("random", "--concept-against=two", "--concept-against-neurons=match")
    assert "preserved" not in (muted.statuses["one"], muted.statuses["some"])
    assert "no neuron does what" in muted.comparison("one").reason


def test_a_new_prompt_makes_the_claims_about_it_incomparable_and_no_others(project: Project) -> None:
    path = project.folder / "specs" / "tulip.txt"
    path.write_text(path.read_text() + "\n" + planted.prompts("tulip", 1, seed=99)[0])
    found = project.run("base", "--concept-against=ref")
    assert found.status == 0, found.out
    assert found.statuses == {"near": "preserved", "far": "unchanged", "violent": "preserved", "tulip": "incomparable"}
    new = planted.prompts("tulip", 1, seed=99)[0]
    assert (
        f"the reference holds no text of 1 of its 45 prompts, such as '{new[:40]}" in found.comparison("tulip").reason
    )
    # Its own verdict is of texts that the model wrote.
    claims = {one.id: one for one in found.record.claims}
    assert (claims["tulip"].verdict, claims["tulip"].generation.replay) == ("holds", None)
    assert claims["near"].generation.replay is not None
    again = project.run("muted", "--concept-against=ref", "--concept-gate=lost,incomparable", "-p", "xdist", "-n2")
    assert again.status == 1
    assert (again.statuses["near"], again.outcomes["tulip"]) == ("lost", "failed")


ABOUT = """\
claims:
  - {id: kept, claim: "hanoi's neurons are preserved"}
  - {id: deed, claim: "hanoi's neurons are preserved by what they do"}
  - {id: tulip, claim: tulip has consistent neurons}
"""


def test_a_suite_with_claims_about_the_change_is_recorded_and_passes(project: Project) -> None:
    path = project.folder / "specs" / "claims.yaml"
    path.write_text(path.read_text().replace("  - {id: far, claim: hanoi overlaps violent more than vietnam}\n", ""))
    (project.folder / "specs" / "more.yaml").write_text(ABOUT)
    found = project.run("base", "--concept-record=two", "-rs")
    assert found.status == 0, found.out
    assert (found.outcomes["kept"], found.outcomes["deed"], found.outcomes["tulip"]) == ("skipped", "skipped", "passed")
    assert "it is about a change, and there is nothing to compare with" in found.out
    # Not recorded, it is one that nobody can decide.
    assert project.run("base").outcomes["kept"] == "failed"


def test_claims_about_the_change_between_two_references(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (project.folder / "specs" / "more.yaml").write_text(ABOUT)
    project.run("base", "--concept-record=two")
    run = {}
    for model in ("permuted", "muted"):
        run[model] = project.run(model, "--concept-against=two")
        project.run(model, "--concept-replay=two", f"--concept-record={model}-ref")
    capsys.readouterr()
    for model, found in run.items():
        assert main(["compare", str(project.folder / "two"), str(project.folder / f"{model}-ref")]) == 1
        said = capsys.readouterr().out.splitlines()
        for sentence, name in (
            ("hanoi's neurons are preserved ", "kept"),
            ("hanoi's neurons are preserved by", "deed"),
        ):
            row = next(line for line in said if line.startswith(sentence))
            assert row.split()[-1] == found.statuses[name]
    assert [run[model].statuses["deed"] for model in run] == ["preserved", "weakened"]
