"""What a spec says, once read: concepts, claims, families, a suite. No file or default is looked up after this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from neurontest.types.neurons import PublishedNeuron
from neurontest.types.sections import Generation, Selection, Statistics
from neurontest.types.trace import GivenText, Positions, TraceRequest

#: How an amount ends that is a share of what two halves of one concept's prompts share.
OF_THE_CEILING = "% of the ceiling"

#: The name under which the baseline travels beside the concepts. No concept can be called so (it is no valid name).
BASELINE = "(baseline)"


@dataclass(frozen=True)
class Concept:
    """A name and its prompts, or the neurons published for it; the baseline is one as well, named :data:`BASELINE`.

    Attributes
    ----------
    prompts : tuple of str
        Empty for a published set, which is never traced.
    source : str or None
        The file that the prompts come from.
    groups : tuple of str
        The group of each prompt: paraphrases of one thing, or one of the templates that concepts share. Empty if no
        prompt has one; if some have, each other one is alone in a group whose name stands in parentheses.
    published : tuple of PublishedNeuron
        The neurons of a published set, ranked, each once.
    site : str or None
        Where in a block the published neurons live.
    out_of : int or None
        Prompts that the published occurrences were counted over, if that is told.
    words : tuple of str
        Words of the concept, whose likelihood a claim may be about.
    """

    name: str
    prompts: tuple[str, ...]
    source: str | None = None
    groups: tuple[str, ...] = ()
    published: tuple[PublishedNeuron, ...] = ()
    site: str | None = None
    out_of: int | None = None
    words: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        """What a test can deal anew or leave out: groups of prompts, or prompts if they have no groups."""
        return len(set(self.groups)) if self.groups else len(self.prompts)


@dataclass(frozen=True)
class Location:
    """Where in the suite something is said: a file relative to the suite's folder (POSIX), line and column from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True)
class Claim:
    """One expectation of a spec, with everything that its evidence depends on.

    Attributes
    ----------
    id : str
        Slug ``[a-z0-9._-]+``, unique in its file.
    kind : str
        Name of the kind of claim.
    sentence : str
        The claim in the controlled English of its kind, as every report prints it.
    terms : mapping
        The kind's slots, such as ``{"of": "hanoi", "with": "vietnam", "than": "violent"}``; a slot that takes a list
        holds a tuple, a number a float. Slots that were not said are absent.
    concepts : mapping from name to Concept
        Those that the claim is about, in the order in which it names them.
    baseline : Concept or None
        None if the suite has none.
    tags : tuple of str
        Become pytest marks.
    skip : str or None
        The reason, if the spec marks the claim so.
    xfail : str or mapping from model to str, or None
        The same; a mapping has a reason for each model, by its name, that it is marked so on.
    """

    id: str
    kind: str
    sentence: str
    terms: Mapping[str, str | float | tuple[str, ...]]
    concepts: Mapping[str, Concept]
    baseline: Concept | None
    generation: Generation
    selection: Selection
    statistics: Statistics
    where: Location
    tags: tuple[str, ...] = ()
    skip: str | None = None
    xfail: str | Mapping[str, str] | None = None

    def xfail_on(self, model: str) -> str | None:
        """Why the claim is expected not to hold on the model of this name; None if it is not."""
        return self.xfail.get(model) if isinstance(self.xfail, Mapping) else self.xfail

    @property
    def node(self) -> str:
        """The stable name: file and id, never the position in the file."""
        return f"{self.where.file}::{self.id}"

    def said(self, slot: str) -> str:
        """The word in a slot: a concept, a neuron, a choice."""
        return str(self.terms[slot])

    def listed(self, slot: str) -> tuple[str, ...]:
        """The words in a slot that takes a list."""
        value = self.terms[slot]
        return value if isinstance(value, tuple) else (str(value),)

    def number(self, slot: str) -> float:
        """The number in a slot, 0 if none was said."""
        value = self.terms.get(slot, 0.0)
        if not isinstance(value, float):
            raise TypeError(f"{slot} of {self.node} holds {value!r}, which is no number")
        return value

    def of_ceiling(self, slot: str) -> float | None:
        """The share of the ceiling in a slot, such as 0.6 of ``"60% of the ceiling"``; None if it is an amount."""
        value = self.terms[slot]
        if not isinstance(value, str) or not value.endswith(OF_THE_CEILING):
            return None
        return float(value.removesuffix(OF_THE_CEILING)) / 100

    def neurons(self, slot: str) -> float:
        """The amount in a slot in neurons: a number of them, or a share of `k` such as ``"40%"``."""
        value = self.terms[slot]
        return float(value.rstrip("%")) / 100 * self.selection.k if isinstance(value, str) else self.number(slot)

    def request(self, concept: str, *, positions: Positions | None = None) -> TraceRequest:
        """The traces of one concept (or :data:`BASELINE`) at the claim's own setting, or at other `positions`.

        No word is looked for in the baseline: its tokens count all.

        Raises
        ------
        KeyError
            If the claim has no such concept, no baseline, or the concept is a published set.
        """
        if concept == BASELINE:
            if self.baseline is None:
                raise KeyError(BASELINE)
            prompts = self.baseline.prompts
            if positions is None or positions == self.selection.reading:
                positions = self.selection.neutral
        else:
            if self.concepts[concept].published:
                raise KeyError(concept)
            prompts = self.concepts[concept].prompts
        return TraceRequest(prompts, self.generation, self.selection.site, positions or self.selection.reading)

    def at(self, **selection: object) -> Claim:
        """The same claim with another selection; for evidence that compares two."""
        return replace(self, selection=replace(self.selection, **selection))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Family:
    """The claims whose p-values are corrected together: a spec file."""

    file: str
    claims: tuple[Claim, ...]
    statistics: Statistics

    @cached_property
    def tested(self) -> tuple[Claim, ...]:
        """The claims that count towards the correction: all but those marked `skip`."""
        return tuple(claim for claim in self.claims if claim.skip is None)


@dataclass(frozen=True)
class Suite:
    """A folder of specs, read and merged with the settings of the command line and the ini file.

    Attributes
    ----------
    given : mapping from name to mapping from prompt to tuple of GivenText
        What `replay` of its generations names: a file, or of a record with further texts some of these.
    seeds : tuple of int
        Beside that of `generation`, those at which it is repeated.
    baselines : tuple of Concept
        Beside its `baseline`, those with which it is repeated, or which are traced together with it.
    """

    folder: Path
    model: str
    concepts: Mapping[str, Concept]
    baseline: Concept | None
    families: tuple[Family, ...]
    generation: Generation
    selection: Selection
    statistics: Statistics
    warnings: tuple[str, ...] = field(default=())
    given: Mapping[str, Mapping[str, tuple[GivenText, ...]]] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    baselines: tuple[Concept, ...] = ()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims, file by file."""
        return tuple(claim for family in self.families for claim in family.claims)
