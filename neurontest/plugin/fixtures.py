"""The fixtures: the model that a conftest may replace, and the suite for tests written in Python.

All are of session scope; with pytest-xdist that means once in each worker. Every run of pytest reads this module, and
few ask for a fixture: what they need is imported within them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from neurontest.errors import NeurontestError

if TYPE_CHECKING:
    from neurontest.claims.suite import Suite
    from neurontest.types import Finding, ModelHandle, NeuronSet


@pytest.fixture(scope="session")
def concept_model(pytestconfig: pytest.Config) -> ModelHandle:
    """The model under test: a lazy handle (name, fingerprint, load()).

    Override it in a conftest.py to test a model of your own: return a handle, or (model, tokenizer) of transformers.
    """
    from neurontest.plugin.state import state_of

    state = state_of(pytestconfig)
    try:
        return state.default_model()
    except NeurontestError as error:
        # What a fixture raises, pytest shows with all of its traceback.
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def concept_suite(pytestconfig: pytest.Config) -> Suite:
    """The suite: its concepts, prompts, settings and claims; with several suites, the first."""
    from neurontest.plugin.state import state_of

    state = state_of(pytestconfig)
    if not state.options.suites:
        pytest.fail(
            "there is no concept suite: name its folder by --concept-specs DIR or by the ini key concept_specs",
            pytrace=False,
        )
    try:
        return state.suite(state.options.suites[0])
    except NeurontestError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def concept_sets(
    pytestconfig: pytest.Config, concept_suite: Suite, concept_model: object
) -> Callable[[str], NeuronSet]:
    """The neuron set of a concept at the suite's own setting: concept_sets("vietnam")."""
    from neurontest.plugin.asking import once
    from neurontest.plugin.state import state_of

    state = state_of(pytestconfig)

    def sets(concept: str) -> NeuronSet:
        __tracebackhide__ = True
        if concept not in concept_suite.concepts:
            pytest.fail(f"the suite has no concept {concept!r}; valid: {', '.join(concept_suite.concepts)}")
        try:
            run = state.run(concept_suite, concept_model)
            return once(state, run, f"sets {concept}", lambda: run.sets(concept))
        except NeurontestError as error:
            said = str(error)
        pytest.fail(said)  # outside, or pytest would show that error too, with all of its traceback

    return sets


@pytest.fixture(scope="session")
def concept_check(
    pytestconfig: pytest.Config, concept_suite: Suite, concept_model: object
) -> Callable[[str | Mapping[str, object]], Finding]:
    """Fail the test unless a claim holds: concept_check("hanoi overlaps vietnam more than violent").

    The verdict is uncorrected: when a test passes or fails, nobody knows how many claims others will state. The table
    and the reports say at the session's end what becomes of it after a correction over all of them.
    """
    from neurontest.plugin.items.judge import check as judged
    from neurontest.plugin.outcomes import VerdictFailure
    from neurontest.plugin.state import state_of

    state = state_of(pytestconfig)

    def check(claim: str | Mapping[str, object]) -> Finding:
        __tracebackhide__ = True
        try:
            return judged(state, state.run(concept_suite, concept_model), claim)
        except VerdictFailure as failure:
            said, is_verdict = str(failure), True
        except NeurontestError as error:
            said, is_verdict = str(error), False
        # Outside, or pytest would show that error too, with all of its traceback.
        if is_verdict:
            raise AssertionError(said)
        pytest.fail(said)

    return check
