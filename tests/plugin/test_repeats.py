"""A suite tested again at other seeds and with other baselines: how often each verdict stands."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from neurontest.report.record import load_record, record_schema
from neurontest.types import ClaimRecord, Repeat

from ..junit import case_properties
from .conftest import SUITE, Make, RunPytest, prompts

BASELINES = f"baseline: [{{prompts: {prompts('neutral')}}}, {{prompts: {prompts('other')}}}]\n"
REPEATED = "trace: {seeds: [1, 2, 3, 4, 5]}\n" + SUITE.replace(
    f"baseline: {{prompts: {prompts('neutral')}}}\n", BASELINES
)
CLAIMS = """\
claims:
  - {id: holds-1, claim: b overlaps a more than c}
  - {id: holds-seedy, claim: a overlaps b more than c}
  - {id: holds-neutral, claim: c overlaps a more than b}
  - {id: refuted-1, claim: a has consistent neurons}
  - {id: unsure-raw, claim: b has consistent neurons, neurons: {normalize: raw}}
  - {id: holds-read, claim: c has consistent neurons, neurons: {positions: prompt}, xfail: to see}
"""


def folder_of(pytester: pytest.Pytester) -> Path:
    return pytester.path / "reports" / "latest"


def claims_of(pytester: pytest.Pytester) -> dict[str, ClaimRecord]:
    plain = json.loads((folder_of(pytester) / "record.json").read_text(encoding="utf-8"))
    jsonschema.validate(plain, record_schema())
    return {one.id: one for one in load_record(folder_of(pytester) / "record.json").claims}


def verdicts(claim: ClaimRecord, varies: str) -> dict[str, str]:
    return {one.value: one.verdict for one in claim.repeats if one.varies == varies}


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n2")], ids=["alone", "workers"])
def test_how_often_each_verdict_stands(
    run_outside: RunPytest, suite: Make, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    if workers:
        pytest.importorskip("xdist")
    suite(suite=REPEATED, claims=CLAIMS)
    result = run_outside("--concept-specs=specs", "--junitxml=own.xml", *workers)
    # The run's own seed and baseline decide: 'holds-seedy' passes.
    result.assert_outcomes(passed=3, failed=2, xpassed=1)
    found = claims_of(pytester)
    assert verdicts(found["holds-1"], "seed") == dict.fromkeys("2345", "holds")
    assert verdicts(found["holds-1"], "baseline") == {"2": "holds"}
    assert verdicts(found["holds-seedy"], "seed") == {
        "2": "inconclusive",
        "3": "holds",
        "4": "inconclusive",
        "5": "holds",
    }
    assert verdicts(found["holds-neutral"], "baseline") == {"2": "inconclusive"}
    assert verdicts(found["refuted-1"], "seed") == dict.fromkeys("2345", "refuted")
    # Raw activations are the same whatever is subtracted elsewhere.
    assert verdicts(found["unsure-raw"], "baseline") == {"2": "same"}
    assert found["refuted-1"].repeats[0] == Repeat("seed", "2", "refuted", 3.1, 0.001)
    if not workers:
        result.stdout.fnmatch_lines(
            [
                "neurontest: specs: every family is tested again at 4 other seeds (as many times more texts to write)"
                " and with 1 other baseline",
                "claim *verdict *effect *adjusted p *stands",
            ]
        )
    result.stdout.fnmatch_lines(
        [
            "b overlaps a more than c *holds  *0.001 *5 of 5 seeds, 2 of 2 baselines",
            "a overlaps b more than c *holds (unstable) *3 of 5 seeds, 2 of 2 baselines",
            "c overlaps a more than b *holds (unstable) *5 of 5 seeds, 1 of 2 baselines",
            "a has consistent neurons *refuted *5 of 5 seeds, 2 of 2 baselines",
            "b has consistent neurons *inconclusive *5 of 5 seeds",
            "c has consistent neurons *holds (unexpected) *",
            "unstable: geo.yaml:3: a overlaps b more than c: stands at 3 of 5 seeds (3 hold, 2 inconclusive);"
            " stands with 2 of 2 baselines (2 hold)",
            "unstable: geo.yaml:4: c overlaps a more than b: *; stands with 1 of 2 baselines (1 hold, 1 inconclusive)",
        ]
    )
    page = (folder_of(pytester) / "report.html").read_text(encoding="utf-8")
    assert "<b>Unstable.</b> It stands at 3 of 5 seeds (3 hold, 2 inconclusive)" in page
    assert (
        "Repeated: it stands at 5 of 5 seeds (5 inconclusive); is the same to the last digit with 1 other baseline"
        in page
    )
    assert page.count('<tr><th scope="row">seed 4</th>') == 6
    for file in (folder_of(pytester) / "junit.xml", pytester.path / "own.xml"):
        cases = case_properties(file)
        own = cases["holds-seedy"]
        assert (own["neurontest.seeds_stands"], own["neurontest.seeds_holds"]) == ("3 of 5", "3")
        assert (own["neurontest.seeds_inconclusive"], own["neurontest.unstable"]) == ("2", "yes")
        assert cases["holds-1"]["neurontest.unstable"] == "no"
        assert cases["unsure-raw"]["neurontest.baselines_same"] == "1"
    record = load_record(folder_of(pytester) / "record.json")
    assert (record.seed, record.generation.seed) == (1, 1)
    assert [one.name for one in record.concepts if "baseline" in one.name] == ["baseline", "baseline 2"]
    # Once for each alternative, though two workers ask: they share through the cache.
    times = Counter((pytester.path / "cache" / "evaluated.txt").read_text(encoding="utf-8").splitlines())
    assert list(times.values()) == [6]
    assert record.trace.tokens % 160 == 0
    assert record.trace.tokens >= 6 * 160


def test_what_is_selected_changes_nothing(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(suite=REPEATED, claims=CLAIMS)
    run("--concept-specs=specs")
    whole = claims_of(pytester)["holds-seedy"]
    result = run("--concept-specs=specs", "-k", "seedy")
    result.assert_outcomes(passed=1, deselected=5)
    result.stdout.fnmatch_lines(["*holds (unstable)*3 of 5 seeds, 2 of 2 baselines"])
    assert claims_of(pytester)["holds-seedy"].repeats == whole.repeats


def test_the_command_line_says_seeds_or_none(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(suite=REPEATED, claims=CLAIMS)
    result = run("--concept-specs=specs", "--concept-seeds=7,8")
    result.stdout.fnmatch_lines(["*holds (unstable)*1 of 2 seeds, 2 of 2 baselines"])
    assert verdicts(claims_of(pytester)["holds-seedy"], "seed") == {"8": "inconclusive"}
    run("--concept-specs=specs", "--concept-seed=7")
    assert verdicts(claims_of(pytester)["holds-seedy"], "seed") == {}
    assert load_record(folder_of(pytester) / "record.json").seed == 7
    pytester.makeini("[pytest]\nconcept_seeds = 9 10 11")
    run("--concept-specs=specs")
    assert list(verdicts(claims_of(pytester)["holds-seedy"], "seed")) == ["10", "11"]
    for wrong, message in (
        (
            ["--concept-seeds=7"],
            "*--concept-seeds must be a list of 2 or more, each once, and each a whole number at least 0, not '7'",
        ),
        (["--concept-seeds=7,8", "--concept-seed=1"], "*say --concept-seed or --concept-seeds, not both: *"),
    ):
        result = run("--concept-specs=specs", *wrong)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([message])


def test_what_cannot_be_tested_again_is_told(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    claims = CLAIMS + "  - {id: untraced-1, claim: a overlaps c more than b}\n"
    suite(suite=SUITE + "trace: {seeds: [5, 6]}\n", claims=claims)
    result = run("--concept-specs=specs")
    found = claims_of(pytester)["holds-1"]
    assert (found.verdict, found.repeats[0].verdict) == ("holds", "not tested")
    assert "not finite" in found.repeats[0].reason
    page = (folder_of(pytester) / "report.html").read_text(encoding="utf-8")
    assert "Repeated: it could not be tested at 1 other seed." in page
    assert "gave an activation that is not finite" in page
    # Nothing is known, which is not that it is unstable.
    result.stdout.no_fnmatch_line("*unstable*")
    assert any(
        one.get("neurontest.seeds_not_tested") == "1"
        for one in case_properties(folder_of(pytester) / "junit.xml").values()
    )


def test_collection_reads_the_suite_alone(run_outside: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(suite=REPEATED, claims=CLAIMS)
    told = "print('HEAVY', [name for name in ('torch', 'scipy') if name in sys.modules])"
    pytester.makeconftest(f"import sys\ndef pytest_sessionfinish():\n    {told}")
    result = pytester.runpytest_subprocess("-p", "neurontest.plugin.hooks", "--concept-specs=specs", "--co", "-s")
    result.stdout.fnmatch_lines(["neurontest: specs: every family is tested again at 4 other seeds *", "*HEAVY []*"])
