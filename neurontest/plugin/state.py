"""What the plugin knows of one pytest session: suites read, models named, runs begun, outcomes heard of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from neurontest.errors import Fault, ModelError, NeurontestError, SpecError
from neurontest.plugin.keys import MOMENT_KEY, OPTIONS, STATE
from neurontest.plugin.outcomes import ForeignError, Tally
from neurontest.plugin.progress import ProgressLine, progress_line

if TYPE_CHECKING:
    import pytest

    from neurontest.plugin.options import Options
    from neurontest.run import Run
    from neurontest.types import Claim, Family, Finding, ModelHandle, Suite

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
    outcomes : mapping from suite folder to mapping from claim node to Tally
    facts : mapping from suite folder to list
        What workers' runs sent.
    lost : mapping from suite folder to list of str
        What they could not send, in sentences.
    workers : int
        Workers that sent something.
    collected, kept : mapping from suite folder to int
        Its claims that were collected, and those that no ``-k`` and no plugin took away again.
    interrupted : str
        What ended the session early, if anything did.
    """

    def __init__(self, options: Options, progress: ProgressLine, worker: str, moment: datetime) -> None:
        self.options = options
        self.progress = progress
        self.worker = worker
        self.moment = moment
        self.told: set[Fault] = set()
        self.outcomes: dict[Path, dict[str, Tally]] = {}
        self.workers = 0
        self.collected: dict[Path, int] = {}
        self.kept: dict[Path, int] = {}
        self.interrupted = ""
        self.facts: dict[Path, list[Mapping[str, object]]] = {}
        self.lost: dict[Path, list[str]] = {}
        self._suites: dict[Path, Suite | NeurontestError] = {}
        self._handles: dict[tuple[str, Path | None], ModelHandle] = {}
        # The model is kept as well: its id must not become another's.
        self._runs: dict[tuple[Path, int], tuple[object, Run]] = {}
        self._unmade: dict[tuple[Path, int], tuple[object, NeurontestError]] = {}
        self._default_model: ModelHandle | None = None
        self._errors: dict[tuple[int, str], NeurontestError] = {}

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
                self._suites[folder] = load_suite(folder, self.options.overrides, self.options.ini)
            except NeurontestError as error:
                self._suites[folder] = error
        found = self._suites[folder]
        if isinstance(found, NeurontestError):
            raise found.with_traceback(None)
        return found

    def faults(self, folder: Path) -> tuple[Fault, ...]:
        """What is wrong with the suite in `folder`, so that none of its claims can be tested."""
        try:
            self.suite(folder)
        except SpecError as error:
            return error.faults
        return ()

    def default_model(self) -> ModelHandle:
        """What the fixture ``concept_model`` gives where nobody overrides it: the first suite's model."""
        if self._default_model is None:
            suites = self.options.suites
            self._default_model = self._handle(self.suite(suites[0]) if suites else None)
        return self._default_model

    def _handle(self, suite: Suite | None) -> ModelHandle:
        from neurontest.trace.models import resolve

        name = self.options.text("model") if suite is None else suite.model
        folder = None if suite is None or self.options.model_is_said else suite.folder
        if (name, folder) not in self._handles:
            self._handles[name, folder] = resolve(
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
        ModelError
            If `model` is nothing that the fixture may give.
        """
        key = (suite.folder, id(model))
        if key in self._unmade:
            raise self._unmade[key][1].with_traceback(None)
        if key not in self._runs:
            try:
                self._runs[key] = model, self._begun(suite, model)
            except NeurontestError as error:
                # What takes minutes to fail, such as a factory, is not asked again claim by claim.
                self._unmade[key] = model, error
                raise
        return self._runs[key][1]

    def _begun(self, suite: Suite, model: object) -> Run:
        from neurontest.run import Run

        if model is self._default_model:
            # The fixture knows of the first suite only; another suite may name another model.
            handle = self._handle(suite)
        else:
            from neurontest.trace.models import as_handle

            handle = as_handle(model)
        settings: dict[str, Any] = {
            "cache_dir": self.options.cache_dir,
            "batch_size": self.options.number("batch_size"),
            "progress": self.progress,
            "moment": self.moment,
        }
        twin = None
        if self.options.text("salmon") == "on":
            from neurontest.trace.twin import RandomTwin

            twin = Run(suite, RandomTwin(handle, suite.generation.seed), **settings)
        return Run(suite, handle, **settings, twin=twin)

    def finding(self, run: Run, claim: Claim) -> Finding:
        """The finding of a claim.

        A family that failed once fails in the same words for its other claims, and a model that cannot be loaded for
        all of them: a minute of waiting for the network is not repeated claim by claim.

        Raises
        ------
        NeurontestError
            If there is none.
        """
        return self._once(run, claim.where.file, lambda: run.finding(claim))

    def elsewhere(self, run: Run, family: Family, *, vacuity: bool) -> None:
        """Look how the claims of a family fare where concepts mean nothing, if the session asks for it.

        Parameters
        ----------
        vacuity : bool
            Whether to deal the prompts at random, beside what the twin of the model says.

        Raises
        ------
        NeurontestError
            If that cannot be told; the same error at every call.
        """

        def look() -> None:
            if vacuity:
                run.vacuity(family)
            for claim in family.tested:
                run.salmon(claim)

        self._once(run, family.file, look)

    def _once(self, run: Run, file: str, ask: Callable[[], T]) -> T:
        """What `ask` gives; an error of it, or one of the model, is raised again at every later call."""
        model, family = (id(run), ""), (id(run), file)
        for key in (model, family):
            if key in self._errors:
                raise self._errors[key].with_traceback(None)
        try:
            return ask()
        except NeurontestError as error:
            self._errors[model if isinstance(error, ModelError) else family] = error
            raise
        except Exception as error:  # of a library, a model's own code or this program: it would come again
            self._errors[family] = ForeignError(error)
        raise self._errors[family].with_traceback(None)

    def runs(self, folder: Path) -> list[Run]:
        """The runs of a suite that this process has begun, but for those whose model cannot be had."""
        return [run for (of, _), (_, run) in self._runs.items() if of == folder and (id(run), "") not in self._errors]
