"""A suite in Python, for notebooks and scripts: its neuron sets, overlaps, activations, claims and record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from neurontest.errors import EvidenceError, StoreError, TraceError
from neurontest.settings import BY_NAME, from_environment, resolve
from neurontest.settings.setting import Value
from neurontest.text import together
from neurontest.types import silent

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from neurontest.claims.suite import Suite
    from neurontest.run import Run
    from neurontest.types import Finding, NeuronSet, OverlapMatrix, Record

#: Begins the run of a suite on the model.
Begin = Callable[["Suite"], "Run"]
#: Settings of a run that hold here as well; the others are of a session of pytest.
_OF_A_RUN = ("device", "dtype", "batch_size")
#: What becomes of a claim that is expected not to hold, if it does not and if it does.
_XFAIL = ("xfailed", "xpassed")


def open_suite(
    folder: str | PathLike[str],
    *,
    model: object = None,
    cache_dir: str | PathLike[str] | None = None,
    **settings: object,
) -> OpenSuite:
    """Open the suite in a folder.

    Nothing is traced until something is asked for, and then only what the cache lacks: the same cache as that of
    ``pytest --concept-specs``.

    Parameters
    ----------
    folder : str or path-like
        Holds a ``suite.yaml``.
    model : str, handle, or (model, tokenizer) of transformers, optional
        By default the one that the suite names.
    cache_dir : str or path-like, optional
        By default that of the variable ``NEURONTEST_CACHE_DIR``, or the user's cache folder of this program.
    **settings
        Of docs/settings.md, by name, such as ``k=50``: they win over the suite's.

    Returns
    -------
    OpenSuite

    Raises
    ------
    SpecError
        If the suite has faults; four prompts a concept are enough to look at it, and :meth:`OpenSuite.record` asks
        for what each claim needs.
    TypeError
        If there is no such setting, or it says nothing here.
    ValueError
        If it cannot have that value.
    ModelError
        If there is no such model.

    Examples
    --------
    >>> import neurontest
    >>> suite = neurontest.open("concept_specs")  # doctest: +SKIP
    >>> suite.check("hanoi overlaps vietnam more than violent").verdict.name  # doctest: +SKIP
    'holds'
    """
    from neurontest.run import Run, default_cache_dir
    from neurontest.spec.load import load_suite
    from neurontest.trace.models.named import as_handle, model_named

    named = isinstance(model, str)
    said: dict[str, Any] = {name: _value(name, value) for name, value in settings.items()}
    said |= {"model": model} if named else {}
    layers = (said, from_environment())
    cache = Path(fspath(cache_dir or str(resolve("cache_dir", layers) or default_cache_dir())))
    if model is None or named:
        device, dtype = (str(resolve(name, layers)) for name in ("device", "dtype"))
    elif given := sorted({"device", "dtype"} & said.keys()):
        raise TypeError(f"a model that is given is on its device and of its dtype; leave out {together(given)}")

    def load(*, pilot: bool) -> Suite:
        return load_suite(Path(fspath(folder)), said, pilot=pilot)

    suite = load(pilot=True)
    if model is None or named:
        # A person may name what a suite may not.
        own = None if named else suite.folder
        handle = model_named(
            suite.model, cache_dir=cache, dtype=dtype, device=device, suite_folder=own, progress=silent
        )
    else:
        handle = as_handle(model)
    batch_size = int(str(resolve("batch_size", layers)))
    return OpenSuite(suite, lambda one: Run(one, handle, cache_dir=cache, batch_size=batch_size), load)


def _value(name: str, value: object) -> Value:
    """A setting's value, checked: nothing else does, of what no spec and no command line has said."""
    setting = BY_NAME.get(name)
    if setting is None or name in ("model", "cache_dir"):
        raise TypeError(f"there is no setting {name}; docs/settings.md lists them")
    if setting.section == "run" and name not in _OF_A_RUN:
        raise TypeError(f"{name} is a setting of a session of pytest alone")
    found: Any = str(fspath(value)) if isinstance(value, PathLike) else value
    found = tuple(found) if isinstance(found, list) else found
    if setting.type is float and isinstance(found, int) and not isinstance(found, bool):
        found = float(found)
    right = (
        isinstance(found, tuple) and all(type(one) is setting.type for one in found)
        if setting.many
        else type(found) is setting.type
    )
    if not right or not setting.admits(found):
        raise ValueError(f"{name} must be {setting.valid()}, not {value!r}")
    return found  # type: ignore[no-any-return]


