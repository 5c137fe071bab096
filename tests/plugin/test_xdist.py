from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import neurontest.run
from neurontest.errors import StoreError, TraceError
from neurontest.plugin.ending import records, workers
from neurontest.plugin.outcomes import claim_of
from neurontest.plugin.tally import Tally
from neurontest.report.record import load_record

from .conftest import CLAIMS, Make, RunPytest

pytest.importorskip("xdist")

MORE = "claims: [{id: holds-2, claim: c has consistent neurons}, {id: unsure-2, claim: a has consistent neurons}]"


@pytest.mark.parametrize("dist", ["load", "loadgroup"])
def test_workers_share_the_evidence_and_the_controller_writes(
    run_outside: RunPytest, suite: Make, pytester: pytest.Pytester, dist: str
) -> None:
    suite(more=MORE)
    result = run_outside(
        "-p", "xdist", "--concept-specs=specs", "-n2", f"--dist={dist}", "-W", "error", "--strict-markers"
    )
    result.assert_outcomes(passed=2, failed=3, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(
        ["neurontest: *", "*= concept neurons =*", "2 hold, 2 refuted, 2 inconclusive, 1 skipped", "report: *"]
    )
    result.stderr.fnmatch_lines([f"[[]{'gw0' if dist == 'loadgroup' else 'gw[01]'}] tracing smollm2-135m 3 of 4, *"])
    evaluated = (pytester.path / "cache" / "evaluated.txt").read_text().splitlines()
    assert sorted(evaluated) == [
        "geo.yaml: holds-1 refuted-1 unsure-1 refuted-expected",
        "more.yaml: holds-2 unsure-2",
    ]
    record = load_record(pytester.path / "reports" / "latest" / "record.json")
    assert {claim.id: (claim.verdict, claim.outcome) for claim in record.claims} == {
        "holds-1": ("holds", "passed"),
        "refuted-1": ("refuted", "failed"),
        "unsure-1": ("inconclusive", "failed"),
        "holds-skipped": ("skipped", "skipped"),
        "refuted-expected": ("refuted", "xfailed"),
        "holds-2": ("holds", "passed"),
        "unsure-2": ("inconclusive", "failed"),
    }
    assert record.trace.tokens > 0
    assert all(claim.duration > 0 for claim in record.claims if claim.outcome != "skipped")


def test_a_worker_that_dies_takes_no_verdict_along(
    run_outside: RunPytest, suite: Make, pytester: pytest.Pytester
) -> None:
    suite(
        claims=CLAIMS,
        zoo="claims: [{id: dies-1, claim: c has consistent neurons}]",
    )
    result = run_outside("-p", "xdist", "--concept-specs=specs", "-n2")
    result.stdout.fnmatch_lines(["*worker 'gw?' crashed while running 'specs/zoo.yaml::dies-1'*", "report: *"])
    record = load_record(pytester.path / "reports" / "latest" / "record.json")
    found = {claim.id: claim for claim in record.claims}
    assert found["dies-1"].outcome == "error"
    assert "crashed" in found["dies-1"].error
    assert found["dies-1"].verdict == "not evaluated"
    assert found["holds-1"].verdict == "holds"
    assert found["refuted-1"].verdict == "refuted"


@pytest.mark.parametrize("workers", ["-n0", "-n1", "-n2"])
def test_what_a_run_noticed_is_in_the_record_and_at_the_terminal(
    run_outside: RunPytest, suite: Make, pytester: pytest.Pytester, workers: str
) -> None:
    claims = (
        "claims: [{id: damaged-1, claim: b overlaps a more than c}, {id: holds-1, claim: a overlaps b more than c}]"
    )
    more = "claims: [{id: damaged-2, claim: c has consistent neurons}]"
    suite(claims=claims, more=more)
    noticed = [f"The file of damaged-{number} is not what was written there." for number in (1, 2)]
    result = run_outside("-p", "xdist", "--concept-specs=specs", workers)
    record = load_record(pytester.path / "reports" / "latest" / "record.json")
    assert sorted(text for text in record.warnings if "damaged" in text) == noticed
    for text in noticed:
        assert result.outlines.count(f"warning: {text}") == 1


class TestWhatIsLostIsTold:
    """What a worker found and the report cannot have."""

    def test_by_a_worker_that_cannot_send_it(self) -> None:
        class Lost:
            def facts(self) -> dict[str, object]:
                raise StoreError("The model is gone.")

        runs: Any = [Lost()]
        told = workers._facts(runs, "gw1")
        assert told == {
            "facts": [],
            "lost": ["What the worker gw1 found is not in this report: The model is gone."],
        }

    def test_in_the_record(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        noticed: list[str] = []

        class Merged:
            @classmethod
            def merge(cls, *_: object, **__: object) -> Merged:
                return cls()

            def finding(self, claim: Any) -> None:
                raise TraceError("The model is not here.")

            def seconds(self, claim: Any) -> float:
                return 0.0

            def notice(self, text: str) -> None:
                noticed.append(text)

            def record(self, outcomes: object, stated: object) -> list[str]:
                return noticed

        monkeypatch.setattr(neurontest.run, "Run", Merged)
        tally = Tally()
        tally.add(report("s/g.yaml::x", when="call", passed=True))
        state: Any = SimpleNamespace(
            suite=lambda _: SimpleNamespace(claims=[SimpleNamespace(node="g.yaml::x")]),
            runs=lambda _: [],
            facts={tmp_path: [{}]},
            early_facts={},
            against=None,
            comparison=lambda *_: None,
            stating={},
            outcomes={tmp_path: {"g.yaml::x": tally}},
            stopped="",
            options=SimpleNamespace(cache_dir=tmp_path),
        )
        records._record(state, tmp_path)
        assert noticed == ["What was found of g.yaml::x is not in this report: The model is not here."]


def report(nodeid: str, **said: Any) -> Any:
    plain = {"when": "call", "passed": False, "failed": False, "skipped": False, "duration": 0.5, "longrepr": "text"}
    return SimpleNamespace(nodeid=nodeid, **(plain | said))


def test_a_report_without_a_label_is_known_by_its_node_id(tmp_path: Path) -> None:
    root = Path(os.path.realpath(tmp_path))
    assert claim_of(report("specs/geo.yaml::holds-1@tiny"), root) == (root / "specs", "geo.yaml::holds-1")
    assert claim_of(report("tests/test_it.py::test_x"), root) is None
    label = {"suite": "/s", "claim": "geo.yaml::x", "error": ""}
    assert claim_of(report("anything", neurontest=label), root) == (Path("/s"), "geo.yaml::x")


@pytest.mark.parametrize(
    ("phases", "outcome"),
    [
        ([("setup", "passed"), ("call", "passed"), ("teardown", "passed")], "passed"),
        ([("setup", "passed"), ("call", "failed"), ("teardown", "passed")], "failed"),
        ([("setup", "failed"), ("teardown", "passed")], "error"),
        ([("setup", "passed"), ("call", "passed"), ("teardown", "failed")], "error"),
        ([("setup", "skipped"), ("teardown", "passed")], "skipped"),
        ([("setup", "passed"), ("call", "rerun"), ("call", "passed")], "passed"),
        ([("???", "failed")], "error"),
    ],
)
def test_phases_add_up_to_an_outcome(phases: list[tuple[str, str]], outcome: str) -> None:
    tally = Tally()
    for when, how in phases:
        tally.add(report("s/g.yaml::x", when=when, **({how: True} if how != "rerun" else {})))
    assert tally.outcome == outcome
    assert tally.duration == 0.5 * len(phases)
    assert tally.has_verdict == (outcome in ("passed", "failed"))


def test_the_attempt_that_counts_is_the_last() -> None:
    def label(**said: str) -> dict[str, dict[str, str]]:
        return {"neurontest": {"suite": "/s", "claim": "g.yaml::x", **said}}

    tally = Tally()
    tally.add(report("s/g.yaml::x", when="call", outcome="rerun", **label(error="no network")))
    tally.add(report("s/g.yaml::x", when="call", passed=True, **label(verdict="holds")))
    assert (tally.outcome, tally.error, tally.has_verdict) == ("passed", "", True)


def test_what_several_workers_did_is_counted_once() -> None:
    tally = Tally()
    for worker in ("gw0", "gw1"):
        label = {"suite": "/s", "claim": "g.yaml::x", "shared": "0.4"}
        tally.add(report("s/g.yaml::x", when="setup", passed=True, worker_id=worker, neurontest=label))
        tally.add(report("s/g.yaml::x", when="call", passed=True, worker_id=worker))
    assert tally.duration == pytest.approx(0.6)


def test_expected_failures_are_told_from_skips_and_passes() -> None:
    for how, outcome in (("skipped", "xfailed"), ("passed", "xpassed")):
        tally = Tally()
        tally.add(report("s/g.yaml::x", wasxfail="reason", **{how: True}))
        assert tally.outcome == outcome
