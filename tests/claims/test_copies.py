"""Claims about prompts that are near copies: what is said of them, and that nothing is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurontest.arrays import Floats
from neurontest.claims.copies import in_words, near_copies
from neurontest.claims.suite import Family, Suite
from neurontest.evidence.copies import copies_of
from neurontest.evidence.procedure import evidence_of
from neurontest.spec.load import load_suite
from neurontest.spec.reading.source import parse
from neurontest.types import Evidence, Selection, Statistics, Thresholds
from neurontest.verdict import judge
from tests.claims.test_wording import SAID_AGAIN, TOPICS, WRITTEN
from tests.worlds import World, claim_on

NEUTRAL = [f"neutral {number}" for number in range(20)]


def suite_of(folder: Path, concepts: dict[str, object], claim: str = "a and b have distinct neurons") -> Suite:
    said = {"neurontest": 1, "baseline": {"prompts": NEUTRAL}, "concepts": concepts, "claims": [claim]}
    folder.mkdir(exist_ok=True)
    (folder / "suite.yaml").write_text(json.dumps(said), encoding="utf-8")
    return load_suite(folder)


def plain(name: str, *more: str) -> dict[str, object]:
    return {"prompts": [*(f"{name} and {topic}" for topic in TOPICS), *more]}


@pytest.mark.parametrize("form", ["list", "json", "jsonl"])
def test_the_lines_to_paste_are_what_mends_it(form: str, tmp_path: Path) -> None:
    prompts = [*WRITTEN, *SAID_AGAIN[:3]]
    folder = tmp_path / "suite"
    folder.mkdir()

    def concept(items: list[object]) -> dict[str, object]:
        if form == "list":
            return {"prompts": items}
        text = json.dumps(items) if form == "json" else "\n".join(map(json.dumps, items))
        (folder / f"a.{form}").write_text(text, encoding="utf-8")
        return {"prompts": f"a.{form}"}

    suite = suite_of(folder, {"a": concept(list(prompts)), "b": plain("b")})
    (warning,) = [text for text in suite.warnings if "near copies" in text]
    assert "suite.yaml:1:" in warning
    (copies,) = near_copies(suite.claims[0], in_words(suite.claims[0]))
    assert warning.endswith(f"\n{copies.paste}")
    assert "6 prompts of 'a' are near copies of others of it" in copies.said
    # As a person would: the lines in place of the items that they are about.
    if form == "list":
        pasted = parse(f"prompts:\n{copies.paste}", "pasted").value["prompts"]
    else:
        pasted = [json.loads(line.rstrip(",")) for line in copies.paste.splitlines()]
    groups = {one["text"]: one["group"] for one in pasted}
    assert sorted(groups) == sorted([*WRITTEN[:3], *SAID_AGAIN[:3]])
    assert [groups[text] for text in WRITTEN[:3]] == [groups[text] for text in SAID_AGAIN[:3]]
    mended = [{"text": text, "group": groups[text]} if text in groups else text for text in prompts]
    again = suite_of(folder, {"a": concept(list(mended)), "b": plain("b")})
    assert not [text for text in again.warnings if "near copies" in text]
    assert again.concepts["a"].units == len(WRITTEN)


def test_a_text_file_has_no_groups_and_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join([*WRITTEN, SAID_AGAIN[0]]), encoding="utf-8")
    suite = suite_of(tmp_path, {"a": {"prompts": "a.txt"}, "b": plain("b")})
    (warning,) = [text for text in suite.warnings if "near copies" in text]
    assert "which a.txt cannot hold: list its prompts under 'prompts:' in the spec instead" in warning
    assert f'      - {{text: "{WRITTEN[0]}", group: a-1}}' in warning


def test_a_column_of_a_table_holds_groups(tmp_path: Path) -> None:
    rows = "".join(f"{json.dumps(text)}\n" for text in (*WRITTEN, SAID_AGAIN[0]))
    (tmp_path / "a.csv").write_text(f"text\n{rows}", encoding="utf-8")
    suite = suite_of(tmp_path, {"a": {"prompts": {"file": "a.csv", "column": "text"}}, "b": plain("b")})
    (warning,) = [text for text in suite.warnings if "near copies" in text]
    assert "by a column of a.csv that 'group:' names" in warning


def test_names_of_groups_that_are_there_are_not_given_again(tmp_path: Path) -> None:
    taken = {"text": TOPICS[0], "group": "a-1"}
    suite = suite_of(
        tmp_path,
        {"a": {"prompts": [*WRITTEN, SAID_AGAIN[0], taken, {"text": TOPICS[1], "group": "a-1"}]}, "b": plain("b")},
    )
    (copies,) = near_copies(suite.claims[0], in_words(suite.claims[0]))
    assert "group: a-2" in copies.paste
    assert "group: a-1" not in copies.paste


def test_copies_in_two_concepts_are_named(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, {"a": {"prompts": list(WRITTEN)}, "b": plain("b", SAID_AGAIN[0])})
    (copies,) = near_copies(suite.claims[0], in_words(suite.claims[0]))
    assert copies.said.startswith("prompts of 'a' and 'b' are near copies of each other: 'Hanoi is built around")
    assert copies.paste == ""


def test_two_concepts_that_are_copies_throughout_share_templates(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, {"a": {"prompts": list(WRITTEN)}, "b": {"prompts": list(SAID_AGAIN)}})
    (copies,) = near_copies(suite.claims[0], in_words(suite.claims[0]))
    assert copies.paste.count("group: template-1}") == 2
    assert copies.paste.count("group: template-6}") == 2


def paraphrased(seed: int, *, marked: bool = False) -> tuple[dict[str, Floats], Floats, dict[str, tuple[str, ...]]]:
    """Two concepts that are no different, of six texts in four wordings each, of which four fifths are the text's."""
    rng = np.random.default_rng([9, seed])
    data = {}
    for name in "ab":
        texts: Floats = rng.normal(size=(6, 240))
        data[name] = np.repeat(texts, 4, axis=0) + 0.5 * rng.normal(size=(24, 240))
    groups = {name: tuple(f"{name}-{at // 4}" for at in range(24)) for name in data}
    return data, rng.normal(size=(20, 240)), groups if marked else {}


