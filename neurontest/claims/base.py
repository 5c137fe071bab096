"""A claim and its kind, each said in terms of the other: what a spec expects, and what all claims of a kind declare.

A kind is a subclass of :class:`Kind` in a module of its own (close relatives share one): its sentence, its slots and
what it must have traced. How it is tested stands apart, in a :class:`~neurontest.evidence.procedure.Procedure`, which
is imported when a family is tested: collecting a suite needs neither numpy nor scipy.
"""

from __future__ import annotations

from abc import ABC
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from neurontest.claims.slots import Mode, Slot, Terms
from neurontest.types import (
    BASELINE,
    OF_THE_CEILING,
    Activations,
    Concept,
    Generation,
    Location,
    Positions,
    Selection,
    Statistics,
    TraceRequest,
)

Traces = Mapping[TraceRequest, Activations]


class Kind(ABC):
    """One kind of claim.

    Attributes
    ----------
    name : str
        As in ``kind:`` of a mapping.
    sentence : str
        Its sentence: words, ``{slot}`` for slots, ``[...]`` for a part that may be left out, ``(a|b)`` for words that
        may stand for each other, of which the first is printed.
    slots : tuple of Slot
    also : tuple of (str, Terms)
        Other sentences that mean the same, each with the terms that its words say.
    summary : str
        What it asserts, in one sentence, for the schema and the docs.
    minimum, advised : int
        Prompts per concept below which it is refused, and below which it is warned.
    besides : str
        How these numbers differ with what a claim says, or what else it takes, in a few words.
    about_method : str
        What to say beside a vacuous claim of this kind: what it is about, if not the concept.
    published_slots : tuple of str
        Slots in which a published set may stand.
    repeatable : tuple of str
        Slots whose concept another slot may name again.
    reads_texts : bool
        Whether the evidence hangs on the texts themselves, and not on the activations over them alone.
    compares : bool
        Whether concepts are held against each other, and not each looked at by itself.
    selects : bool
        Whether it selects sets of k neurons.
    procedure : str
        How it is tested: the place of a :class:`~neurontest.evidence.procedure.Procedure`, as ``module:class``.
    """

    name: ClassVar[str]
    sentence: ClassVar[str]
    slots: ClassVar[tuple[Slot, ...]]
    summary: ClassVar[str]
    procedure: ClassVar[str]
    also: ClassVar[tuple[tuple[str, Terms], ...]] = ()
    minimum: ClassVar[int] = 6
    advised: ClassVar[int] = 10
    besides: ClassVar[str] = ""
    about_method: ClassVar[str] = ""
    published_slots: ClassVar[tuple[str, ...]] = ()
    repeatable: ClassVar[tuple[str, ...]] = ()
    reads_texts: ClassVar[bool] = False
    compares: ClassVar[bool] = True
    selects: ClassVar[bool] = True

    def named(self, terms: Terms, known: Sequence[str]) -> tuple[str, ...]:
        """The concepts that the claim is about, each once, in the order of its slots.

        `known` are the suite's, published sets aside: those that a claim is about which names none.
        """
        names: list[str] = []
        for slot in self.slots:
            value = terms.get(slot.name)
            if slot.holds == "concept" and isinstance(value, str):
                names.append(value)
            elif slot.holds == "concepts" and isinstance(value, tuple):
                names.extend(value)
        return tuple(dict.fromkeys(names))

    def faults(self, claim: Claim) -> list[str]:
        """What is wrong with a claim beyond what a schema can say, in sentences.

        The base class checks that no concept is named twice, that published sets stand where they can be tested, and
        that a baseline is there if one is subtracted.
        """
        names = [name for slot in self.slots if slot.name not in self.repeatable for name in _concepts_in(slot, claim)]
        found = []
        for name in sorted(name for name, times in Counter(names).items() if times > 1):
            found.append(f"{name!r} is named twice; a concept cannot be compared with itself")
        found.extend(self._published_faults(claim))
        if claim.baseline is None and self.normalizes(claim):
            found.append(
                f"normalize: {claim.selection.normalize} needs a baseline;"
                " say 'baseline: {prompts: ...}' in suite.yaml or 'normalize: raw'"
            )
        return found

    def _published_faults(self, claim: Claim) -> list[str]:
        published = {name: concept for name, concept in claim.concepts.items() if concept.published}
        found = [
            f"{name!r} is a published set, which {self.name} cannot test"
            + (f" as {slot.name!r}" if self.published_slots else "")
            + "; name a concept with prompts"
            for slot in self.slots
            if slot.name not in self.published_slots
            for name in _concepts_in(slot, claim)
            if name in published
        ]
        if not found and published and len(published) == len(claim.concepts):
            found.append("nothing to test: all concepts of this claim are published sets; one at least needs prompts")
        site = claim.selection.site
        return found + [
            f"{name!r} is a published set of site {concept.site}, and this claim is about site {site};"
            f" say 'neurons: {{site: {concept.site}}}' in the claim"
            for name, concept in published.items()
            if concept.site != site
        ]

    def normalizes(self, claim: Claim) -> bool:
        """Whether the baseline is subtracted anywhere in the claim's evidence."""
        return any(mode.normalize != "raw" for mode in self.modes(claim))

    def prompts_needed(self, claim: Claim) -> tuple[int, int]:
        """Prompts per concept: the fewest that the test can decide with, and the fewest that are advised."""
        return self.minimum, self.advised

    def shortages(self, claim: Claim) -> list[str]:
        """What the claim has too few of beside prompts of each concept, in sentences; no fault in a pilot."""
        return []

    def cautions(self, claim: Claim) -> list[str]:
        """What weakens the claim beside few prompts of each concept, in sentences."""
        return []

    def smallest_p(self, claim: Claim) -> float:
        """The smallest p-value that the claim's design can give; 0 if there is no such bound."""
        return 0.0

    def modes(self, claim: Claim) -> tuple[Mode, ...]:
        """The ways in which the claim looks at its prompts; their half-samples are the same."""
        return (Mode("", claim.selection.reading, claim.selection.normalize),)

    def positions(self, claim: Claim) -> tuple[Positions, ...]:
        """The positions that must be traced."""
        return tuple(dict.fromkeys(mode.positions for mode in self.modes(claim)))

    def requests(self, claim: Claim) -> tuple[TraceRequest, ...]:
        """All traces that its test will look up; a published set has none."""
        traced = [name for name, concept in claim.concepts.items() if not concept.published]
        names = [*traced, *([BASELINE] if claim.baseline else [])]
        return tuple(claim.request(name, positions=where) for where in self.positions(claim) for name in names)

    def half_sampled(self, claim: Claim) -> bool:
        """Whether the claim has a half-sample key; a permutation alone has its error rate by construction."""
        return True

    def __eq__(self, other: object) -> bool:
        """Two of one class and name are the same, also one that came from another process."""
        return isinstance(other, Kind) and (type(self), self.name) == (type(other), other.name)

    def __hash__(self) -> int:
        """As equality has it."""
        return hash((type(self), self.name))


@dataclass(frozen=True)
class Claim:
    """One expectation of a spec, with everything that its evidence depends on.

    Attributes
    ----------
    id : str
        Slug ``[a-z0-9._-]+``, unique in its file.
    kind : Kind
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
    kind: Kind
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


def _concepts_in(slot: Slot, claim: Claim) -> tuple[str, ...]:
    value = claim.terms.get(slot.name, ())
    if slot.holds not in ("concept", "concepts") or isinstance(value, float):
        return ()
    return (value,) if isinstance(value, str) else value
