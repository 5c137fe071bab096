"""Claims that neurons matter, and do not only light up: what the model loses without them, or says once they are set.

Each is an intersection-union test (Berger 1982, Technometrics 24:295): the prompts must make a difference, beyond how
fragile the texts are or how far any token moves, and the set must do more than random sets of the same layers that
write as much to the residual stream. The neurons are selected on other prompts than those that are measured.
"""

from __future__ import annotations

from itertools import combinations
from typing import ClassVar

from neurontest.claims.base import Claim, Kind
from neurontest.claims.exchange import exchanged_within
from neurontest.claims.slots import Slot
from neurontest.types import TraceRequest

#: Prompts measured of each side, at least.
MEASURED = 10
#: Random sets like a set of one neuron; as `neurons.matched` has it, which is not imported where suites are collected.
LIKES = 20
_OF = "The concept, or published set, whose neurons are {}"


class _Causal(Kind):
    """Neurons of one set are forced, and the prompts of others measured."""

    minimum: ClassVar[int] = MEASURED
    advised: ClassVar[int] = 2 * MEASURED
    published_slots: ClassVar[tuple[str, ...]] = ("of",)
    repeatable: ClassVar[tuple[str, ...]] = ("of",)

    def half_sampled(self, claim: Claim) -> bool:
        """No: prompts and random sets decide."""
        return False

    def smallest_p(self, claim: Claim) -> float:
        """One neuron has few that are like it; larger sets have more than are drawn."""
        published = claim.concepts[claim.said("of")].published
        return 1 / (1 + LIKES) if (len(published) or claim.selection.k) == 1 else 0.0

    def normalizes(self, claim: Claim) -> bool:
        """Whether a baseline is subtracted where the set is selected; a published one is not."""
        return not claim.concepts[claim.said("of")].published and super().normalizes(claim)

    def faults(self, claim: Claim) -> list[str]:
        """Neurons, not dimensions; prompts that share no templates."""
        found = super().faults(claim)
        if claim.selection.identity != "neuron":
            found.append("a dimension of all layers cannot be forced; say 'neurons: {identity: neuron}'")
        if claim.selection.site == "mlp_gate":
            found.append(
                "what a neuron of site mlp_gate writes hangs on what it gates, so that no random set can be held to"
                " the same; say 'neurons: {site: mlp}'"
            )
        if len(claim.concepts) > 1 and exchanged_within(list(claim.concepts.values())) is not False:
            found.append(f"{self.name} cannot be tested on concepts that share templates")
        if claim.selection.reduce != "mean" and self._sets_to_values(claim):
            found.append(
                f"neurons are set to what they are on average, which reduce: {claim.selection.reduce} does not say;"
                f" say 'neurons: {{reduce: mean}}'{self._or_else}"
            )
        return found

    _or_else: ClassVar[str] = ""

    def _sets_to_values(self, claim: Claim) -> bool:
        """Whether neurons are set to values that were read."""
        return True


class Necessary(_Causal):
    """``vietnam's neurons are needed for vietnam more than for violent``."""

    name: ClassVar[str] = "necessary"
    sentence: ClassVar[str] = "{of}'s neurons are needed for {for} more than for {than}"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", _OF.format("ablated")),
        Slot("for", "concept", "The concept whose texts are to lose by it"),
        Slot("than", "concepts", "Concepts whose texts are to lose less"),
    )
    besides: ClassVar[str] = f"at least {2 * MEASURED} of one that both selects the neurons and is measured"
    summary: ClassVar[str] = "Ablating a concept's neurons makes its texts less likely, and those of others less so"
    procedure: ClassVar[str] = "neurontest.evidence.causal.necessary:NecessaryProcedure"
    reads_texts: ClassVar[bool] = True

    def requests(self, claim: Claim) -> tuple[TraceRequest, ...]:
        """Where neurons are looked at in prompts alone, also a step of their texts, which else nobody would write."""
        asked = super().requests(claim)
        if claim.selection.positions != "prompt":
            return asked
        sides = (claim.said("for"), *claim.listed("than"))
        return (*asked, *(claim.request(name, positions="last") for name in sides))

    def faults(self, claim: Claim) -> list[str]:
        """What is ablated to a baseline's values needs one."""
        found = super().faults(claim)
        if claim.baseline is None and claim.selection.ablate != "zero":
            found.append(
                f"ablate: {claim.selection.ablate} takes its values from a baseline;"
                " say 'baseline: {prompts: ...}' in suite.yaml or 'ablate: zero'"
            )
        for a, b in combinations(claim.concepts.values(), 2):
            others = set(b.prompts)
            shared = [prompt for prompt in a.prompts if prompt in others]
            if shared:
                found.append(
                    f"{a.name!r} and {b.name!r} share the prompt {shared[0]!r}; neurons are selected on other prompts"
                    " than are measured, and each prompt is of one side: remove it from one of them"
                )
        return found

    _or_else: ClassVar[str] = " or 'ablate: zero'"

    def _sets_to_values(self, claim: Claim) -> bool:
        return claim.selection.ablate != "zero"

    def shortages(self, claim: Claim) -> list[str]:
        """Prompts that both select the set and are measured must do for both."""
        of = claim.said("of")
        units = claim.concepts[of].units
        if of not in (claim.said("for"), *claim.listed("than")) or units >= 2 * MEASURED:
            return []
        return [
            f"{of!r} has {units} prompts; half of them select the neurons and the others are measured:"
            f" {self.name} needs at least {2 * MEASURED} of them"
        ]


class Sufficient(_Causal):
    """``forcing hanoi's neurons makes hanoi more likely``."""

    name: ClassVar[str] = "sufficient"
    sentence: ClassVar[str] = "forcing {of}'s neurons makes {for} more likely"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", _OF.format("set to what they are on its prompts")),
        Slot("for", "concept", "The concept whose 'words' are to become likelier after neutral prompts"),
    )
    besides: ClassVar[str] = f"and {2 * MEASURED} neutral ones in the baseline, of which half select the neurons"
    summary: ClassVar[str] = "Setting a concept's neurons to their values on it makes its words likelier elsewhere"
    procedure: ClassVar[str] = "neurontest.evidence.causal.sufficient:SufficientProcedure"

    def faults(self, claim: Claim) -> list[str]:
        """Words are needed, and neutral prompts that do not select."""
        found = super().faults(claim)
        name = claim.said("for")
        if not claim.concepts[name].words:
            found.append(f"{name!r} has no words whose likelihood could rise; say 'words: [...]' in the concept")
        if claim.baseline is None:
            found.append(f"{self.name} measures neutral prompts; say 'baseline: {{prompts: ...}}' in suite.yaml")
        return found

    def shortages(self, claim: Claim) -> list[str]:
        """Neutral prompts that both select the set and are measured must do for both."""
        size = 0 if claim.baseline is None else len(claim.baseline.prompts)
        needed = MEASURED if claim.concepts[claim.said("of")].published else 2 * MEASURED
        if claim.baseline is None or size >= needed:
            return []
        return [
            f"{self.name} measures neutral prompts, of which half serve to select the neurons: the baseline has"
            f" {size} prompts and needs {needed}"
        ]
