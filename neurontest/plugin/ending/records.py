"""The end of a session: outcomes become records, records become files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from neurontest.errors import NeurontestError, SpecError
from neurontest.plugin import asking
from neurontest.plugin.ending import github
from neurontest.plugin.ending.written import Written
from neurontest.plugin.items.stated import stated_of
from neurontest.plugin.outcomes import error_text
from neurontest.report import BADGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from neurontest.plugin.state import State
    from neurontest.run import Outcome, Run
    from neurontest.types import Record


def write_records(state: State, asked: Iterable[Path]) -> list[Written]:
    """Write the reports of every suite that this session had to do with.

    Parameters
    ----------
    state : State
    asked : iterable of Path
        Suites that the session was to collect.
    """
    concerned = {*state.outcomes, *state.planned, *state.refused, *state.complaints}
    concerned |= {suite for stating in state.stating.values() for suite, _ in stating.claims.values()}
    if state.stopped and not state.planned:
        concerned |= set(asked)
    return [
        _write(state, suite, folder)
        for suite, folder in report_folders(state.options.suites, state.options.report).items()
        if suite in concerned
    ]


def clear(state: State) -> None:
    """Remove what an earlier run wrote about the suites of which claims are to run: this one may not get to its end."""
    report = state.options.report
    folders = report_folders(state.options.suites, report)
    # With several suites, a run of one alone has left its own above theirs.
    for folder in {report, *(folders[suite] for suite in state.planned if suite in folders)} if state.planned else ():
        ours = {folder / name: mark for name, mark in _MARKS.items()}
        for end in (".svg", ".json"):
            ours |= dict.fromkeys((folder / BADGES).glob(f"*{end}"), _MARKS[f"badge{end}"])
        for path, mark in ours.items():
            try:
                if _begins_with(path, mark):
                    path.unlink()
            except OSError as error:
                state.warnings.append(f"{path} is of an earlier run, and cannot be removed: {error.strerror}")


#: The reports, and what shows in their first bytes that they are ours.
_MARKS = {
    "record.json": b'"neurontest":',
    "report.html": b'<meta name="generator" content="neurontest',
    "junit.xml": b'<testsuites name="neurontest"',
    "summary.md": b"### Concept claims of ",
    "badge.svg": b'class="neurontest"',
    "badge.json": b'"label": "concept claims"',
    "claims.sarif": b'"name": "neurontest"',
    # What `neurontest report --csv` has written beside them.
    "claims.csv": b"file,line,id,test,kind,claim,verdict,",
    "neurons.csv": b"concept,site,positions,normalize,",
    "overlaps.csv": b"site,select,k,identity,",
}


def _begins_with(path: Path, mark: bytes) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return mark in file.read(1000)


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


def _write(state: State, suite: Path, folder: Path) -> Written:
    from neurontest.report.files import write_reports

    # Whatever goes wrong here, even a fault of the program: the session's own results must still be shown.
    try:
        (record, run), warning = _record(state, suite), ""
    except Exception as error:
        warning = f"no evidence in the report on {suite.name}: {error_text(error)}"
        record, run = _bare(state, suite), None
    record = replace(
        record,
        warnings=(*record.warnings, *state.warnings, *state.lost.get(suite, ()), *_unfinished(state, suite, record)),
        errors=tuple(dict.fromkeys([*record.errors, *_errors(state, suite)])),
    )
    try:
        asked, told = state.options.text("sarif") == "on", [warning] if warning else []
        paths = write_reports(record, folder, github.from_repository(suite) if asked else None, told.append)
        return Written(suite, record, paths, warning="; ".join(told), run=run)
    except Exception as error:
        return Written(suite, record, warning=f"no report in {folder}: {error_text(error)}")


def _record(state: State, folder: Path) -> tuple[Record, Run | None]:
    from neurontest.run import Run

    here = state.runs(folder)
    sent = [*state.facts.get(folder, []), *(told for (of, _), told in state.early_facts.items() if of == folder)]
    tallies = state.outcomes.get(folder, {})
    if not here and not sent:
        return _bare(state, folder), None
    suite = state.suite(folder)
    if len(here) == 1 and not sent:
        run = here[0]
    else:
        facts = [*sent, *(run.facts() for run in here)]
        run = Run.merge(suite, facts, cache_dir=state.options.cache_dir, against=state.against)
        for claim in suite.claims:
            tally = tallies.get(claim.node)
            if tally is not None and tally.has_verdict:
                # A worker that crashed later sent no facts, but left its evidence in the cache.
                try:
                    run.finding(claim)
                    asking.comparison(state, run, claim)
                except NeurontestError as error:
                    run.notice(f"What was found of {claim.node} is not in this report: {error}")
    seconds = {claim.node: run.seconds(claim) for claim in suite.claims}
    return run.record(outcomes=_outcomes(state, folder, seconds), stated=stated_of(state, folder)), run


def _bare(state: State, folder: Path) -> Record:
    """A record that says what was asked, and nothing that was found."""
    from neurontest.run import bare_record

    try:
        suite = state.suite(folder)
    except NeurontestError:
        return bare_record(folder, None, state.options.text("model"), {})
    return bare_record(folder, suite, suite.model, _outcomes(state, folder, {}))


def _outcomes(state: State, folder: Path, seconds: Mapping[str, float]) -> dict[str, Outcome]:
    from neurontest.run import Outcome

    tallies = state.outcomes.get(folder, {})
    out = {
        node: Outcome(tally.outcome, tally.error, tally.duration + seconds.get(node, 0.0), tally.has_verdict)
        for node, tally in tallies.items()
    }
    if state.stopped and not _is_meant(state):
        for node in state.planned.get(folder, ()):
            if node not in out or not out[node].outcome:
                out[node] = Outcome("error", f"not run: {state.stopped}", judged=False)
    return out


def _errors(state: State, folder: Path) -> list[str]:
    """Why the claims of a suite were not run, or not all of them."""
    out = []
    if folder in state.refused:
        try:
            state.suite(folder)
        except SpecError as error:
            out += [str(fault) for fault in error.faults]
        except NeurontestError as error:
            out.append(str(error))
    if folder in state.complaints:
        out.append(state.complaints[folder])
    elif state.stopped and not _is_meant(state):
        out.append(f"the run did not get to its end: {state.stopped}")
    return out


def _unfinished(state: State, folder: Path, record: Record) -> list[str]:
    """What the record lacks, of claims that were to be run, or were."""
    planned, run = state.planned.get(folder, []), state.outcomes.get(folder, {})
    out = []
    left = len(set(planned) - set(run))
    if left and _is_meant(state):
        out.append(f"{left} of {len(planned)} claims were not run: {state.stopped}")
    found = {f"{claim.family}::{claim.id}" for claim in record.claims if claim.evidence is not None}
    lost = sorted(node for node, tally in run.items() if tally.verdict and tally.has_verdict and node not in found)
    if lost:
        out.append(f"the evidence of {', '.join(lost)} is not in this report; run the suite again")
    unheard = {one.test for one in stated_of(state, folder)} - {claim.test for claim in record.claims}
    if unheard and not record.model.fingerprint:
        out.append(f"what {', '.join(sorted(unheard))} stated is not in this report; run them again")
    return out


def _is_meant(state: State) -> bool:
    """Whether the session stopped because it was told to stop at failures."""
    return state.stopped.startswith("stopping after")
