"""What a family shares is done at a claim's set-up, and counted for no claim."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neurontest.report.record import load_record

from .conftest import Make, RunPytest

SLOW = """
import json, time
import pytest
import tests.plugin.fake as fake
import neurontest.run

seen, looked = {}, []

def pytest_runtest_logreport(report):
    seen[report.nodeid + " " + report.when] = report.duration

def pytest_sessionfinish():
    with open("seen.json", "w") as file:
        json.dump(seen, file)

@pytest.fixture(autouse=True, scope="session")
def slow():
    trace, look = fake.FakeTracer.ensure, neurontest.run.Run.vacuity
    def once(*of):
        if not looked:
            time.sleep(1)
        looked.append(of)
        return look(*of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fake.FakeTracer, "ensure", lambda *a, **k: (time.sleep(1), trace(*a, **k))[1])
        patch.setattr(neurontest.run.Run, "vacuity", once)
        yield
"""


def test_tracing_is_set_up_and_no_claims_own(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    pytester.makeconftest(SLOW)
    result = run("--concept-specs=specs")
    result.assert_outcomes(passed=1, failed=2, skipped=1, xfailed=1)
    seen = json.loads(Path("seen.json").read_text(encoding="utf-8"))
    assert seen["specs/geo.yaml::holds-1 setup"] > 2
    assert all(seconds < 0.9 for name, seconds in seen.items() if not name.endswith("holds-1 setup"))
    record = load_record(pytester.path / "reports" / "latest" / "record.json")
    assert all(claim.duration < 0.9 for claim in record.claims)


def test_a_look_at_the_set_up_traces_nothing(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    for option in ("--setup-only", "--setup-plan"):
        result = run("--concept-specs=specs", option)
        assert result.ret == 0
        assert "tracing" not in result.stdout.str()
    assert not (pytester.path / "cache" / "evaluated.txt").exists()
