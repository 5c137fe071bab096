"""The end of a session: outcomes become records, records become files."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from neurontest.errors import NeurontestError
from neurontest.plugin.outcomes import Tally, error_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neurontest.plugin.state import State
    from neurontest.types import Record


@dataclass(frozen=True)
class Written:
    """What became of one suite's record.

    Attributes
    ----------
    folder : Path
        Of the suite.
    record : Record or None
    files : tuple of Path
        The reports, as far as they were written.
    warning : str
        Why there is no record or no report, in a sentence; else empty.
    """

    folder: Path
    record: Record | None
    files: tuple[Path, ...] = ()
    warning: str = ""


def write_records(state: State, asked: Sequence[Path]) -> list[Written]:
    """Write the reports of every suite that this run was asked for, as far as it came."""
    return [
        _write(state, suite, state.outcomes.get(suite, {}), folder)
        for suite, folder in report_folders(state.options.suites, state.options.report).items()
        if suite in asked and (suite in state.outcomes or state.kept.get(suite) or state.faults(suite))
    ]


def remove_reports(state: State, asked: Sequence[Path]) -> None:
    """Remove what an earlier run reported of these suites; what cannot be removed is said at the end, when written."""
    from neurontest.report import REPORTS

    for suite, folder in report_folders(state.options.suites, state.options.report).items():
        for name in REPORTS if suite in asked else ():
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)


def report_folders(suites: tuple[Path, ...], report: Path) -> dict[Path, Path]:
    """Where each suite's reports go: into `report` itself if there is one suite, else below it by the suite's name."""
    if len(suites) == 1:
        return {suites[0]: report}
    folders: dict[Path, Path] = {}
    for suite in suites:
        name, times = suite.name, 1
        while report / name in folders.values():
            times += 1
            name = f"{suite.name}-{times}"
        folders[suite] = report / name
    return folders


def _write(state: State, suite: Path, tallies: Mapping[str, Tally], folder: Path) -> Written:
    from neurontest.report.files import write_faults, write_reports

    # Whatever goes wrong here, even a fault of the program: the session's own results must still be shown.
    try:
        if faults := state.faults(suite):
            return Written(suite, None, write_faults(suite.name, faults, folder))
        record = _record(state, suite, tallies)
    except Exception as error:
        return Written(suite, None, warning=f"no report on {suite.name}: {error_text(error)}")

    try:
        return Written(suite, record, write_reports(record, folder))
    except Exception as error:
        return Written(suite, record, warning=f"no report in {folder}: {error_text(error)}")


def _record(state: State, folder: Path, tallies: Mapping[str, Tally]) -> Record:
    from neurontest.run import KnownModel, Outcome, Run
    from neurontest.types import ModelRecord

    cache_dir = state.options.cache_dir
    suite, here, sent = state.suite(folder), state.runs(folder), state.facts.get(folder, [])
    lost = state.lost.get(folder, [])
    if not here and not sent:
        # Nothing is known of a model that was never there, but which claims were asked for, and why there is no answer.
        run = Run(suite, KnownModel(ModelRecord(f"{suite.model} (not loaded)", "", "", "", "")), cache_dir=cache_dir)
    elif len(here) == 1:
        run = here[0]
    else:
        facts = [*sent, *(run.facts() for run in here)]
        run = Run.merge(suite, facts, cache_dir=cache_dir)
        for claim in suite.claims:
            tally = tallies.get(claim.node)
            if tally is not None and tally.has_verdict:
                # A worker that crashed later sent no facts, but left its evidence in the cache.
                try:
                    run.finding(claim)
                except NeurontestError as error:
                    run.notice(f"What was found of {claim.node} is not in this report: {error}")
    for text in lost:
        run.notice(text)
    seconds = {claim.node: run.seconds(claim) for claim in suite.claims}
    record = run.record(
        outcomes={
            node: Outcome(tally.outcome, tally.error, tally.duration + seconds.get(node, 0.0))
            for node, tally in tallies.items()
        }
    )
    return replace(record, warnings=(*record.warnings, *filter(None, [state.interrupted])))
