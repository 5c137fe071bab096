"""What the plugin knows of one pytest session: suites read, models named, runs begun, outcomes heard of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from neurontest.errors import Fault, NeurontestError
from neurontest.plugin.foreign import Guarded, our_words
from neurontest.plugin.keys import MOMENT_KEY
from neurontest.plugin.options import OPTIONS, Options
from neurontest.plugin.progress import ProgressLine, progress_line
from neurontest.plugin.tally import Tally

if TYPE_CHECKING:
    from neurontest.claims.suite import Suite
    from neurontest.plugin.tally import Stating
    from neurontest.run import Run
    from neurontest.run.since.against import Against
    from neurontest.settings.setting import Value
    from neurontest.types import ModelHandle

T = TypeVar("T")


def worker_name(config: pytest.Config) -> str:
    """Such as ``gw0``, or empty if this process is no worker of pytest-xdist."""
    told: dict[str, Any] = getattr(config, "workerinput", {})
    return str(told.get("workerid", ""))


def moment_of(config: pytest.Config) -> datetime:
    """What this run's chat templates take for now: in a worker, what the controller says."""
    told: dict[str, Any] = getattr(config, "workerinput", {})
    return datetime.fromisoformat(told[MOMENT_KEY]) if MOMENT_KEY in told else datetime.now()


def state_of(config: pytest.Config) -> State:
    """What is known of this session; begun by whoever asks first, which in most runs is nobody."""
    if STATE not in config.stash:
        worker = worker_name(config)
        config.stash[STATE] = State(config.stash[OPTIONS], progress_line(config, worker), worker, moment_of(config))
    return config.stash[STATE]


