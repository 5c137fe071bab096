"""Exceptions that are not ours: found once, said in a line for each claim, and what they were can be seen."""

from __future__ import annotations

import jinja2
import pytest

from neurontest.errors import ForeignError, ModelError
from neurontest.plugin.foreign import Guarded, our_words, sentence
from neurontest.plugin.outcomes import VerdictFailure

from .conftest import Make, RunPytest

CLAIMS = """\
claims:
  - {id: holds-1, claim: b overlaps a more than c}
  - {id: holds-2, claim: a has consistent neurons}
  - {id: refuted-1, claim: b has consistent neurons, xfail: known}
"""

BROKEN = """
import jinja2
import pytest
import tests.plugin.fake as fake

times = []

def pytest_sessionfinish():
    with open("times", "w") as file:
        file.write(str(len(times)))

@pytest.fixture(autouse=True, scope="session")
def broken():
    def fail(*of, **more):
        times.append(of)
        raise {error}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fake.{where}, fail)
        yield
"""

ERRORS = [
    "jinja2.TemplateError('Conversation roles must alternate\\n' + 300 * 'and so on\\n')",
    "IndexError('index out of range in self')",
    "RuntimeError('mat1 and mat2 shapes cannot be multiplied (4x16 and 8x16)')",
    "OSError(28, 'No space left on device')",
    "MemoryError()",
    "AssertionError()",
    "KeyError('weight')",
    "RecursionError('maximum recursion depth exceeded')",
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.partition("(")[0])
def test_an_exception_is_one_line_a_claim_and_not_waited_for_twice(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, error: str
) -> None:
    suite(claims=CLAIMS)
    pytester.makeconftest(BROKEN.format(error=error, where="FakeTracer, 'ensure'"))
    result = run("--concept-specs=specs")
    # An AssertionError of a library is no verdict, and what is marked xfail is a verdict alone.
    result.assert_outcomes(failed=3)
    name = error.partition("(")[0].removeprefix("jinja2.")
    lines = [line for line in result.outlines if line.startswith("specs/geo.yaml:")]
    assert len(lines) >= 3
    assert all(f": error: {name}" in line and "conftest.py:" in line and len(line) < 900 for line in lines[:3])
    assert "Traceback" not in result.stdout.str()
    assert len(result.outlines) < 60
    assert (pytester.path / "times").read_text() == "1"
    result.stdout.fnmatch_lines(["3 errors"])


@pytest.mark.parametrize("look", ["-vv", "--tb=long"])
def test_the_curious_see_where_it_was(run: RunPytest, suite: Make, pytester: pytest.Pytester, look: str) -> None:
    suite(claims=CLAIMS)
    pytester.makeconftest(BROKEN.format(error="IndexError('too far')", where="FakeTracer, 'ensure'"))
    result = run("--concept-specs=specs", "-k", "holds-1", look)
    result.stdout.fnmatch_lines(["Traceback (most recent call last):", "*conftest.py*", "IndexError: too far"])


def test_a_model_that_cannot_be_had_is_tried_once_for_all_files(
    run: RunPytest, suite: Make, pytester: pytest.Pytester
) -> None:
    suite(claims=CLAIMS, more=CLAIMS.replace("holds-", "unsure-"))
    pytester.makeconftest(
        """
        import pytest
        import tests.plugin.fake as fake

        class Absent(fake.FakeModel):
            times = 0
            def load(self):
                type(self).times += 1
                raise OSError("the disk is gone")

        @pytest.fixture(scope="session")
        def concept_model():
            return Absent("absent")

        def pytest_sessionfinish():
            open("times", "w").write(str(Absent.times))

        @pytest.fixture(autouse=True, scope="session")
        def loading():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(fake.FakeTracer, "ensure", lambda self, *_: self.handle.load())
                yield
        """
    )
    result = run("--concept-specs=specs")
    result.assert_outcomes(failed=6)
    said = "error: The model 'absent' cannot be used: OSError: the disk is gone (*conftest.py:*"
    result.stdout.fnmatch_lines([f"specs/geo.yaml:2: *: {said}", f"specs/more.yaml:2: *: {said}"])
    assert (pytester.path / "times").read_text() == "1"


def test_fixtures_say_it_in_our_words(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(claims=CLAIMS)
    pytester.makeconftest(BROKEN.format(error="IndexError('too far')", where="FakeTracer, 'ensure'"))
    pytester.makepyfile(
        test_it="""
        def test_sets(concept_sets): concept_sets("a")
        def test_again(concept_sets): concept_sets("a")
        def test_check(concept_check): concept_check("a overlaps b more than c")
        """
    )
    result = run("--concept-specs=specs", "test_it.py")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["E *Failed: IndexError: too far (*conftest.py:*"] * 3)
    assert "During handling" not in result.stdout.str()
    assert (pytester.path / "times").read_text() == "2"


def test_a_fixture_of_somebody_else_is_shown_once(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite(claims=CLAIMS)
    pytester.makeconftest(
        "import pytest\n@pytest.fixture(scope='session')\ndef concept_model():\n    raise RuntimeError('out of disk')"
    )
    result = run("--concept-specs=specs")
    result.assert_outcomes(errors=3)
    assert sum("raise RuntimeError('out of disk')" in line for line in result.outlines) == 1
    result.stdout.fnmatch_lines(["specs/geo.yaml:3: *: error: RuntimeError: out of disk (*), as shown above"])


def test_interrupts_and_pytests_own_outcomes_pass_through() -> None:
    for error in (KeyboardInterrupt(), SystemExit(1), pytest.fail.Exception("late"), pytest.skip.Exception("no")):
        with pytest.raises(type(error)), our_words():
            raise error
    with pytest.raises(ModelError, match=r"^no$"), our_words():
        raise ModelError("no")
    expected = r"^TemplateError: no \(tests/plugin/test_foreign\.py:\d+, in "
    with pytest.raises(ForeignError, match=expected) as caught, our_words():
        raise jinja2.TemplateError("no")
    assert isinstance(caught.value.__cause__, jinja2.TemplateError)


def test_a_sentence_is_one_line_of_bearable_length() -> None:
    assert sentence(MemoryError()) == "MemoryError"
    assert sentence(ValueError("a\nb\n  c")) == "ValueError: a b c"
    assert len(sentence(ValueError("x" * 10_000))) < 700


def test_a_guarded_handle_fails_once_and_lacks_what_it_lacks() -> None:
    class Handle:
        name, times = "mine", 0

        @property
        def fingerprint(self) -> str:
            self.times += 1
            raise ValueError("no weights")

    handle = Handle()
    guarded = Guarded(handle)
    assert guarded.name == "mine"
    assert not hasattr(guarded, "notices")
    for _ in range(2):
        with pytest.raises(ModelError, match="The model 'mine' cannot be used: ValueError: no weights"):
            _ = guarded.fingerprint
    assert handle.times == 1


def test_a_verdict_is_an_assertion(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    assert issubclass(VerdictFailure, AssertionError)
    suite()
    pytester.makeconftest(
        "def pytest_runtest_makereport(item, call):\n"
        "    if call.excinfo and item.name == 'refuted-1' and call.excinfo.errisinstance(AssertionError):\n"
        "        open('asserted', 'w').close()"
    )
    result = run("--concept-specs=specs")
    result.assert_outcomes(passed=1, failed=2, skipped=1, xfailed=1)
    assert (pytester.path / "asserted").exists()
    result.stdout.fnmatch_lines(["specs/geo.yaml:3: a overlaps b more than c: refuted (*"])
    assert "AssertionError" not in result.stdout.str()
