"""What pytest's own lines say of claims."""

from __future__ import annotations

import pytest

from neurontest.plugin.ending.lines import fitted
from tests.plugin.conftest import Make, RunPytest


def summary(result: pytest.RunResult) -> dict[str, list[str]]:
    """Of each claim, the line of the short summary in two: before and after its node id."""
    at = next(number for number, line in enumerate(result.outlines) if "short test summary info" in line)
    lines = [line for line in result.outlines[at + 1 :] if "::" in line]
    return {line.split("::")[1].split(" - ")[0]: [line.split()[0], line.partition(" - ")[2]] for line in lines}


def test_the_short_summary_begins_with_the_verdict(
    suite: Make, run: RunPytest, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite()
    monkeypatch.setenv("COLUMNS", "200")
    found = summary(run("--concept-specs=specs", "-rA"))
    assert found["holds-1"][0] == "HOLDS"
    word, said = found["refuted-1"]
    assert word == "REFUTED"
    assert said.startswith("p ")
    assert " that the opposite holds, +" in said  # of the fake model, whose effects are all the same
    word, said = found["unsure-1"]
    assert word == "INCONCLUSIVE"
    assert said == "p = 0.2"
    assert found["refuted-expected"] == ["REFUTED", "known since May"]


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_verbose_lines_name_the_verdict(
    pytester: pytest.Pytester, suite: Make, run: RunPytest, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    suite()
    pytester.makepyfile(test_other="def test_other(): pass")
    plugins = ("-p", "xdist") if more else ()
    result = run("--concept-specs=specs", "-v", *plugins, *more, "specs", "test_other.py")
    said = {word for line in result.outlines for word in line.split() if word.isupper()}
    assert {"HOLDS", "REFUTED", "INCONCLUSIVE", "SKIPPED", "PASSED"} <= said
    # Of a claim pytest's own word is nowhere, of another test it is.
    own = [line for line in result.outlines if "::" in line and "test_other" not in line]
    assert not any(" PASSED" in line or "FAILED" in line for line in own)
    assert any("(XFAIL)" in line for line in own)


def test_one_line_each(suite: Make, run: RunPytest) -> None:
    suite()
    result = run("--concept-specs=specs", "--tb=line")
    at = next(number for number, line in enumerate(result.outlines) if " FAILURES " in line)
    after = next(number for number, line in enumerate(result.outlines) if " concept neurons " in line)
    first, second = result.outlines[at + 1 : after]
    assert first.startswith("specs/geo.yaml:3: a overlaps b more than c: refuted (p ")
    assert second.startswith("specs/geo.yaml:4: c overlaps a more than b: inconclusive (p ")


@pytest.mark.parametrize("option", ["-vv", "-rA", "-rP"])
def test_the_evidence_of_what_passes_is_shown_on_request(suite: Make, run: RunPytest, option: str) -> None:
    suite()
    headline = "specs/geo.yaml:2: b overlaps a more than c: holds (p "
    whole = run("--concept-specs=specs", option).outlines
    (at,) = [number for number, line in enumerate(whole) if line.startswith(headline)]
    assert whole[at + 1].startswith("  effect ")
    assert not any(line.startswith(headline) for line in run("--concept-specs=specs").outlines)


def test_an_error_says_so_first(suite: Make, run: RunPytest, monkeypatch: pytest.MonkeyPatch) -> None:
    suite()
    monkeypatch.setenv("COLUMNS", "200")
    found = summary(run("--concept-specs=specs", "--concept-model=no-model"))
    assert found
    for word, said in found.values():
        assert word in ("FAILED", "ERROR")
        assert said.startswith("error: ")
        assert "There is no model 'no-model'." in said


def test_inconclusive_claims_that_are_skipped_say_so_first(suite: Make, run: RunPytest) -> None:
    suite()
    result = run("--concept-specs=specs", "--concept-inconclusive=skip", "-k", "unsure", "-rs")
    result.stdout.re_match_lines([r"SKIPPED \[1\] .*geo.yaml:4: inconclusive, p = .*"])


def test_a_junit_file_of_pytests_own_names_the_verdict(pytester: pytest.Pytester, suite: Make, run: RunPytest) -> None:
    suite()
    run("--concept-specs=specs", "--junitxml=own.xml")
    text = (pytester.path / "own.xml").read_text(encoding="utf-8")
    assert '<failure message="refuted, p ' in text
    assert '<failure message="inconclusive, p ' in text
    assert "specs/geo.yaml:3: a overlaps b more than c: refuted (p " in text


def test_failures_are_wrapped_and_what_is_to_be_pasted_is_not() -> None:
    words = " ".join(["word"] * 30)
    said = [f"specs/a.yaml:1: {words}", f"  effect       {words}", f"  to paste     {words}", " " * 15 + words]
    text = "\n".join(said)
    lines = fitted(text, 60).split("\n")
    pasted = [line for line in lines if len(line) > 60]
    assert len(pasted) == 2
    assert pasted[0].startswith("  to paste     word")
    others = [line for line in lines if len(line) <= 60]
    assert others[1].startswith("    word")
    effect = next(at for at, line in enumerate(others) if line.startswith("  effect"))
    assert all(line.startswith(" " * 15 + "word") for line in others[effect + 1 :])
    assert " ".join(text.split()) == " ".join(" ".join(lines).split())
