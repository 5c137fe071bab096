"""The record: the versioned JSON of a whole run. Every report is drawn from it alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from neurontest.types.drift import ConceptDrift
from neurontest.types.evidence import Evidence
from neurontest.types.gate import Comparison, ReferenceRecord, Rewritten
from neurontest.types.neurons import NeuronSet, OverlapMatrix, PublishedNeuron
from neurontest.types.repeat import Repeat
from neurontest.types.sections import Generation, Look, Selection, Statistics
from neurontest.types.spec import Location
from neurontest.types.tokens import TokensRecord
from neurontest.types.trace import Continuation
from neurontest.types.verdict import Vacuity, Verdict

RECORD_VERSION = 1


@dataclass(frozen=True)
class ClaimRecord:
    """One claim of the suite and what was found.

    Attributes
    ----------
    verdict : str
        ``holds``, ``refuted``, ``inconclusive``; ``skipped`` if the spec marks it so; ``not evaluated`` if its family
        was not run or an error came in between.
    selected : bool
        Whether this run was asked about it; the exit status comes from the selected ones.
    outcome : str
        What pytest made of it: ``passed``, ``failed``, ``skipped``, ``xfailed``, ``xpassed``, ``error`` or empty.
    error : str
        Why there is no evidence, if there is none though it was asked for.
    vacuity : Vacuity or None
        How it fared where concepts mean nothing; None if that was not looked at.
    salmon : float or None
        The unadjusted p-value on a twin of the model with random weights; None if there was none.
    test : str
        The pytest node id of the test in Python that stated the claim; empty if a spec file did.
    session : Verdict or None
        Of a claim that a test in Python stated: its verdict corrected over all claims that tests of the session stated.
        `verdict` and `judgement` are what the test passed or failed by, and uncorrected. None if its suite corrects
        nothing.
    repeats : tuple of Repeat
        What became of it with other texts, and with other baselines; empty if the suite says none.
    against : Comparison or None
        What became of it since a reference; None if the run was held against none.
    """

    id: str
    family: str
    where: Location
    sentence: str
    kind: str
    terms: Mapping[str, str | float | tuple[str, ...]]
    verdict: Literal["holds", "refuted", "inconclusive", "skipped", "not evaluated"]
    selected: bool
    outcome: str
    generation: Generation
    selection: Selection
    statistics: Statistics
    tags: tuple[str, ...] = ()
    skip: str | None = None
    xfail: str | None = None
    evidence: Evidence | None = None
    judgement: Verdict | None = None
    error: str = ""
    duration: float = 0.0
    vacuity: Vacuity | None = None
    salmon: float | None = None
    test: str = ""
    session: Verdict | None = None
    repeats: tuple[Repeat, ...] = ()
    against: Comparison | None = None


@dataclass(frozen=True)
class FamilyRecord:
    """The claims whose p-values were corrected together; `look` says at which of the looks that were declared."""

    file: str
    alpha: float
    correction: str
    declared: int
    evaluated: bool
    look: Look | None = None


@dataclass(frozen=True)
class ConceptRecord:
    """A concept (or the baseline), its prompts, what the model wrote and its neuron sets.

    A published set has `published`, `site` and `out_of` instead, as :class:`~neurontest.types.Concept` explains them.
    """

    name: str
    prompts: tuple[str, ...]
    source: str | None
    continuations: tuple[Continuation, ...]
    sets: tuple[NeuronSet, ...]
    groups: tuple[str, ...] = ()
    published: tuple[PublishedNeuron, ...] = ()
    site: str | None = None
    out_of: int | None = None


@dataclass(frozen=True)
class TextsRecord:
    """The texts of claims that have them written in a way of their own, and not as the suite says.

    Attributes
    ----------
    generation : Generation
        The way; of texts that were given, no more than file and format.
    continuations : tuple of Continuation
        Of all prompts that these claims look at, the baseline's among them, each once.
    """

    generation: Generation
    continuations: tuple[Continuation, ...]


@dataclass(frozen=True)
class ModelRecord:
    """The model that was traced, and the processor at hand: another one rounds otherwise."""

    name: str
    fingerprint: str
    dtype: str
    device: str
    attention: str
    processor: str = ""


@dataclass(frozen=True)
class TraceRecord:
    """What tracing cost in this run; all zero when the store had everything."""

    texts: int = 0
    tokens: int = 0
    seconds: float = 0.0
    near_boundary: int = 0

    def __add__(self, other: TraceRecord) -> TraceRecord:
        return TraceRecord(
            self.texts + other.texts,
            self.tokens + other.tokens,
            self.seconds + other.seconds,
            self.near_boundary + other.near_boundary,
        )


@dataclass(frozen=True)
class Record:
    """The whole run.

    Attributes
    ----------
    version : int
        Of this format.
    neurontest : str
        The release that wrote it.
    created : str
        UTC, ISO 8601, whole seconds.
    suite : str
        The suite's folder name.
    versions : mapping from package to version
    seed : int
        Of the texts that the verdicts are about.
    warnings : tuple of str
        About the suite as a whole.
    errors : tuple of str
        Why the run did not get to its claims, or not to all of them: faults of the suite, an interrupt.
    against : ReferenceRecord or None
        The reference that the run was held against, if it was.
    drifts : tuple of ConceptDrift
        How far the concepts' neurons have moved since then, by setting; of those that claims tested by half-samples are
        about.
    rewritten : tuple of Rewritten
        How far the texts are others, if each model has written its own.
    texts : tuple of TextsRecord
        What claims have read of which the settings of texts are not the suite's, way by way; what the suite's are,
        stands with the concepts.
    tokens : TokensRecord or None
        How active the concepts' neurons were at each token of some texts; None if none was read so.
    """

    version: int
    neurontest: str
    created: str
    suite: str
    model: ModelRecord
    versions: Mapping[str, str]
    seed: int
    generation: Generation
    selection: Selection
    statistics: Statistics
    families: tuple[FamilyRecord, ...]
    claims: tuple[ClaimRecord, ...]
    concepts: tuple[ConceptRecord, ...]
    overlaps: tuple[OverlapMatrix, ...]
    trace: TraceRecord
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    against: ReferenceRecord | None = None
    drifts: tuple[ConceptDrift, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    texts: tuple[TextsRecord, ...] = ()
    tokens: TokensRecord | None = None
