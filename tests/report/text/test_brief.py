from __future__ import annotations

from dataclasses import replace

import pytest

from neurontest.report.text.brief import brief
from neurontest.report.text.instead import instead
from neurontest.report.text.wording import failure_text
from neurontest.types import ClaimRecord, Detectable
from tests.report.sample import CLAIMS

HOLDS, BORDERLINE, SKIPPED, REFUTED = (CLAIMS[at] for at in (0, 2, 3, 5))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_it_is_one_line_that_begins_with_the_verdict(claim: ClaimRecord) -> None:
    said = brief(claim)
    assert "\n" not in said
    if claim.against is None:
        assert said.split(",")[0].startswith(claim.verdict)


def test_what_is_open_says_what_could_be_shown_and_no_number_of_prompts_from_its_effect() -> None:
    assert BORDERLINE.judgement is not None
    effects = (Detectable(24, 3.14), Detectable(48, 2.2), Detectable(96, 1.6))
    open_ = replace(BORDERLINE, judgement=replace(BORDERLINE.judgement, detectable=effects))
    assert brief(open_) == "inconclusive, p = 0.0502, 24 prompts a concept show 3.1 neurons, 48 show 2.2"
    untold = replace(BORDERLINE, judgement=replace(BORDERLINE.judgement, detectable=(), reason="too few prompts"))
    assert brief(untold) == "inconclusive, p = 0.0502, too few prompts"


def test_what_is_refuted_says_what_was_shown_instead() -> None:
    assert REFUTED.evidence is not None
    assert brief(REFUTED).startswith("refuted, p < 0.001 that the opposite holds, ")
    found = replace(REFUTED.evidence.effect, name="a/b minus a/c", unit="neurons", value=-3.0, reference=0.0)
    for one, side in ((found, "below 0"), (replace(found, value=3.0, reference=1.5), "above 1.5")):
        claim = replace(REFUTED, evidence=replace(REFUTED.evidence, effect=one))
        assert instead(claim).startswith(f"a/b minus a/c is {side}, for fresh prompts too; ")
        assert f"  instead      {instead(claim)}\n" in failure_text(claim, suite=".", model="m", declared=1) + "\n"


@pytest.mark.parametrize("claim", [HOLDS, BORDERLINE, SKIPPED], ids=lambda claim: claim.id)
def test_of_others_nothing_was_shown_instead(claim: ClaimRecord) -> None:
    assert instead(claim) == ""
