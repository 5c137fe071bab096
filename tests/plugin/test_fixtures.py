from __future__ import annotations

import pytest

from .conftest import CLAIMS, LOADED, Make, RunPytest


def test_python_tests_ask_the_suite(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    suite("second", claims=CLAIMS)
    pytester.makepyfile(
        test_it="""
        def test_suite(concept_suite):
            assert concept_suite.folder.name == "specs"
            assert list(concept_suite.concepts) == ["a", "b", "c"]

        def test_model(concept_model):
            assert concept_model.name == "smollm2-135m"

        def test_sets(concept_sets):
            found = concept_sets("a")
            assert found.concept == "a" and len(found.neurons) == 10

        def test_no_such_set(concept_sets):
            concept_sets("d")
        """
    )
    pytester.makeini("[pytest]\nconcept_specs = specs second")
    result = run("test_it.py")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(['>*concept_sets("d")', "E *the suite has no concept 'd'; valid: a, b, c"])


def test_a_claim_from_python(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    pytester.makepyfile(
        test_it="""
        def test_holds(concept_check):
            found = concept_check({"id": "holds-x", "claim": "a overlaps b more than c"})
            assert found.verdict.name == "holds"

        def test_inconclusive(concept_check):
            concept_check("a overlaps b more than c")

        def test_unknown(concept_check):
            concept_check("a overlaps d more than c")
        """
    )
    result = run("--concept-specs=specs", "test_it.py")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            '>*concept_check("a overlaps b more than c")',
            "E *AssertionError: a overlaps b more than c: inconclusive (p = 0.2, uncorrected, needs 0.05, m = 5)",
            "E *effect *",
            '>*concept_check("a overlaps d more than c")',
            "E *unknown concept 'd'*",
        ]
    )
    result.stdout.no_fnmatch_line("During handling of the above exception*")
    skipping = run("--concept-specs=specs", "--concept-inconclusive=skip", "test_it.py", "-k", "inconclusive")
    skipping.assert_outcomes(skipped=1, deselected=2)


def test_without_a_suite_the_fixtures_say_so(run: RunPytest, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_suite(concept_suite): pass
        def test_model(concept_model): assert concept_model.name == "smollm2-135m"
        """
    )
    result = run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["there is no concept suite: name its folder by --concept-specs DIR or *"])


def test_a_faulty_suite_fails_the_python_test_with_its_faults(
    run: RunPytest, suite: Make, pytester: pytest.Pytester
) -> None:
    suite(claims=CLAIMS.replace("b overlaps a", "b overlaps d"))
    pytester.makepyfile(test_it="def test_suite(concept_suite): pass")
    result = run("--concept-specs=specs", "test_it.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["specs/geo.yaml:2:*: unknown concept 'd'*"])


def test_a_conftest_overrides_the_model(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    first, second = suite("first"), suite("second")
    for folder in (first, second):
        (folder / "conftest.py").write_text(
            "import pytest\nfrom tests.plugin.fake import FakeModel\n"
            f"@pytest.fixture(scope='session')\ndef concept_model(): return FakeModel('own-{folder.name}')\n",
            encoding="utf-8",
        )
    result = run("--concept-specs=first", "--concept-specs=second", "-k", "refuted-1")
    result.assert_outcomes(failed=2, deselected=8)
    result.stdout.fnmatch_lines(["first/geo.yaml:3: *", "*own-first, residual*", "*own-second, residual*"])


def test_a_conftest_that_gives_no_model_is_told_what_it_may_give(
    run: RunPytest, suite: Make, pytester: pytest.Pytester
) -> None:
    suite()
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef concept_model(): return 'gpt2'")
    result = run("--concept-specs=specs", "-k", "holds-1")
    result.assert_outcomes(failed=1, deselected=4)
    result.stdout.fnmatch_lines(["specs/geo.yaml:2: b overlaps a more than c: error: concept_model returned str. *"])


def test_a_model_that_is_not_there_is_one_sentence(suite: Make, pytester: pytest.Pytester) -> None:
    suite()
    pytester.makepyfile("def test_model(concept_model): pass")
    # The real one: what the other tests find in its place takes any name.
    result = pytester.runpytest_inprocess(
        *LOADED, "--concept-specs=specs", "--concept-model=nowhere", "-k", "holds-1 or test_model", "specs", "."
    )
    result.assert_outcomes(errors=2, deselected=4)
    result.stdout.fnmatch_lines(["There is no model 'nowhere'; valid: smollm2-135m, *"] * 2)
    result.stdout.no_fnmatch_line("*raise ModelError*")


def test_each_suite_names_its_own_model(run: RunPytest, suite: Make, pytester: pytest.Pytester) -> None:
    from .conftest import SUITE

    suite("first")
    second = suite("second", suite=SUITE + "model: inside\n", claims=CLAIMS)
    (second / "inside").mkdir()
    result = run("--concept-specs=first", "--concept-specs=second", "-k", "refuted-1")
    result.assert_outcomes(failed=2, deselected=8)
    result.stdout.fnmatch_lines(["*traced *smollm2-135m, *", "*traced *second/inside, *"])