@dataclass(frozen=True)
class ConceptActivations:
    """What the prompts of a concept activate, at the suite's own selection and without normalization.

    Attributes
    ----------
    values : float32 array [prompt, layer, neuron]
        Averaged over positions and samples.
    prompts : tuple of str
        The texts of the first axis.
    concept, site : str
    positions : str
        Over which the values are averaged, in words.
    """

    values: npt.NDArray[np.float32]
    prompts: tuple[str, ...]
    concept: str
    site: str
    positions: str

    #: The names of the axes of `values`.
    axes = ("prompt", "layer", "neuron")

    def to_frame(self) -> Any:
        """A pandas DataFrame: a row a prompt, a column a neuron, named as in reports: ``L11.residual[756]``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd  # type: ignore[import-untyped, unused-ignore]

        _, layers, width = self.values.shape
        names = [f"L{layer}.{self.site}[{index}]" for layer in range(layers) for index in range(width)]
        flat = self.values.reshape(len(self.prompts), -1)
        return pd.DataFrame(flat, index=pd.Index(self.prompts, name="prompt"), columns=pd.Index(names, name="neuron"))


class Load(Protocol):
    """Reads the suite; of a pilot, few prompts are no fault."""

    def __call__(self, *, pilot: bool) -> Suite:
        """Read it."""


class OpenSuite:
    """A suite and its model; :func:`neurontest.open` makes one.

    Attributes
    ----------
    suite : Suite
        What the spec says: concepts, prompts, settings, claims.
    run : Run
        The stages themselves, for what has no method here.
    """

    def __init__(self, suite: Suite, begin: Begin, load: Load) -> None:
        self.suite, self.run = suite, begin(suite)
        self._begin, self._load = begin, load

    def __repr__(self) -> str:
        concepts = together(list(self.suite.concepts)) or "no concepts"
        return f"<neurontest suite {self.suite.folder}: {concepts}; model {self.run.model_name}>"

    @property
    def concepts(self) -> tuple[str, ...]:
        """The names of the concepts."""
        return tuple(self.suite.concepts)

    def sets(self, concept: str) -> NeuronSet:
        """The neuron set of a concept at the suite's own selection.

        Raises
        ------
        EvidenceError
            If there is no such concept, or it is a published set, of which nothing is traced.
        NeurontestError
            If the model cannot be had, or not be traced.
        """
        return self.run.sets(self._known(concept))

    def overlaps(self) -> tuple[OverlapMatrix, ...]:
        """What every two concepts share, at the suite's own selection, raw and normalized: descriptive, no test.

        Raises
        ------
        NeurontestError
            As :meth:`sets`.
        """
        return self.run.overlaps()

    def activations(self, concept: str) -> ConceptActivations:
        """What the prompts of a concept activate, at the suite's own site and positions, not normalized.

        Raises
        ------
        EvidenceError, NeurontestError
            As :meth:`sets`.
        """
        from neurontest.report.text.wording import positions

        found, selection = self.run.activations(self._known(concept)), self.suite.selection
        prompts = self.suite.concepts[concept].prompts
        values = found.values.reshape(len(prompts), found.layers, found.width)
        return ConceptActivations(values, prompts, concept, selection.site, positions(selection))

    def check(self, claim: str | Mapping[str, object]) -> Finding:
        """Evidence and verdict of a claim that is stated here: a family of its own, whose p-value is not corrected.

        Of claims that stand in the suite's files :meth:`record` has the verdicts, each corrected over its file.

        Parameters
        ----------
        claim : str or mapping
            A sentence, or the mapping form, as in a spec.

        Raises
        ------
        SpecError
            If it is no valid claim of this suite.
        NeurontestError
            If the model cannot be had, or the traces cannot answer it.
        """
        return self.run.check(claim)[1]

    def record(self) -> Record:
        """Test all claims of the suite's files, and give the record that every report is drawn from.

        It is what ``pytest --concept-specs`` writes, but for what pytest alone knows. Of a file whose claims cannot be
        tested, the record of each says why.

        Raises
        ------
        SpecError
            If concepts have too few prompts for some claim.
        ModelError
            If the model cannot be had.
        """
        from neurontest.run import Outcome

        suite = self._load(pilot=False)
        run = self._begin(suite)
        outcomes = {one.node: Outcome("skipped") for one in suite.claims if one.skip is not None}
        for family in suite.families:
            try:
                findings = run.findings(family)
            except (EvidenceError, StoreError, TraceError) as error:
                outcomes |= {one.node: Outcome("error", f"{error}") for one in family.tested}
                continue
            for one in family.tested:
                holds, expected = findings[one.id].verdict.name == "holds", one.xfail_on(run.model_name) is None
                outcomes[one.node] = Outcome(("passed" if holds else "failed") if expected else _XFAIL[holds])
            for what, look in (("with prompts dealt at random", run.vacuity), ("in its repeats", run.repeats)):
                try:
                    look(family)
                except (EvidenceError, StoreError, TraceError) as error:
                    run.notice(f"{family.file}: what becomes of its claims {what} is not known: {error}")
        return run.record(outcomes=outcomes)

    def _known(self, concept: str) -> str:
        if concept not in self.suite.concepts:
            raise EvidenceError(f"the suite has no concept {concept!r}; it has {together(list(self.concepts))}")
        return concept
