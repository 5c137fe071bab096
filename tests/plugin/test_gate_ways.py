"""The gate in a project: renumbered neurons, claims about the change, prompts and texts that a reference lacks."""

from __future__ import annotations

import neurontest.run.between
import neurontest.run.gate
import neurontest.trace.engine
import neurontest.trace.twin  # noqa: F401 - a run in this process forgets what it was the first to import
from tests import planted

from . import gated
from .test_gate import Project, models, project

__all__ = ["models", "project"]


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
    assert f"the reference holds no text of 1 of its 45 prompts, such as '{new}'" in found.comparison("tulip").reason
    # Its own verdict is of texts that the model wrote.
    claims = {one.id: one for one in found.record.claims}
    assert (claims["tulip"].verdict, claims["tulip"].generation.replay) == ("holds", None)
    assert claims["near"].generation.replay is not None
    again = project.run("muted", "--concept-against=ref", "--concept-gate=lost,incomparable", "-p", "xdist", "-n2")
    assert again.status == 1
    assert (again.statuses["near"], again.outcomes["tulip"]) == ("lost", "failed")
