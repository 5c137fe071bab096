"""The gate at a session's ends: what it is held against at the beginning, what is written and counted at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from neurontest.errors import ModelError, NeurontestError
from neurontest.plugin.foreign import our_words
from neurontest.plugin.items.asked import suites_asked_for
from neurontest.plugin.outcomes import error_text
from neurontest.plugin.state import state_of

if TYPE_CHECKING:
    from neurontest.gate.margin import Margin
    from neurontest.plugin.ending.written import Written
    from neurontest.plugin.options import Options
    from neurontest.plugin.state import State
    from neurontest.run import Run
    from neurontest.types import FloorVaries


def open_gate(config: pytest.Config) -> None:
    """Read the reference that the run is held against, before anything is traced.

    Raises
    ------
    UsageError
        If there is none, it is damaged, or what is said about it cannot be meant: a gate that compares with nothing
        must not pass.
    """
    state = state_of(config)
    options = state.options
    said, record = options.located("against"), options.record
    if said is None and record is None:
        return
    option = "--concept-against" if said is not None else "--concept-record"
    if said is not None and record is not None:
        raise pytest.UsageError(
            "say --concept-record or --concept-against, not both: a reference is recorded of a run by itself"
            " (--concept-against= unsays what the ini file says)"
        )
    if not options.suites:
        raise pytest.UsageError(f"{option} asks for a suite, and none is named: say --concept-specs DIR")
    if len(options.suites) > 1:
        raise pytest.UsageError(f"{option} is about one suite, and {len(options.suites)} are named: run them by turns")
    margin, _ = margin_of(options), floor_of(options)
    if said is None or not suites_asked_for(config):
        return
    texts = options.text("against_texts")
    if texts == "same" and options.overrides["replay"] not in (None, "", "false"):
        raise pytest.UsageError(
            "--concept-replay says other texts than the reference's: say --concept-against-texts own, or leave it out"
        )
    from neurontest.run.since.against import Against, failing

    try:
        fails = failing(options.text("gate"))
    except ValueError as error:
        raise pytest.UsageError(f"--concept-gate {error}") from None
    try:
        with our_words():
            state.against = Against.read(
                *said,
                cache_dir=options.cache_dir,
                today=state.moment.date(),
                margin=margin,
                texts=texts,
                neurons=options.text("against_neurons"),
                fails=fails,
                looks_at_bar=options.text("gate_bar") != "off",
            )
    except NeurontestError as error:
        raise pytest.UsageError(f"--concept-against: {' '.join(str(error).split())}") from None


def margin_of(options: Options) -> Margin:
    """What may be lost of an effect.

    Raises
    ------
    UsageError
        If that is no margin.
    """
    from neurontest.gate.margin import Margin

    try:
        return Margin.of(options.text("margin"))
    except ValueError as error:
        raise pytest.UsageError(f"--concept-margin: {error}") from None


def floor_of(options: Options) -> tuple[FloorVaries, ...]:
    """What a reference's noise floor is recorded with.

    Raises
    ------
    UsageError
        If there is no such thing.
    """
    from neurontest.gate.floor import asked_for

    try:
        return asked_for(options.text("floor"))
    except ValueError as error:
        raise pytest.UsageError(f"--concept-floor {error}") from None


def close_gate(state: State, written: list[Written], session: pytest.Session) -> list[str]:
    """Write the reference that was asked for, count what was compared, and set the exit status; lines to be shown.

    A run of which no reference could be written ends as one that was started wrongly: its tests may all have passed.
    """
    lines: list[str] = []
    if state.options.record is not None:
        said = _record(state, written, state.options.record)
        lines += said or []
        if said is None or not said[0].startswith("reference: "):
            _end_with(session, pytest.ExitCode.USAGE_ERROR)
    if state.against is not None:
        for one in written:
            why = _faults(state, one)
            lines += [f"error: {text}" for text in why]
            if why:
                _end_with(session, pytest.ExitCode.TESTS_FAILED)
    return lines


def _end_with(session: pytest.Session, status: pytest.ExitCode) -> None:
    if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        session.exitstatus = status


def _record(state: State, written: list[Written], folder: Path) -> list[str]:
    found = next((one for one in written if one.record is not None and one.run is not None), None)
    if found is None or found.record is None or found.run is None:
        return [f"error: no reference is written to {folder}: no claim was tested"]
    if state.stopped or found.record.errors:
        why = state.stopped or found.record.errors[0]
        return [f"error: no reference is written to {folder}: the run did not get to its end: {why}"]
    from neurontest.run.gate.reference import record_reference

    run = found.run
    state.progress.node = ""  # the tests are done: nothing is left to go back to
    try:
        with our_words():
            margin = margin_of(state.options)
            return record_reference(
                run,
                found.record,
                folder,
                margin,
                floor=floor_of(state.options),
                begin=lambda: _traces_itself(state, run),
                progress=state.progress,
            ).lines(margin)
    except (NeurontestError, OSError) as error:
        said = error_text(error)
        return ["error: " + (said if "no reference is written" in said else f"no reference in {folder}: {said}")]
    finally:
        state.progress.close()


def _traces_itself(state: State, run: Run) -> Run:
    """A run of the same suite in this process that can load the model.

    Raises
    ------
    ModelError
        If only the workers can make the model.
    """
    if run.loads:
        return run
    own = state.run(run.suite, state.default_model())
    if own.model.fingerprint != run.model.fingerprint:
        raise ModelError("a conftest.py makes the model, in the workers alone; record without -n")
    return own


def _faults(state: State, written: Written) -> list[str]:
    """Why a run against a reference cannot pass, whatever its tests did."""
    record = written.record
    if record is None or record.against is None:
        # What came in between is told by the tests themselves.
        return [] if state.outcomes.get(written.folder) is None else ["nothing was held against the reference"]
    out = []
    compared = [claim.against for claim in record.claims if claim.selected and claim.against is not None]
    if compared and all(one.status == "incomparable" for one in compared):
        out.append(f"nothing could be compared with the reference {record.against.name}: {compared[0].reason}")
    if record.against.bar and state.options.text("gate_bar") == "fail":
        count = len(record.against.bar)
        out.append(f"the bar moved, in {count} {'place' if count == 1 else 'places'}: the suite asks less than it did")
    return out
