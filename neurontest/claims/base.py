"""What every kind of claim declares: its sentence, its slots, what it must have traced, and its evidence.

A kind is a subclass of :class:`Kind` in a module of its own (close relatives share one). Importing such a module must
stay cheap, since collecting a suite does it: neurons and stats are imported inside :meth:`Kind.evidence` only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, factorial, prod
from typing import TYPE_CHECKING, ClassVar, Literal

from neurontest.types import (
    BASELINE,
    Activations,
    Claim,
    Concept,
    Evidence,
    ModelRequest,
    Positions,
    Thresholds,
    TraceRequest,
)

if TYPE_CHECKING:
    from neurontest.stats.half_samples import HalfSamples
    from neurontest.stats.half_t import Hypothesis

Traces = Mapping[TraceRequest, Activations]
Terms = Mapping[str, str | float | tuple[str, ...]]


@dataclass(frozen=True)
class Slot:
    """A place in a kind's sentence, and the key of the same name in its mapping form.

    Attributes
    ----------
    holds : {"concept", "concepts", "number", "amount", "neuron", "choice"}
        An ``amount`` is a number of neurons, a share of k, or one of the ceiling (``5``, ``40%``,
        ``60% of the ceiling``); a ``neuron`` is ``L11.residual[756]``.
    optional : bool
        May be left unsaid.
    least : int
        Fewest concepts, for ``concepts``.
    choices : tuple of str
        The words of a ``choice``.
    shares : bool
        Of an ``amount`` only shares may be said, and no number of neurons.
    example : str
        What stands there in a sentence to copy, if not what stands for all slots that hold the like.
    """

    name: str
    holds: Literal["concept", "concepts", "number", "amount", "neuron", "choice"]
    help: str
    optional: bool = False
    least: int = 1
    choices: tuple[str, ...] = ()
    shares: bool = False
    example: str = ""


#: The slot of kinds whose sentence means each of several concepts, or each pair of them, unless it says otherwise.
ON_AVERAGE = "on average"
MEANT = Slot(
    "meant",
    "choice",
    "'on average' for the weaker claim about the others, or all pairs, taken together (default: each of them)",
    optional=True,
    choices=(ON_AVERAGE,),
)


@dataclass(frozen=True)
class Mode:
    """A way to look at the same prompts: the reading and `normalize` of a selection, under a name.

    A claim that looks in one way alone has one mode, which is called ``""``.
    """

    name: str
    positions: Positions
    normalize: str


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
    """

    name: ClassVar[str]
    sentence: ClassVar[str]
    slots: ClassVar[tuple[Slot, ...]]
    summary: ClassVar[str]
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
        """All traces that :meth:`evidence` will look up; a published set has none."""
        traced = [name for name, concept in claim.concepts.items() if not concept.published]
        names = [*traced, *([BASELINE] if claim.baseline else [])]
        return tuple(claim.request(name, positions=where) for where in self.positions(claim) for name in names)

    def half_sampled(self, claim: Claim) -> bool:
        """Whether the claim has a half-sample key; a permutation alone has its error rate by construction."""
        return True

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """What the half-sample test decides by, on given half-samples: all of it must be shown.

        Empty for a kind that a permutation alone decides.
        """
        return []

    def scores(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> tuple[ModelRequest, ...]:
        """What :meth:`evidence` must besides know of the model with neurons forced; decided by the traces.

        Asked again once these are answered, until nothing more is needed.

        Parameters
        ----------
        traces : mapping from TraceRequest to Activations
            Answers to earlier ones among them.
        thresholds : Thresholds
            The smallest decides how many random sets are compared with at most.
        """
        return ()

    @abstractmethod
    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Test the claim.

        Parameters
        ----------
        traces : mapping from TraceRequest to Activations
            Holds every request of :meth:`requests` and :meth:`scores`.
        thresholds : Thresholds
            The p-values that the family's correction may compare this claim's with; Monte-Carlo error is driven down
            until none of the open ones is in doubt.

        Raises
        ------
        EvidenceError
            If the traces cannot answer the claim.
        """


def samples_of(groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The sample that each concept belongs to: concepts with the same groups share one, named after the first."""
    first: dict[frozenset[str], str] = {}
    return {name: first.setdefault(frozenset(own), name) if own else name for name, own in groups.items()}


def exchanged_within(concepts: Sequence[Concept]) -> bool | None:
    """Whether prompts are exchanged within the templates that all concepts share, or freely, as they share none.

    None if some share templates and others do not: then nothing can be exchanged among all of them.
    """
    templates = [set(concept.groups) for concept in concepts]
    if templates[0] and all(one == templates[0] for one in templates):
        return True
    return None if any(a & b for a, b in combinations(templates, 2)) else False


def ways_to_deal(concepts: Sequence[Concept]) -> int:
    """Ways to deal the prompts of some concepts to them anew; within each template, if they share templates."""
    counts = [concept.units for concept in concepts]
    if exchanged_within(concepts):
        return int(factorial(len(concepts)) ** counts[0])
    return factorial(sum(counts)) // prod(factorial(count) for count in counts)


def ways_to_pick(own: Concept, others: Sequence[Concept]) -> int:
    """Ways to deal prompts anew to a concept and to others taken together; within templates, if all share them."""
    if exchanged_within([own, *others]):
        return int((1 + len(others)) ** own.units)
    return comb(own.units + sum(other.units for other in others), own.units)


def _concepts_in(slot: Slot, claim: Claim) -> tuple[str, ...]:
    value = claim.terms.get(slot.name, ())
    if slot.holds not in ("concept", "concepts") or isinstance(value, float):
        return ()
    return (value,) if isinstance(value, str) else value
