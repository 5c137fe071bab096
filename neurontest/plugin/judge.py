"""The test itself: find out about a claim, note what was found, and pass or fail."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import pytest

from neurontest.errors import NeurontestError
from neurontest.plugin.outcomes import VerdictFailure, settle
from neurontest.plugin.state import state_of

if TYPE_CHECKING:
    from neurontest.plugin.collect import ClaimItem
    from neurontest.plugin.state import State
    from neurontest.run import Run
    from neurontest.types import Claim, Family, Finding, Suite


def judge(request: pytest.FixtureRequest, suite: Suite, claim: Claim, model: object) -> None:
    """Test one claim of a suite on `model`, which is what the fixture ``concept_model`` gave.

    Raises
    ------
    VerdictFailure
        If the claim does not hold.
    NeurontestError
        If there is no finding.
    """
    from neurontest.report.junit import properties
    from neurontest.report.outcome import is_vacuous

    state = state_of(request.config)
    run, finding, family = _found(request.session, suite, claim, model)
    # Not by the fixture record_property, which warns under the default junit_family.
    record = run.claim_record(claim, finding)
    if record.xfail is not None and not isinstance(claim.xfail, str):
        # Which model it is may be known only now: a conftest can make its own. Pytest looks for marks after the test
        # as well. Only the verdict is expected to fail: a model that cannot be loaded stays an error.
        request.node.add_marker(pytest.mark.xfail(reason=record.xfail, raises=VerdictFailure))
    request.node.user_properties.extend(properties(record))
    text = _text(state, run, claim, finding, len(family.tested))
    settle(
        text,
        finding.verdict.name,
        inconclusive=state.options.text("inconclusive"),
        expected_to_fail=record.xfail is not None,
    )
    if state.options.text("vacuous") == "fail" and is_vacuous(record):
        raise VerdictFailure(text)


def prepare(session: pytest.Session, suite: Suite, claim: Claim, model: object) -> None:
    """Do what :func:`judge` needs, for all claims of the family: what fails here, fails there in a test's words."""
    with suppress(NeurontestError):
        _found(session, suite, claim, model)


def _found(session: pytest.Session, suite: Suite, claim: Claim, model: object) -> tuple[Run, Finding, Family]:
    state = state_of(session.config)
    run = state.run(suite, model)
    finding = state.finding(run, claim)
    family = next(family for family in suite.families if family.file == claim.where.file)
    state.elsewhere(run, family, vacuity=state.options.text("vacuous") != "off" and _whole(session, suite, family))
    return run, finding, family


def _whole(session: pytest.Session, suite: Suite, family: Family) -> bool:
    """Whether this session runs all claims of a family: what is selected by -k or -m is in a hurry."""
    here = {item.claim.id for item in session.items if _is_of(item, suite, family.file)}
    return here >= {claim.id for claim in family.tested}


def _is_of(item: pytest.Item, suite: Suite, file: str) -> TypeGuard[ClaimItem]:
    from neurontest.plugin.collect import ClaimItem

    return isinstance(item, ClaimItem) and item.suite.folder == suite.folder and item.claim.where.file == file


def check(state: State, run: Run, said: str | Mapping[str, object]) -> Finding:
    """Test a claim that a test in Python states: a family of its own.

    Raises
    ------
    VerdictFailure
        If the claim does not hold.
    NeurontestError
        If there is no such claim, or no finding.
    """
    claim, finding = run.check(said)
    text = _text(state, run, claim, finding, 1)
    # It stands in no spec file; pytest shows the line of the test.
    text = text.partition(f"{claim.where.file}:{claim.where.line}: ")[2] or text
    settle(text, finding.verdict.name, inconclusive=state.options.text("inconclusive"))
    return finding


def _text(state: State, run: Run, claim: Claim, finding: Finding, declared: int) -> str:
    from neurontest.report.text import failure_text

    return failure_text(
        run.claim_record(claim, finding),
        suite=shown(run.suite.folder, state.options.invocation),
        model=run.model.name,
        declared=declared,
    )


def shown(path: Path, start: Path) -> str:
    """A path as its reader would name it: relative to `start` if it lies below."""
    path, start = path.resolve(), start.resolve()
    return os.path.relpath(path, start) if path.is_relative_to(start) else str(path)
