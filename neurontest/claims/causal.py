"""Claims that neurons matter, and do not only light up: what the model loses without them, or says once they are set.

Each is an intersection-union test of two nulls (Berger 1982, Technometrics 24:295): that the prompts make no
difference, and that the set is like any random set of the same layers and of like norms. The neurons are selected on
other prompts than those that are measured.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, ClassVar

from neurontest.claims.base import Kind, Slot, Traces, exchanged_within
from neurontest.types import BASELINE, Claim, Evidence, ScoreRequest, Thresholds, TraceRequest

if TYPE_CHECKING:
    from neurontest.claims.experiment import Experiment
    from neurontest.neurons.normalize import Floats
    from neurontest.stats.random_sets import Rank

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

    def scores(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> tuple[ScoreRequest, ...]:
        """What is measured, with the set and some random sets forced; then with more of them, while they are needed."""
        return self._seen(self._experiment(claim, traces), thresholds)[1]

    def _seen(self, ours: Experiment, thresholds: Thresholds) -> tuple[dict[str, Floats], tuple[ScoreRequest, ...]]:
        """Changes [unit, 1 + random set] so far, by what is measured, and the requests that are to go on with."""
        import numpy as np

        seen: dict[str, Floats] = {}
        for look in self._looks(ours, thresholds):
            missing = tuple(request for request in look.values() if request not in ours.traces)
            if missing:
                return seen, missing
            found = {name: ours.changes(name, request) for name, request in look.items()}
            seen = {name: np.concatenate([seen[name], one], axis=1) if seen else one for name, one in found.items()}
            if self._ranked(ours.claim, seen).settled:
                break
        return seen, ()

    @abstractmethod
    def _experiment(self, claim: Claim, traces: Traces) -> Experiment:
        """Whose neurons, and what is measured."""

    @abstractmethod
    def _looks(self, ours: Experiment, thresholds: Thresholds) -> Sequence[Mapping[str, ScoreRequest]]:
        """What is asked of the model of all that is measured, look by look."""

    @abstractmethod
    def _ranked(self, claim: Claim, seen: Mapping[str, Floats]) -> Rank:
        """Where the set stands among the random ones seen so far."""


class Necessary(_Causal):
    """``vietnam's neurons are needed for vietnam more than for violent``."""

    name: ClassVar[str] = "necessary"
    sentence: ClassVar[str] = "{of}'s neurons are needed for {for} more than for {than}"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", _OF.format("ablated")),
        Slot("for", "concept", "The concept whose texts are to lose by it"),
        Slot("than", "concepts", "Concepts whose texts are to lose less"),
    )
    summary: ClassVar[str] = "Ablating a concept's neurons makes its texts less likely, and those of others less so"
    reads_texts: ClassVar[bool] = True

    def requests(self, claim: Claim) -> tuple[TraceRequest, ...]:
        """Where neurons are looked at in prompts alone, also a step of their texts, which else nobody would write."""
        asked = super().requests(claim)
        if claim.selection.positions != "prompt":
            return asked
        sides = (claim.said("for"), *claim.listed("than"))
        return (*asked, *(claim.request(name, positions="last") for name in sides))

    def smallest_p(self, claim: Claim) -> float:
        """One over the ways to deal the measured prompts to the two sides, or to draw a random set."""
        sizes = [_measured(claim, name) for name in (claim.said("for"), *claim.listed("than"))]
        return max(1 / comb(sum(sizes), sizes[0]), super().smallest_p(claim))

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

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Welch's t over prompts by relabeling, and the set's rank among random ones: the larger p-value."""
        from neurontest.claims.effects import losses_compared

        ours = self._experiment(claim, traces)
        seen, _ = self._seen(ours, thresholds)
        return losses_compared(ours, claim.said("for"), *_losses(claim, seen), thresholds)

    def _experiment(self, claim: Claim, traces: Traces) -> Experiment:
        from neurontest.claims.experiment import Experiment

        sides = dict.fromkeys((claim.said("for"), *claim.listed("than")))
        return Experiment(self, claim, traces, claim.said("of"), list(sides), claim.said("for"))

    def _looks(self, ours: Experiment, thresholds: Thresholds) -> Sequence[Mapping[str, ScoreRequest]]:
        how = ours.claim.selection.ablate
        if how == "resample":
            own = {name: ours.forcings(ours.resampled(name), thresholds) for name in ours.measured}
        else:
            common = ours.forcings(ours.zeros if how == "zero" else ours.mean_on(BASELINE), thresholds)
            own = dict.fromkeys(ours.measured, common)
        every = zip(*own.values(), strict=True)
        return [
            {name: ours.request(name, forcings) for name, forcings in zip(own, look, strict=True)} for look in every
        ]

    def _ranked(self, claim: Claim, seen: Mapping[str, Floats]) -> Rank:
        from neurontest.claims.effects import losses_apart

        return losses_apart(*_losses(claim, seen))


class Sufficient(_Causal):
    """``forcing hanoi's neurons makes hanoi more likely``."""

    name: ClassVar[str] = "sufficient"
    sentence: ClassVar[str] = "forcing {of}'s neurons makes {for} more likely"
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("of", "concept", _OF.format("set to what they are on its prompts")),
        Slot("for", "concept", "The concept whose 'words' are to become likelier after neutral prompts"),
    )
    summary: ClassVar[str] = "Setting a concept's neurons to their values on it makes its words likelier elsewhere"

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

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Student's t over prompts of the rise beyond that under random sets, and the set's rank among them."""
        from neurontest.claims.effects import rises_compared

        ours = self._experiment(claim, traces)
        seen, _ = self._seen(ours, thresholds)
        return rises_compared(ours, claim.said("for"), seen[BASELINE], thresholds)

    def _experiment(self, claim: Claim, traces: Traces) -> Experiment:
        from neurontest.claims.experiment import Experiment

        return Experiment(self, claim, traces, claim.said("of"), [BASELINE], claim.said("for"))

    def _looks(self, ours: Experiment, thresholds: Thresholds) -> Sequence[Mapping[str, ScoreRequest]]:
        words = ours.claim.concepts[ours.claim.said("for")].words
        every = ours.forcings(ours.mean_on(ours.source), thresholds)
        return [{BASELINE: ours.request(BASELINE, forcings, words)} for forcings in every]

    def _ranked(self, claim: Claim, seen: Mapping[str, Floats]) -> Rank:
        from neurontest.claims.effects import mean_rises

        return mean_rises(seen[BASELINE])


def _losses(claim: Claim, seen: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Rises of the negative log-likelihood [prompt, 1 + random set] of the one concept's texts, and of the others'."""
    import numpy as np

    return -seen[claim.said("for")], -np.concatenate([seen[name] for name in claim.listed("than")])


def _measured(claim: Claim, name: str) -> int:
    """Prompts of a concept that are measured, and do not select."""
    units = claim.concepts[name].units
    return units - units // 2 if name == claim.said("of") else units