def verdict(sentence: str, seed: int, *, marked: bool = False, looks: bool = True) -> tuple[str, str, Evidence]:
    data, baseline, groups = paraphrased(seed, marked=marked)
    selection, statistics = Selection(k=10), Statistics(test="half-sample")
    claim, traces = claim_on(
        sentence, data, baseline, width=120, selection=selection, statistics=statistics, groups=groups
    )
    evidence = evidence_of(claim, traces, Thresholds.of(0.05))
    if looks:
        evidence = replace(evidence, copies=copies_of(claim, traces))
    (found,) = judge(Family("world.yaml", (claim,), statistics), {claim.id: evidence}).values()
    return found.name, found.reason, evidence


@pytest.mark.parametrize("sentence", ["a and b have distinct neurons", "a has specific neurons against b"])
def test_nothing_is_shown_of_unmarked_paraphrases(sentence: str) -> None:
    # The tests alone find differences between concepts that are one.
    alone = [verdict(sentence, seed, looks=False)[0] for seed in range(4)]
    assert alone.count("holds") >= 3
    for seed in range(4):
        name, reason, evidence = verdict(sentence, seed)
        assert name == "inconclusive"
        assert reason.startswith(
            "near copies among the prompts, which the tests count as independent: 24 prompts of 'a'"
        )
        assert "their activations correlate at" in reason
        assert len({line.rpartition("group: ")[2] for line in evidence.copies[0].paste.splitlines()}) == 6


def test_marked_paraphrases_are_judged() -> None:
    found = [verdict("a and b have distinct neurons", seed, marked=True) for seed in range(4)]
    assert all(not evidence.copies for _, _, evidence in found)
    assert [name for name, _, _ in found].count("holds") <= 1


def test_concepts_of_independent_prompts_have_no_copies() -> None:
    for seed in range(10):
        world = World(np.random.default_rng([3, seed]))
        data = {name: world.concept(12, (world.take(6), np.full(6, 4.0))) for name in "abc"}
        claim, traces = claim_on("a, b and c have distinct neurons", data, world.neutral(20))
        assert copies_of(claim, traces) == ()


def test_evidence_says_nothing_of_files() -> None:
    # It is found again when a file of prompts has another name.
    data, baseline, _ = paraphrased(0)
    claim, traces = claim_on("a and b have distinct neurons", data, baseline, width=120)
    moved = {name: replace(concept, source=f"{name}.txt") for name, concept in claim.concepts.items()}
    assert copies_of(replace(claim, concepts=moved), traces) == copies_of(claim, traces)
