"""The command line: what can be done with a suite or a record without running pytest.

``neurontest init | check | plan | report | compare | bisect | accept | schema | models``
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from datetime import date
from difflib import get_close_matches
from importlib.resources import as_file, files
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from neurontest import __version__
from neurontest.errors import NeurontestError, SpecError, listing
from neurontest.settings import from_environment, resolve
from neurontest.untrusted import visible

if TYPE_CHECKING:
    from neurontest.gate.margin import Margin
    from neurontest.types import Suite


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit status: 0 if all is well, 1 if a suite has faults or a claim was lost, 2 if something went wrong.
    """
    said = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = said.command
    try:
        return command(said)
    except (NeurontestError, OSError) as error:
        _say(f"neurontest: {error}", sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="neurontest",
        description="Check and report on suites of concept specs; 'pytest --concept-specs DIR' runs them.",
    )
    parser.add_argument("--version", action="version", version=f"neurontest {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    init = commands.add_parser("init", help="Write a small suite to begin with")
    init.add_argument("folder", metavar="DIR", type=Path, help="Folder to write; must be new or empty")
    init.set_defaults(command=_init)

    check = commands.add_parser("check", help="Say what is wrong with a suite, and what a run of it would trace")
    check.add_argument("suite", metavar="SUITE", type=Path, help="Folder with a suite.yaml, or a .yaml file in it")
    check.set_defaults(command=_check)

    plan = commands.add_parser("plan", help="Say what effects a suite's claims can show, from its prompts as a pilot")
    plan.add_argument(
        "folder", metavar="SUITE", type=Path, help="Folder with a suite.yaml; four prompts a concept make a pilot"
    )
    plan.add_argument("--model", metavar="MODEL", help="Another model than the suite's")
    plan.add_argument(
        "--effect",
        metavar="EFFECT",
        help="Say how many prompts show an effect of this size, the smallest worth finding, in each claim's own unit",
    )
    plan.set_defaults(command=_plan)

    report = commands.add_parser("report", help="Draw the reports again from a record, or several side by side")
    report.add_argument(
        "records", metavar="RECORD.json", type=Path, nargs="+", help="What a run wrote; of several, claims by models"
    )
    report.add_argument("--out", metavar="DIR", type=Path, help="Folder to write to (default: the one record's)")
    report.add_argument("--csv", action="store_true", help="Write claims.csv, neurons.csv and overlaps.csv as well")
    report.add_argument(
        "--sarif", metavar="FOLDER", help="Also write claims.sarif; FOLDER: the suite's, as seen from the repository"
    )
    report.set_defaults(command=_report)

    compare = commands.add_parser("compare", help="Say which claims of a reference survived in another; needs no model")
    compare.add_argument("reference", metavar="REF", help="Folder of a reference, or git:REVISION:FOLDER")
    compare.add_argument("new", metavar="NEW", help="The same, of the changed model")
    compare.add_argument("--margin", metavar="MARGIN", help="What may be lost of an effect (default: 50%%)")
    compare.set_defaults(command=_compare)

    bisect = commands.add_parser("bisect", help="Say at which of several checkpoints a claim was lost")
    bisect.add_argument(
        "claim", metavar="CLAIM", help="As pytest names it: concept_specs/geography.yaml::hanoi-vietnam"
    )
    bisect.add_argument("--good", metavar="MODEL", required=True, help="A checkpoint at which it holds")
    bisect.add_argument("--bad", metavar="MODEL", required=True, help="A later one, at which it is weakened or lost")
    bisect.add_argument(
        "--among",
        metavar="WHERE",
        help="Folder of checkpoints, by name; file with one a line; or models or revisions of the hub, separated by"
        " commas (default: the folder that both lie in)",
    )
    bisect.add_argument("--reference", metavar="REF", help="Hold against this one, not one recorded of the good one")
    bisect.add_argument("--margin", metavar="MARGIN", help="What may be lost of the effect (default: 50%%)")
    bisect.add_argument("--neurons", choices=("number", "match"), default="number", help="As --concept-against-neurons")
    bisect.add_argument(
        "--checks", type=int, default=1, metavar="N", help="Others looked at on either side of it (default: 1)"
    )
    bisect.set_defaults(command=_bisect)

    accept = commands.add_parser("accept", help="Accept what became of a claim: a run against the reference passes it")
    accept.add_argument("reference", metavar="REF", type=Path, help="Folder of the reference; accepted.yaml is written")
    accept.add_argument("--claim", metavar="FILE::ID", required=True, help="Such as geography.yaml::hanoi-vietnam")
    accept.add_argument("--reason", metavar="TEXT", required=True, help="Why; everyone who reads the reference sees it")
    accept.add_argument("--until", metavar="DATE", help="The last day on which it counts, such as 2027-03-31")
    accept.set_defaults(command=_accept)

    schema = commands.add_parser("schema", help="Print the JSON Schema of spec files, or of records")
    schema.add_argument("of", nargs="?", choices=("suite", "record"), default="suite", help="(default: suite)")
    schema.set_defaults(command=_schema)

    models = commands.add_parser("models", help="List the models that can be named, or fetch one")
    models.add_argument("action", nargs="?", choices=("list", "fetch"), default="list", help="(default: list)")
    models.add_argument("name", nargs="?", metavar="NAME", help="Model to fetch: built-in, or hub:org/name@revision")
    models.set_defaults(command=_models)
    return parser


def _init(said: argparse.Namespace) -> int:
    folder: Path = said.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is not empty" if folder.is_dir() else "is a file"
        raise NeurontestError(f"{folder} {what}; name a folder that is new or empty")
    with as_file(files("neurontest") / "starter") as starter:
        shutil.copytree(starter, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    _say(f"{folder} holds a suite now: read {folder / 'suite.yaml'}, then run 'pytest --concept-specs {folder}'")
    return 0


def _check(said: argparse.Namespace) -> int:
    from neurontest.checking import check, would_trace

    found = check(said.suite)
    for warning in found.suite.warnings if found.suite else ():
        _say(f"warning: {warning}")
    if found.faults:
        _say(listing(found.faults))
    if found.elsewhere:
        other = "1 fault" if found.elsewhere == 1 else f"{found.elsewhere:,} faults"
        _say(f"{other} in other files of the suite: neurontest check {said.suite.parent}")
    if found.suite is None or found.faults or found.elsewhere:
        return 1
    own = [family for family in found.suite.families if family.file == said.suite.name and said.suite.is_file()]
    part = f"{_plural(len(own[0].claims), 'claim')} of a suite that has " if own else ""
    _say(_fitted(f"{said.suite}: {part}{_contents(found.suite)}"))
    settings = (("trace", found.suite.generation), ("neurons", found.suite.selection))
    for name, chosen in (*settings, ("statistics", found.suite.statistics)):
        # A setting that is None is decided from the others.
        said_so = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(chosen).items()}
        shown = ", ".join(f"{key}: {value}" for key, value in said_so.items() if value is not None)
        _say(_fitted(f"  {name}: {{{shown}}}"))
    _say(_fitted(f"  {would_trace(found.suite)}"))
    return 0


def _fitted(line: str) -> str:
    """A line that a terminal's width breaks between words."""
    if not sys.stdout.isatty():
        return line
    width = shutil.get_terminal_size().columns
    return textwrap.fill(line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _contents(suite: Suite) -> str:
    prompts = sum(len(concept.prompts) for concept in suite.concepts.values())
    neutral = len(suite.baseline.prompts) if suite.baseline else 0
    return (
        f"{_plural(len(suite.claims), 'claim')} in {_plural(len(suite.families), 'file')}, "
        f"{_plural(len(suite.concepts), 'concept')} with {_plural(prompts, 'prompt')}, {neutral} in the baseline, "
        f"model {suite.model}"
    )


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _effect(said: str | None) -> float | None:
    """Read the effect that a plan is made for.

    Raises
    ------
    NeurontestError
        If it is no number above 0.
    """
    if said is None:
        return None
    try:
        effect = float(said)
    except ValueError:
        effect = 0.0
    if not 0 < effect < inf:
        raise NeurontestError(f"--effect must be a number above 0, not {said!r}: the smallest effect worth finding")
    return effect


def _plan(said: argparse.Namespace) -> int:
    from neurontest.run import Run
    from neurontest.run.planning import plan_suite, table
    from neurontest.spec.load import load_suite
    from neurontest.trace.models import resolve as find

    effect = _effect(said.effect)
    try:
        suite = load_suite(said.folder, {"model": said.model}, pilot=True)
    except SpecError as error:
        _say(str(error))
        return 1
    cache_dir = _cache_dir()
    handle = find(
        suite.model,
        cache_dir=cache_dir,
        dtype=str(resolve("dtype", [])),
        device=str(resolve("device", [])),
        suite_folder=None if said.model else suite.folder,
        progress=_tell,
    )
    for line in table(plan_suite(Run(suite, handle, cache_dir=cache_dir, progress=_tell)), effect):
        _say(line)
    return 0


def _cache_dir() -> Path:
    from neurontest.run import default_cache_dir

    try:
        return Path(str(from_environment().get("cache_dir") or default_cache_dir()))
    except ValueError as error:
        raise NeurontestError(f"an environment variable NEURONTEST_* is wrong: {error}") from None


def _report(said: argparse.Namespace) -> int:
    from neurontest.report.files import redraw

    for path in redraw(said.records, said.out, said.sarif, tables=said.csv):
        _say(str(path))
    return 0


def _compare(said: argparse.Namespace) -> int:
    from neurontest.report.drift import drift_lines
    from neurontest.report.since import fails_gate, since_counts, since_heading, since_lines, since_rows, since_table
    from neurontest.run.against import Against
    from neurontest.run.between import held_against

    here, cache_dir = Path.cwd(), _cache_dir()
    against = Against.read(said.reference, here, cache_dir=cache_dir, today=date.today(), margin=_margin(said))
    record = held_against(said.new, here, against, cache_dir)
    _say(since_heading(record))
    rows = since_rows(record)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in since_table(rows, width) if rows else ():
        _say(line)
    for line in drift_lines(record, width):
        _say(line)
    for _, line in since_lines(record):
        _say(line)
    if all(row.status == "incomparable" for row in rows):
        raise NeurontestError(f"nothing of {said.new} can be compared with {said.reference}")
    _say(since_counts(record))
    return int(any(fails_gate(record, claim) for claim in record.claims))


def _bisect(said: argparse.Namespace) -> int:
    from neurontest.run.bisect import Asked, Bisection
    from neurontest.run.checkpoints import checkpoints

    names = checkpoints(said.good, said.bad, said.among)
    asked = Asked.node(
        said.claim,
        cache_dir=_cache_dir(),
        dtype=str(resolve("dtype", [])),
        device=str(resolve("device", [])),
        margin=_margin(said),
        neurons=said.neurons,
        reference=said.reference,
        checks=max(0, said.checks),
    )
    search = Bisection(asked, names, _say, _tell)
    found = search.search()
    for line in search.concluded(found):
        _say(line)
    return int(not found.exact or bool(found.against))


def _margin(said: argparse.Namespace) -> Margin:
    from neurontest.gate.margin import Margin

    try:
        return Margin.of(said.margin or str(resolve("margin", [])))
    except ValueError as error:
        raise NeurontestError(f"--margin: {error}") from None


def _accept(said: argparse.Namespace) -> int:
    from neurontest.gate.accepted import FILE, Acceptance, read_accepted, write_accepted
    from neurontest.gate.reference.folder import RECORD, read_reference
    from neurontest.report.record import load_record

    folder: Path = said.reference
    read_reference(folder)
    known = [f"{claim.family}::{claim.id}" for claim in load_record(folder / RECORD).claims]
    if said.claim not in known:
        near = get_close_matches(said.claim, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known[:10])}"
        raise NeurontestError(f"the reference {folder} has no claim {said.claim!r}; {hint}")
    if not said.reason.strip():
        raise NeurontestError("--reason must say why: everyone who reads the reference sees it")
    today = date.today()
    try:
        until = date.fromisoformat(said.until) if said.until is not None else None
    except ValueError:
        raise NeurontestError(f"--until must be a date such as 2027-03-31, not {said.until!r}") from None
    if until is not None and until < today:
        raise NeurontestError(f"--until {until} is over: such an acceptance would count for nothing")
    accepted = Acceptance(said.claim, said.reason.strip(), until, today)
    write_accepted(folder, [*read_accepted(folder), accepted])
    _say(f"{folder / FILE}: {said.claim} is accepted{f' until {until}' if until else ''}: {accepted.reason}")
    return 0


def _schema(said: argparse.Namespace) -> int:
    if said.of == "record":
        from neurontest.report.record import record_schema

        print(json.dumps(record_schema(), indent=2, ensure_ascii=False))
    else:
        from neurontest.spec.schema import text

        print(text(), end="")
    return 0


def _models(said: argparse.Namespace) -> int:
    from neurontest.trace import builtin, convert, factory, hub
    from neurontest.trace.models import resolve as find

    cache_dir = _cache_dir()
    if (said.action == "fetch") != (said.name is not None):
        raise NeurontestError("say 'neurontest models', or 'neurontest models fetch NAME'")
    name = said.name or builtin.NAME
    if name != builtin.NAME and not name.startswith(hub.PREFIX):
        raise NeurontestError(f"{name!r} cannot be fetched; valid: {builtin.NAME}, {hub.FORM}")
    dtype, device = str(resolve("dtype", [])), str(resolve("device", []))
    model = find(name, cache_dir=cache_dir, dtype=dtype, device=device, suite_folder=None, progress=_tell)
    if said.action == "fetch":
        model.load()  # which fetches and converts it once, and shows that it can be loaded
    if name != builtin.NAME:
        _say(f"{model.name}: in {hub.parse(name).cached()}")
        return 0
    there = convert.home(cache_dir, model.fingerprint).is_dir()
    _say(f"{model.name}: {'in' if there else 'not yet in'} the cache {cache_dir}")
    if said.action == "list":
        _say(f"also: {hub.FORM}, a folder with safetensors, a .gguf file")
        _say(f"and, on the command line, in the ini file or a conftest.py alone: {factory.FORM}")
    return 0


def _say(text: str, to: TextIO | None = None) -> None:
    """Print a text, which may hold names and words from elsewhere: none of them steers the terminal."""
    to = sys.stdout if to is None else to
    said, encoding = visible(text), to.encoding or "utf-8"
    print(said.encode(encoding, "backslashreplace").decode(encoding), file=to)


class _Teller:
    """Progress on stderr: a line when something begins, and then every few seconds."""

    _EVERY = 5.0

    def __init__(self) -> None:
        self._what, self._told = "", 0.0

    def __call__(self, what: str, done: int, total: int, detail: str) -> None:
        now = time.monotonic()
        if what == self._what and now - self._told < self._EVERY:
            return
        self._what, self._told = what, now
        _say(f"{what} {done:,} of {total:,}" + (f", {detail}" if detail else ""), sys.stderr)


_tell = _Teller()
