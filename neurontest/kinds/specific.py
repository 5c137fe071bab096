"""Claims about single neurons: that a named one is specific to a concept, or that a concept has any that is.

A neuron that was found in some data cannot be tested as a named one in the same data: name it in a spec with other
prompts. The report prints the line to paste.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.exchange import exchanged_within, ways_to_pick
from neurontest.claims.slots import MEANT, ON_AVERAGE, Mode, Slot, Terms
from neurontest.types import TraceRequest

_AGAINST = "Concepts whose prompts it is told from"


class _Specific(Kind):
    """Prompts of one concept against those of others, neuron by neuron.

    Ranks and studentised differences are the same raw and after subtraction, so no baseline is needed.
    """

    selects: ClassVar[bool] = False

    def modes(self, claim: Claim) -> tuple[Mode, ...]:
        """Raw activations."""
        return (Mode("", claim.selection.reading, "raw"),)

    def half_sampled(self, claim: Claim) -> bool:
        """No: relabeling decides."""
        return False

    def smallest_p(self, claim: Claim) -> float:
        """One over the ways to deal the prompts to the concept and what it is told from, where these are fewest."""
        own = claim.concepts[claim.said("of")]
        sides = [[claim.concepts[name] for name in side] for side in sides_of(claim)]
        return max((1 / ways_to_pick(own, others) for others in sides), default=0.0)

    def faults(self, claim: Claim) -> list[str]:
        """Prompts are exchanged between all concepts of a test, or within the templates that all of them share."""
        found = super().faults(claim)
        of = claim.said("of")
        sides = sides_of(claim)
        if not sides or not sides[0]:
            found.append(f"{self.name} tells {of!r} from others, and there is none; say 'against ...'")
        for side in sides:
            if exchanged_within([claim.concepts[name] for name in (of, *side)]) is None:
                found.append(
                    f"of {of}, {', '.join(side)} some prompts share templates and others do not;"
                    f" {self.name} exchanges the prompts of all"
                )
        return found


class SpecificNeuron(_Specific):
    """``neuron L11.mlp[756] is specific to hanoi against vietnam and tulip [on average]``."""

    name: ClassVar[str] = "specific"
    sentence: ClassVar[str] = "neuron {neuron} is specific to {of} against {against}[ {meant}]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("neuron", "neuron", "The neuron, found in other prompts than these, such as L11.mlp[756]"),
        Slot("of", "concept", "The concept"),
        Slot("against", "concepts", _AGAINST),
        MEANT,
    )
    summary: ClassVar[str] = "A named neuron is more active on a concept's prompts than on those of each of others"
    procedure: ClassVar[str] = "neurontest.evidence.kinds.specific:SpecificNeuronProcedure"
    minimum: ClassVar[int] = 4
    advised: ClassVar[int] = 6
    besides: ClassVar[str] = "better 10 against several others"

    def prompts_needed(self, claim: Claim) -> tuple[int, int]:
        """More are advised where several controls must all be told from."""
        return self.minimum, self.advised if len(sides_of(claim)) < 2 else 10

    def requests(self, claim: Claim) -> tuple[TraceRequest, ...]:
        """Those at the neuron's own site."""
        return super().requests(at_site(claim))


class HasSpecificNeurons(_Specific):
    """``hanoi has specific neurons [against vietnam and tulip] [on average]``."""

    name: ClassVar[str] = "specific_any"
    sentence: ClassVar[str] = "{of} has specific neurons[ against {against}][ {meant}]"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", "The concept"),
        Slot("against", "concepts", f"{_AGAINST} (default: all others of the suite)", optional=True),
        MEANT,
    )
    summary: ClassVar[str] = "Some neuron, searched among all, is more active on a concept's prompts than on each other"
    procedure: ClassVar[str] = "neurontest.evidence.kinds.search:HasSpecificNeuronsProcedure"
    advised: ClassVar[int] = 15

    def named(self, terms: Terms, known: Sequence[str]) -> tuple[str, ...]:
        """All concepts of the suite, if none is named to compare with."""
        names = super().named(terms, known)
        return names if "against" in terms else (*names, *(name for name in known if name not in names))


def at_site(claim: Claim) -> Claim:
    """The claim at the site of the neuron that it names."""
    found = re.search(r"\.(\w+)\[", claim.said("neuron"))
    return claim.at(site=found[1]) if found else claim


def sides_of(claim: Claim) -> tuple[tuple[str, ...], ...]:
    """What the concept is told from in tests of their own: each other concept, or on average all as one."""
    others = tuple(name for name in claim.concepts if name != claim.said("of"))
    return (others,) if claim.terms.get("meant") == ON_AVERAGE else tuple((name,) for name in others)
