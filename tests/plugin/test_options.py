from __future__ import annotations

from pathlib import Path

import pytest

from neurontest.plugin.options import read_options
from neurontest.settings import SETTINGS

from .conftest import LOADED, Make, RunPytest


def configure(pytester: pytest.Pytester, *arguments: str) -> pytest.Config:
    return pytester.parseconfig(*LOADED, *arguments)


def test_every_setting_is_an_option_and_an_ini_key(pytester: pytest.Pytester) -> None:
    config = configure(pytester)
    for setting in SETTINGS:
        assert config.getoption(setting.ini) is None
        assert config.getini(setting.ini) is None


def test_command_line_over_ini_over_environment_over_default(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEURONTEST_BATCH_SIZE", "7")
    assert read_options(configure(pytester)).number("batch_size") == 7
    pytester.makeini("[pytest]\nconcept_batch_size = 6\nconcept_temperature = 0.5\nconcept_k = 3")
    options = read_options(configure(pytester))
    assert options.number("batch_size") == 6
    assert options.ini["temperature"] == 0.5
    assert options.ini["k"] == 3
    options = read_options(configure(pytester, "--concept-batch-size", "5", "--concept-k=4"))
    assert options.number("batch_size") == 5
    assert options.overrides["k"] == 4
    monkeypatch.delenv("NEURONTEST_BATCH_SIZE")
    pytester.makeini("[pytest]")
    assert read_options(configure(pytester)).number("batch_size") == 128


def test_ini_values_may_be_written_as_toml_numbers(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\nconcept_k = 12\nconcept_confidence = 0.9")
    options = read_options(configure(pytester))
    assert options.ini["k"] == 12
    assert options.ini["confidence"] == 0.9


def test_a_list_of_numbers_is_said_with_commas_or_blanks(pytester: pytest.Pytester) -> None:
    assert read_options(configure(pytester, "--concept-looks", "24,48")).overrides["looks"] == (24, 48)
    pytester.makeini("[pytest]\nconcept_looks = 24 48")
    assert read_options(configure(pytester)).ini["looks"] == (24, 48)
    for wrong in ("24,x", "", "24,24", "2"):
        with pytest.raises(pytest.UsageError, match="each once, and each a whole number at least 4"):
            read_options(configure(pytester, f"--concept-looks={wrong}"))
    pytester.makeini("[pytest]\nconcept_looks = many")
    with pytest.raises(pytest.UsageError, match="concept_looks must be a list of 1 or more"):
        read_options(configure(pytester))


def test_paths_are_meant_from_where_they_are_said(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    below = pytester.mkdir("below")
    (pytester.path / "weights").mkdir()
    pytester.makeini("[pytest]\nconcept_report = out\nconcept_cache_dir = kept\nconcept_model = weights")
    monkeypatch.chdir(below)
    options = read_options(configure(pytester))
    assert options.report == pytester.path / "out"
    assert options.cache_dir == pytester.path / "kept"
    assert options.ini["model"] == str(pytester.path / "weights")
    assert options.model_is_said
    options = read_options(configure(pytester, "--concept-report=out", "--concept-cache-dir=kept"))
    assert options.report == below / "out"
    assert options.cache_dir == below / "kept"


def test_the_cache_of_the_environment_and_the_users_own(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEURONTEST_CACHE_DIR", str(pytester.path / "mine"))
    assert read_options(configure(pytester)).cache_dir == pytester.path / "mine"
    monkeypatch.delenv("NEURONTEST_CACHE_DIR")
    assert "neurontest" in str(read_options(configure(pytester)).cache_dir)
    assert read_options(configure(pytester)).report == pytester.path / "reports" / "latest"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--concept-k=0"], "--concept-k must be a whole number at least 1, not '0'"),
        (["--concept-k=many"], "--concept-k must be a whole number at least 1, not 'many'"),
        (["--concept-reduce=sum"], "--concept-reduce must be one of mean, max, rate, not 'sum'"),
        (["--concept-exclude-first=-1"], "--concept-exclude-first must be a whole number at least 0, not '-1'"),
        (["--concept-site=brain"], "--concept-site must be one of residual, mlp, mlp_gate, attention, not 'brain'"),
        (["--concept-alpha=nan"], "--concept-alpha must be a number above 0 and at most 0.5, not 'nan'"),
        (["-o", "concept_k=many"], "concept_k must be a whole number at least 1; the ini file says something else"),
        (["-o", "concept_inconclusive=maybe"], "concept_inconclusive must be one of fail, skip, xfail, not 'maybe'"),
        (["--concept-specs=nowhere"], "--concept-specs nowhere: there is no such folder"),
        (["--concept-specs=plain"], "--concept-specs plain: is no suite, since it holds no suite.yaml; *"),
        (["--concept-specs=plain/x.yaml"], "--concept-specs plain/x.yaml: is a file; name the suite's folder, *"),
        (["-o", "concept_specs=nowhere"], "concept_specs nowhere: there is no such folder"),
    ],
)
def test_a_bad_value_is_one_line(pytester: pytest.Pytester, run: RunPytest, arguments: list[str], message: str) -> None:
    (pytester.mkdir("plain") / "x.yaml").write_text("claims: []", encoding="utf-8")
    result = run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
    assert len([line for line in result.errlines if line]) == 1


def test_a_wrong_environment_variable_stops_suites_only(
    run: RunPytest, suite: Make, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEURONTEST_BATCH_SIZE", "none")
    pytester.makepyfile("def test_other(): pass")
    run().assert_outcomes(passed=1)
    suite()
    result = run("--concept-specs=specs")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *NEURONTEST_*: batch_size must be a whole number at least 1, not 'none'"])


def test_suites_are_resolved_and_each_kept_once(pytester: pytest.Pytester, suite: Make) -> None:
    folder = suite()
    Path("link").symlink_to(folder)
    options = read_options(
        configure(pytester, "--concept-specs=specs", "--concept-specs=link", "--concept-specs=specs/")
    )
    assert options.suites == (folder.resolve(),)
    assert options.named
