"""The table, the record and pytest say the same of a claim, whatever comes between."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from neurontest.report.record import load_record

from ..junit import case_properties
from .conftest import Make, RunPytest

CLAIMS = """\
claims:
  - {id: holds-1, claim: b overlaps a more than c}
  - {id: holds-2, claim: a has consistent neurons}
"""


def of_the_first(pytester: pytest.Pytester, result: pytest.RunResult) -> tuple[str, str, str]:
    """The verdict and outcome of the first claim in the record; and its row of the table agrees with them."""
    folder = pytester.path / "reports" / "latest"
    first = load_record(folder / "record.json").claims[0]
    row = next(line for line in result.outlines if line.startswith("b overlaps a more than c  "))
    shown = re.search(r'<td><span class="verdict (\w+)', (folder / "report.html").read_text(encoding="utf-8"))
    assert shown is not None
    case = next(ElementTree.parse(folder / "junit.xml").iter("testcase"))  # noqa: S314
    assert ("holds" in row) == (first.verdict == "holds") == (shown[1] == "holds")
    assert (first.judgement is None) == (first.evidence is None) == (first.verdict != "holds")
    said = next(iter(case_properties(folder / "junit.xml").values()))
    assert said["neurontest.verdict"] == first.verdict
    assert (case.find("error") is not None) == (first.outcome == "error")
    return first.verdict, first.outcome, first.error


HOOKS = {
    # What a limit of time does: it raises one of pytest's own outcomes wherever the test is.
    "in the call": "def pytest_runtest_call(item):\n    stop(item)",
    "after the call": "@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_call(item):\n    yield\n    stop(item)",
    "in the set-up": "def pytest_runtest_setup(item):\n    stop(item)",
    "in the teardown": "@pytest.hookimpl(trylast=True)\ndef pytest_runtest_teardown(item):\n    stop(item)",
    "of a fixture": "@pytest.fixture(autouse=True)\ndef fixture(request):\n    yield\n    stop(request.node)",
}


@pytest.mark.parametrize("error", ["pytest.fail('Timeout >1.0s')", "raise RuntimeError('Timeout >1.0s')"])
@pytest.mark.parametrize("when", HOOKS)
def test_a_claim_that_something_else_ended_does_not_hold(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, when: str, error: str
) -> None:
    suite(claims=CLAIMS)
    pytester.makeconftest(
        f"import pytest\ndef stop(item):\n    if item.name == 'holds-1':\n        {error}\n{HOOKS[when]}"
    )
    result = run("--concept-specs=specs")
    assert result.ret == 1
    verdict, outcome, said = of_the_first(pytester, result)
    assert (verdict, outcome) == ("not evaluated", "error")
    assert "Timeout >1.0s" in said
    result.stdout.fnmatch_lines(["1 holds, 1 error"])


def test_a_limit_of_time_by_signal(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(claims=CLAIMS)
    pytester.makeconftest(
        """
        import signal, time, pytest
        import neurontest.run

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(item):
            signal.signal(signal.SIGALRM, lambda *_: pytest.fail("Timeout >0.2s"))
            if item.name == "holds-1":
                signal.setitimer(signal.ITIMER_REAL, 0.2)
            yield
            signal.setitimer(signal.ITIMER_REAL, 0)

        @pytest.fixture(autouse=True)
        def slow(monkeypatch, request):
            test = neurontest.run.Run._test
            def slowly(self, family, traces):
                if request.node.name == "holds-1":
                    time.sleep(10)
                return test(self, family, traces)
            monkeypatch.setattr(neurontest.run.Run, "_test", slowly)
        """
    )
    result = run("--concept-specs=specs")
    verdict, outcome, said = of_the_first(pytester, result)
    assert (verdict, outcome, said) == ("not evaluated", "error", "Timeout >0.2s")
    result.assert_outcomes(passed=1, errors=1)


CHANGED = """
import pytest

@pytest.hookimpl({order}=True, wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if item.name == {claim!r} and report.when == "call":
        report.outcome = {outcome!r}
        report.longrepr = "changed by a plugin"
    return report
"""


@pytest.mark.parametrize("order", ["tryfirst", "trylast"])
def test_a_report_that_another_plugin_changed(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, order: str
) -> None:
    suite(claims=CLAIMS)
    pytester.makeconftest(CHANGED.format(order=order, claim="holds-1", outcome="failed"))
    result = run("--concept-specs=specs")
    assert result.ret == 1
    assert of_the_first(pytester, result)[:2] == ("not evaluated", "error")
    assert "changed by a plugin" in result.stdout.str()
    suite("more", claims=CLAIMS.replace("holds-1", "refuted-1"))
    pytester.makeconftest(CHANGED.format(order=order, claim="refuted-1", outcome="passed"))
    result = run("--concept-specs=more")
    verdict, outcome, said = of_the_first(pytester, result)
    assert (verdict, outcome) == ("not evaluated", "error")
    assert "pytest counts it as passed, though it is refuted" in said


def test_a_test_that_was_never_run_does_not_pass(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(claims=CLAIMS)
    pytester.makeconftest("import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_pyfunc_call(): return True")
    result = run("--concept-specs=specs")
    result.assert_outcomes(failed=2)
    assert of_the_first(pytester, result)[:2] == ("not evaluated", "error")
    result.stdout.fnmatch_lines(["specs/geo.yaml:2: *: error: the claim was not tested: *"])


@pytest.mark.parametrize("mark", ["skip(reason='slow')", "xfail(reason='slow', run=False)"])
def test_a_claim_that_a_mark_left_out_has_no_verdict(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, mark: str
) -> None:
    suite(claims=CLAIMS)
    pytester.makeconftest(
        "import pytest\ndef pytest_collection_modifyitems(items):\n    items[0].add_marker(pytest.mark." + mark + ")"
    )
    result = run("--concept-specs=specs")
    assert result.ret == 0
    verdict, outcome, said = of_the_first(pytester, result)
    assert (verdict, outcome, said) in (("skipped", "skipped", ""), ("not evaluated", "xfailed", ""))


LOOKS = """
import pytest
import neurontest.run

@pytest.fixture(autouse=True, scope="session")
def broken():
    with pytest.MonkeyPatch.context() as patch:
        def fail(self, of): raise {error}
        patch.setattr(neurontest.run.Run, {what!r}, fail)
        yield
"""


@pytest.mark.parametrize("error", ["ValueError('need at least one array')", "MemoryError()"])
@pytest.mark.parametrize("what", ["vacuity", "salmon"])
def test_a_look_at_null_worlds_that_fails_is_a_warning(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, what: str, error: str
) -> None:
    suite(claims=CLAIMS)
    pytester.makeconftest(LOOKS.format(error=error, what=what))
    result = run("--concept-specs=specs")
    result.assert_outcomes(passed=2)
    assert of_the_first(pytester, result)[0] == "holds"
    name = error.partition("(")[0]
    result.stdout.fnmatch_lines([f"warning: geo.yaml: whether its claims would also hold * is not known: {name}*"])
    strict = run("--concept-specs=specs", "--concept-vacuous=fail")
    strict.assert_outcomes(failed=2)
    assert of_the_first(pytester, strict)[:2] == ("not evaluated", "error")
    strict.stdout.fnmatch_lines([f"specs/geo.yaml:2: *: error: geo.yaml: whether * is not known: {name}*"])
