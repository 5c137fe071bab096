"""The test itself: find out about a claim, note what was found, and pass or fail."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import pytest

from neurontest.errors import NeurontestError
from neurontest.kinds.preserved import Preserved
from neurontest.plugin import asking
from neurontest.plugin.foreign import our_words
from neurontest.plugin.items.stated import note
from neurontest.plugin.outcomes import VerdictFailure, end_test
from neurontest.plugin.state import state_of
from neurontest.untrusted import visible_line

if TYPE_CHECKING:
    from neurontest.claims.base import Claim
    from neurontest.claims.suite import Suite
    from neurontest.plugin.items.item import ClaimItem
    from neurontest.plugin.state import State
    from neurontest.run import Run
    from neurontest.types import Finding


def prepare(item: ClaimItem, model: object) -> None:
    """Do at a claim's set-up what all claims of its family share: trace, test, look whether it is vacuous, repeat.

    A limit on a test's call then means that claim alone. What goes wrong is remembered, and raised by the call.
    """
    state = state_of(item.config)
    begun = time.perf_counter()
    with suppress(NeurontestError):
        run = state.run(item.suite, model)
        asking.finding(state, run, item.claim)
        asking.look(state, run, item.claim, whole=_whole(item.session, item.suite, item.claim.where.file))
        asking.repeat(state, run, item.claim)
        asking.comparison(state, run, item.claim)
    item.shared = time.perf_counter() - begun


def judge(item: ClaimItem, model: object) -> None:
    """Test one claim of a suite on `model`, which is what the fixture ``concept_model`` gave.

    Raises
    ------
    VerdictFailure
        If the claim does not hold.
    NeurontestError
        If there is no finding.
    """
    state, suite, claim = state_of(item.config), item.suite, item.claim
    run = state.run(suite, model)
    finding = asking.finding(state, run, claim)
    asking.look(state, run, claim, whole=_whole(item.session, suite, claim.where.file))
    asking.repeat(state, run, claim)
    comparison = asking.comparison(state, run, claim)
    with our_words():
        from neurontest.report.junit import properties
        from neurontest.report.text.brief import brief
        from neurontest.report.text.outcome import is_vacuous

        # Not by the fixture record_property, which warns under the default junit_family.
        record = run.claim_record(claim, finding)
        if record.xfail is not None and not isinstance(claim.xfail, str):
            # Which model it is may be known only now: a conftest can make its own. Pytest looks for marks after the
            # test as well. Only the verdict is expected to fail: a model that cannot be loaded stays an error.
            item.add_marker(pytest.mark.xfail(reason=visible_line(record.xfail), raises=VerdictFailure))
        item.user_properties.extend(properties(record))
        declared = next(len(family.tested) for family in suite.families if family.file == claim.where.file)
        text = item.text = _text(state, run, claim, finding, declared)
        said = brief(record)
        vacuous = is_vacuous(record)
        item.facts = json.dumps(run.facts()) if state.worker else ""
    item.verdict = finding.verdict.name
    if comparison is not None and state.against is not None:
        item.status = comparison.status
        if state.against.fails_with(claim.node, comparison):
            raise VerdictFailure(text, said)
        if record.xfail is None:
            # What matters is what became of it: one that did not hold before may go on not holding.
            _fail_if_vacuous(state, text, said, vacuous=vacuous)
            return
    if isinstance(claim.kind, Preserved) and state.options.record is not None and record.xfail is None:
        # What it would be held against is only being recorded.
        pytest.skip(visible_line(f"{claim.sentence}: {finding.verdict.reason}"))
    end_test(
        text,
        finding.verdict.name,
        brief=said,
        inconclusive=state.options.text("inconclusive"),
        expected_to_fail=record.xfail is not None,
    )
    _fail_if_vacuous(state, text, said, vacuous=vacuous)


def _fail_if_vacuous(state: State, text: str, said: str, *, vacuous: bool) -> None:
    if state.options.text("vacuous") == "fail" and vacuous:
        raise VerdictFailure(text, said)


def _whole(session: pytest.Session, suite: Suite, file: str) -> bool:
    """Whether this session runs all claims of a family: what is selected by -k or -m is in a hurry."""
    here = {item.claim.id for item in session.items if _is_of(item, suite, file)}
    return here >= {claim.id for claim in suite.claims if claim.where.file == file and claim.skip is None}


def _is_of(item: pytest.Item, suite: Suite, file: str) -> TypeGuard[ClaimItem]:
    from neurontest.plugin.items.item import ClaimItem

    return isinstance(item, ClaimItem) and item.suite.folder == suite.folder and item.claim.where.file == file


def check(state: State, run: Run, said: str | Mapping[str, object]) -> Finding:
    """Test a claim that a test in Python states: its p-value is not corrected, and all that is said of it says so.

    What other tests will state is not known yet. The record holds them all, with p-values corrected over all of them.

    Raises
    ------
    VerdictFailure
        If the claim does not hold.
    NeurontestError
        If there is no such claim, or no finding.
    """
    claim, finding = asking.once(state, run, f"check {said}", lambda: run.check(said))
    note(state, run.suite.folder, said)
    text = _text(state, run, claim, finding, 1)
    # It stands in no spec file; pytest shows the line of the test.
    text = text.partition(f"{claim.where.file}:{claim.where.line}: ")[2] or text
    end_test(text, finding.verdict.name, inconclusive=state.options.text("inconclusive"))
    return finding


def _text(state: State, run: Run, claim: Claim, finding: Finding, declared: int) -> str:
    from neurontest.report.text.wording import failure_text

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