class State:
    """One for each process of a session.

    Attributes
    ----------
    options : Options
    progress : ProgressLine
    worker : str
        Name of the xdist worker that this process is, or empty.
    moment : datetime
    told : set of Fault
        Faults that a collector has already reported.
    collected, refused, silenced : set of Path
        Suites of which claims were collected; that could not be used, as a collector has reported; that could not be
        used, which a file of theirs left to another to report.
    planned : mapping from suite folder to list
        Nodes of the claims that are to run; empty before collection has ended.
    complaints : mapping from suite folder to str
        Why nothing is left of suites that were asked for.
    stopped : str
        What ended the session before its time; empty if nothing did.
    warnings : list of str
        What whoever started this session should know of it.
    outcomes : mapping from suite folder to mapping from claim node to Tally
    facts : mapping from suite folder to list
        What workers' runs sent at their end.
    lost : mapping from suite folder to list of str
        What they could not send, in sentences.
    early_facts : mapping from (suite folder, worker) to mapping
        What workers' runs had to tell by their last claim; of workers that have not sent theirs.
    workers : int
        Workers that sent something.
    stated : mapping from node id to list of (suite folder, claim)
        Claims that tests in Python stated in this process.
    stating : mapping from node id to Stating
        The tests that did, in all processes.
    against : Against or None
        The reference that the run is held against.
    errors : mapping from (id of a run, what was asked of it) to NeurontestError
        What failed, by whose answer nobody asks again; of nothing in particular where the model cannot be had.
    """

    def __init__(self, options: Options, progress: ProgressLine, worker: str, moment: datetime) -> None:
        self.options = options
        self.progress = progress
        self.worker = worker
        self.moment = moment
        self.told: set[Fault] = set()
        self.collected: set[Path] = set()
        self.refused: set[Path] = set()
        self.silenced: set[Path] = set()
        self.planned: dict[Path, list[str]] = {}
        self.complaints: dict[Path, str] = {}
        self.stopped = ""
        self.warnings: list[str] = []
        self.outcomes: dict[Path, dict[str, Tally]] = {}
        self.workers = 0
        self.stated: dict[str, list[tuple[str, Any]]] = {}
        self.stating: dict[str, Stating] = {}
        self.against: Against | None = None
        self.facts: dict[Path, list[Mapping[str, object]]] = {}
        self.lost: dict[Path, list[str]] = {}
        self.early_facts: dict[tuple[Path, str], Mapping[str, object]] = {}
        self._suites: dict[Path, Suite | NeurontestError] = {}
        self._handles: dict[tuple[str, Path | None], ModelHandle] = {}
        self._runs: dict[tuple[Path, int], tuple[object, Run | NeurontestError]] = {}
        self._default_model: ModelHandle | None = None
        self.errors: dict[tuple[int, str], NeurontestError] = {}

    def suite(self, folder: Path) -> Suite:
        """The suite in `folder`, read once.

        Raises
        ------
        NeurontestError
            If it cannot be used; the same error at every call.
        """
        if folder not in self._suites:
            from neurontest.spec.load import load_suite

            try:
                with our_words():
                    partial = self.against is not None and self.against.texts == "same"
                    self._suites[folder] = load_suite(folder, self._overrides, self.options.ini, partial=partial)
            except NeurontestError as error:
                self._suites[folder] = error
        found = self._suites[folder]
        if isinstance(found, NeurontestError):
            raise found.with_traceback(None)
        return found

    @property
    def _overrides(self) -> Mapping[str, Value]:
        """What wins over every spec: with the texts of the reference, if they are to be read."""
        if self.against is None or self.against.texts == "own":
            return self.options.overrides
        return {**self.options.overrides, "replay": str(self.against.folder)}

    def default_model(self) -> ModelHandle:
        """What the fixture ``concept_model`` gives where nobody overrides it: the first suite's model."""
        if self._default_model is None:
            suites = self.options.suites
            with our_words():
                self._default_model = self._handle(self.suite(suites[0]) if suites else None)
        return self._default_model

    def _handle(self, suite: Suite | None) -> ModelHandle:
        from neurontest.trace.models.named import model_named

        name = self.options.text("model") if suite is None else suite.model
        folder = None if suite is None or self.options.model_is_said else suite.folder
        if (name, folder) not in self._handles:
            self._handles[name, folder] = model_named(
                name,
                cache_dir=self.options.cache_dir,
                dtype=self.options.text("dtype"),
                device=self.options.text("device"),
                suite_folder=folder,
                progress=self.progress,
            )
        return self._handles[name, folder]

    def run(self, suite: Suite, model: object) -> Run:
        """The run of a suite on what the fixture ``concept_model`` gave.

        Raises
        ------
        NeurontestError
            If `model` is nothing that the fixture may give, or the suite cannot be planned.
        """
        key = (suite.folder, id(model))
        if key not in self._runs:
            try:
                with our_words():
                    found: Run | NeurontestError = self._begin(suite, model)
            except NeurontestError as error:
                found = error
            # The model is kept as well: its id must not become another's.
            self._runs[key] = (model, found)
        run = self._runs[key][1]
        if isinstance(run, NeurontestError):
            raise run.with_traceback(None)
        return run

    def _begin(self, suite: Suite, model: object) -> Run:
        from neurontest.run import Run

        if model is self._default_model:
            # The fixture knows of the first suite only; another suite may name another model.
            handle: ModelHandle = Guarded(self._handle(suite))
        else:
            from neurontest.trace.models.named import as_handle

            handle = Guarded(as_handle(model))
        settings: dict[str, Any] = {
            "cache_dir": self.options.cache_dir,
            "batch_size": self.options.number("batch_size"),
            "progress": self.progress,
            "moment": self.moment,
        }
        if self.against is not None:
            settings["against"] = self.against
        twin = None
        if self.options.text("salmon") == "on":
            from neurontest.trace.models.twin import RandomTwin

            twin = Run(suite, RandomTwin(handle, suite.generation.seed), **{**settings, "against": None})
        return Run(suite, handle, **settings, twin=twin)

    def runs(self, folder: Path) -> list[Run]:
        """The runs of a suite that this process has begun, but for those of which no model is known."""
        runs = (run for (of, _), (_, run) in self._runs.items() if of == folder)
        return [run for run in runs if not isinstance(run, NeurontestError) and _has_model(run)]


def _has_model(run: Run) -> bool:
    try:
        with our_words():
            return bool(run.model.fingerprint)
    except NeurontestError:
        return False


#: Everything the plugin knows of the running session; :func:`state_of` begins it.
STATE: pytest.StashKey[State] = pytest.StashKey()
