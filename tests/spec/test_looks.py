from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.errors import SpecError
from neurontest.spec.load import load_suite
from neurontest.spec.single import claim_from
from neurontest.stats.family.looks import levels
from neurontest.types import Look

from .suites import SUITE, concepts, faults, write

CLAIM = "claims: [tulip overlaps vietnam more than hanoi]\n"
TWO = "claims:\n  - tulip overlaps vietnam more than hanoi\n  - tulip overlaps vietnam more than violent\n"


def said(looks: str, more: str = "") -> str:
    return f"statistics: {{looks: {looks}{more}}}\n{CLAIM}"


def test_a_family_is_held_to_its_look(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, {"c.yaml": said("[12, 24]"), "d.yaml": CLAIM}))
    held, free = suite.families
    assert held.statistics.alpha == pytest.approx(0.0088, abs=5e-5)
    assert held.statistics.look == Look(1, 2, 0.05)
    assert held.claims[0].statistics == held.statistics
    assert (free.statistics.alpha, free.statistics.looks, free.statistics.look) == (0.05, None, None)
    last = load_suite(write(tmp_path / "last", {"c.yaml": said("[6, 12]")})).families[0].statistics
    assert last.alpha == pytest.approx(0.0467, abs=5e-5)
    assert last.look == Look(2, 2, 0.05)


def test_looks_of_a_suite_are_those_of_its_files_and_of_claims_from_python(tmp_path: Path) -> None:
    files = {"suite.yaml": SUITE + "statistics: {looks: [12, 24], alpha: 0.1}\n", "c.yaml": CLAIM}
    suite = load_suite(write(tmp_path, files))
    expected = levels(0.1, (12, 24))[0]
    assert suite.families[0].statistics.alpha == pytest.approx(expected)
    # What is declared stands in the suite's own statistics.
    assert (suite.statistics.alpha, suite.statistics.look) == (0.1, None)
    claim = claim_from(suite, "tulip overlaps vietnam more than hanoi")
    assert claim.statistics.alpha == pytest.approx(expected)
    assert claim.statistics.look == Look(1, 2, 0.1)


def test_a_correction_makes_the_levels_lower_and_none_does_not(tmp_path: Path) -> None:
    held = load_suite(write(tmp_path / "a", {"c.yaml": "statistics: {looks: [12, 24]}\n" + TWO})).families[0].statistics
    assert held.alpha == pytest.approx(levels(0.05, (12, 24), 2)[0])
    assert held.alpha < levels(0.05, (12, 24))[0]
    none = "statistics: {looks: [12, 24], correction: none}\n" + TWO
    held = load_suite(write(tmp_path / "b", {"c.yaml": none})).families[0].statistics
    assert held.alpha == pytest.approx(levels(0.05, (12, 24))[0])
    skipped = "statistics: {looks: [12, 24]}\n" + TWO.replace(
        "- tulip overlaps vietnam more than violent",
        "- {claim: tulip overlaps vietnam more than violent, skip: later}",
    )
    held = load_suite(write(tmp_path / "c", {"c.yaml": skipped})).families[0].statistics
    assert held.alpha == pytest.approx(levels(0.05, (12, 24))[0])


def test_the_command_line_may_declare_looks(tmp_path: Path) -> None:
    folder = write(tmp_path, {"c.yaml": CLAIM})
    assert load_suite(folder, {"looks": (12, 24)}).families[0].statistics.look == Look(1, 2, 0.05)
    with pytest.raises(SpecError, match="that is none of the looks"):
        load_suite(folder, {"looks": (24, 48)})


@pytest.mark.parametrize(
    ("looks", "message"),
    [
        (
            "[24, 48]",
            "c.yaml:1:21: looks: [24, 48] were declared, and the concepts of the file have 12 prompts each: that is"
            " none of the looks; add prompts until the next one, or take looks out and start with fresh prompts",
        ),
        ("[24, 12]", "c.yaml:1:21: looks: [24, 12] must rise: each look has the prompts of the one before, and more"),
        (
            f"{list(range(12, 24))}",
            f"c.yaml:1:21: looks: {list(range(12, 24))} are 12; declare 10 or fewer",
        ),
    ],
)
def test_what_is_wrong_with_looks_is_said_where_they_stand(looks: str, message: str, tmp_path: Path) -> None:
    assert faults(tmp_path, {"c.yaml": said(looks)}) == [message]


@pytest.mark.parametrize("looks", ["24", "[]", "[2, 24]", "[12, x]", "[true, 24]", "[12.5]"])
def test_looks_are_a_list_of_whole_numbers(looks: str, tmp_path: Path) -> None:
    (message,) = faults(tmp_path, {"c.yaml": said(looks)})
    assert message.startswith("c.yaml:1:")
    assert "whole number at least 4" in message


def test_every_concept_has_the_prompts_of_the_look(tmp_path: Path) -> None:
    suite = "neurontest: 1\nbaseline: {prompts: [x, y, z]}\n" + concepts(tulip=12, vietnam=24, hanoi=12)
    (message,) = faults(tmp_path, {"suite.yaml": suite, "c.yaml": said("[12, 24]")})
    assert message == (
        "c.yaml:1:21: looks: [12, 24] are of as many prompts for every concept of the file, and 'tulip' has 12,"
        " 'vietnam' 24"
    )


def test_groups_are_what_a_look_counts(tmp_path: Path) -> None:
    prompts = ", ".join(f"{{text: tulip {at} is, group: g-{at // 2}}}" for at in range(24))
    suite = "neurontest: 1\nbaseline: {prompts: [x, y, z]}\n" + concepts(vietnam=24, hanoi=24)
    suite += f"  tulip: {{prompts: [{prompts}]}}\n"
    (message,) = faults(tmp_path, {"suite.yaml": suite, "c.yaml": said("[24, 48]")})
    assert message == (
        "c.yaml:1:21: looks: [24, 48] are of as many prompts for every concept of the file, and 'tulip' has 12,"
        " 'vietnam' 24 (prompts of one group count as one)"
    )


def test_a_pilot_is_planned_for_the_last_look(tmp_path: Path) -> None:
    # Of 12 prompts, which may be the first look or none.
    for looks in ("[12, 24]", "[24, 48]"):
        suite = load_suite(write(tmp_path / looks, {"c.yaml": said(looks)}), pilot=True)
        assert suite.families[0].statistics.alpha == pytest.approx(0.0467, abs=5e-5)
        assert suite.families[0].statistics.look == Look(2, 2, 0.05)
    with pytest.raises(SpecError, match="must rise"):
        load_suite(write(tmp_path, {"c.yaml": said("[48, 24]")}), pilot=True)
