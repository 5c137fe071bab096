"""What a session asks of its runs: each thing once, and again in the same words where it failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from neurontest.errors import EvidenceError, ModelError, NeurontestError
from neurontest.plugin.foreign import our_words

if TYPE_CHECKING:
    from neurontest.claims.base import Claim
    from neurontest.plugin.state import State
    from neurontest.run import Run
    from neurontest.types import Comparison, Finding

T = TypeVar("T")


def once(state: State, run: Run, what: str, make: Callable[[], T]) -> T:
    """What `make` makes; it is tried once, and fails in the same words whenever it is asked for again.

    A model that cannot be loaded fails for all that is asked of it: a minute of waiting for the network is not
    repeated claim by claim.

    Raises
    ------
    NeurontestError
        If it cannot be made, whatever the reason.
    """
    model, own = (id(run), ""), (id(run), what)
    for key in (model, own):
        if key in state.errors:
            raise state.errors[key].with_traceback(None)
    try:
        with our_words():
            return make()
    except NeurontestError as error:
        state.errors[model if isinstance(error, ModelError) else own] = error
        raise


def finding(state: State, run: Run, claim: Claim) -> Finding:
    """The finding of a claim; the claims of a family fail together.

    Raises
    ------
    NeurontestError
        If there is none.
    """
    return once(state, run, claim.where.file, lambda: run.finding(claim))


def look(state: State, run: Run, claim: Claim, *, whole: bool) -> None:
    """Look where else a claim would hold, as far as this session wants to know: in null worlds, on a random twin.

    Raises
    ------
    NeurontestError
        If nobody can tell, and a claim that would hold there is to fail; else the record says that nobody can.
    """
    file = claim.where.file
    looks: list[tuple[str, Callable[[], object]]] = []
    if state.options.text("vacuous") != "off" and whole:
        family = next(family for family in run.suite.families if family.file == file)
        looks.append(("with prompts dealt at random", lambda: run.vacuity(family)))
    looks.append(("on a twin of the model with random weights", lambda: run.salmon(claim)))
    for where, look in looks:
        key = (id(run), f"{file}, {where}")
        model = (id(run), where)
        try:
            if known := state.errors.get(model) or state.errors.get(key):
                raise known.with_traceback(None)
            with our_words():
                look()
        except NeurontestError as error:
            state.errors[model if isinstance(error, ModelError) else key] = error
            said = f"{file}: whether its claims would also hold {where} is not known: {error}"
            if state.options.text("vacuous") == "fail":
                raise EvidenceError(said) from error
            run.notice(said)


def repeat(state: State, run: Run, claim: Claim) -> None:
    """Test the claim's family again at other seeds and with other baselines, as far as the suite says some."""
    family = next(family for family in run.suite.families if family.file == claim.where.file)
    try:
        once(state, run, f"{family.file}, repeated", lambda: run.repeats(family))
    except NeurontestError as error:
        run.notice(f"{family.file} was not tested again at other seeds and with other baselines: {error}")


def comparison(state: State, run: Run, claim: Claim) -> Comparison | None:
    """What became of a claim since the reference; None if the run is held against none.

    Raises
    ------
    NeurontestError
        If nobody can tell.
    """
    if run.against is None:
        return None
    family = next(family for family in run.suite.families if family.file == claim.where.file)
    return once(state, run, f"{family.file}, compared", lambda: run.comparisons(family))[claim.id]


def read_tokens(state: State) -> None:
    """Read some texts of what was traced token by token, as many as this session wants to see in its reports."""
    count = state.options.number("tokens")
    if not count or state.stopped:
        return
    for run in [run for folder in state.options.suites for run in state.runs(folder)]:
        try:
            with our_words():
                run.read_tokens(count)
        except NeurontestError as error:
            run.notice(f"no text is shown token by token: {error}")
    state.progress.close()
