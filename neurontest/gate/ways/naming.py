"""What is left of claims about neurons that the claim or its search named: by number, or by what they do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from neurontest.claims.base import Claim, Traces
from neurontest.errors import EvidenceError
from neurontest.evidence.single_neurons import column_of
from neurontest.evidence.trial import Trial
from neurontest.gate.neurons.partners import Partner, partners
from neurontest.gate.reference.pruned import Needed, PrunedTrial
from neurontest.gate.ways.effects import listed_survival
from neurontest.gate.ways.lists import listed_columns
from neurontest.gate.ways.named import named_survival
from neurontest.gate.ways.survival import IncomparableError, Survival
from neurontest.gate.ways.way import Asked, Way
from neurontest.kinds.specific import HasSpecificNeurons, SpecificNeuron, at_site, sides_of
from neurontest.types import Evidence, PerPrompt

#: What to do about neurons that have moved, and how many of them are told.
BY_MATCH = "look for neurons by what they do (--concept-against-neurons match)"
TOLD = 3


class Naming(Way):
    """A way that is about neurons which were named."""

    @abstractmethod
    def partners(self, asked: Asked) -> tuple[Partner, ...]:
        """What does now what each of them did.

        Raises
        ------
        EvidenceError
            If that cannot be told.
        """

    def elsewhere(self, asked: Asked) -> str:
        """Those that have another number."""
        if asked.by_match:
            return ""
        try:
            moved = [one for one in self.partners(asked) if one.moved]
        except EvidenceError:
            return ""
        told = "; ".join(map(str, moved[:TOLD])) + (f"; and {len(moved) - TOLD} more" if len(moved) > TOLD else "")
        return f"{told}; {BY_MATCH}" if moved else ""


class Named(Naming):
    """Of neurons that the claim or its search named, what each tells the concept from others by."""

    tested = "the AUROC of the neuron that it names, or of those that its search found, on the same prompts"

    def needed(self, claim: Claim, traces: Traces, evidence: Evidence) -> Needed:
        """These neurons."""
        trial = Trial(_sited(claim), traces)
        names = [claim.said("neuron")] if "neuron" in claim.terms else _named_by(evidence)
        columns = np.unique(np.array([column_of(trial, name) for name in names], dtype=np.intp))
        return {trial.request(concept, ""): columns for concept in trial.n}

    def survival(self, asked: Asked) -> Survival:
        """By the paired DeLong test."""
        kind = asked.kind
        if not isinstance(kind, SpecificNeuron | HasSpecificNeurons):
            raise TypeError(f"{kind.name} names no neurons")
        then, now = self._trials(asked)
        if asked.by_match:
            found = self.partners(asked)
        elif then.shape.width != now.shape.width:
            raise IncomparableError(
                f"layers have {now.shape.width} neurons where they had {then.shape.width}: a number names no neuron of"
                f" both; {BY_MATCH}"
            )
        else:
            found = ()
        searched = "neuron" not in asked.claim.terms
        names, sides = self._names(asked), sides_of(asked.claim)
        return named_survival(then, now, names, sides, asked.margin, found, searched=searched)

    def partners(self, asked: Asked) -> tuple[Partner, ...]:
        """By how they vary among the prompts of each concept that the claim is about."""
        return partners(*self._trials(asked), self._names(asked))

    def _trials(self, asked: Asked) -> tuple[PrunedTrial, Trial]:
        return PrunedTrial(_sited(asked.then), asked.kept), asked.at_hand(_sited(asked.claim))

    def _names(self, asked: Asked) -> Sequence[str]:
        return [asked.claim.said("neuron")] if "neuron" in asked.claim.terms else asked.found


class Listed(Naming):
    """Of neurons that the claim's search found, how much more often they are in the concept's lists."""

    tested = "how much more often the neurons that its search found are in the concept's lists than in neutral ones"

    def needed(self, claim: Claim, traces: Traces, evidence: Evidence) -> Needed:
        """Those of all lists: other neurons' lists can be made of them again, and neurons be matched with them."""
        return listed_columns(Trial(claim, traces), self._sides(claim))

    def survival(self, asked: Asked) -> Survival:
        """By Welch's t over prompts, of what is in the same prompts' lists."""
        before, names = self._before(asked), self._names(asked)
        found = self.partners(asked) if asked.by_match else ()
        now = asked.at_hand(asked.claim)
        if not found and asked.kept and (then := self._then(asked).shape.width) != now.shape.width:
            raise IncomparableError(
                f"layers have {now.shape.width} neurons where they had {then}: a number names no neuron of both;"
                f" {BY_MATCH}"
            )
        return listed_survival(before, now, names, self._sides(asked.claim), asked.margin, found)

    def partners(self, asked: Asked) -> tuple[Partner, ...]:
        """By how they vary among the concept's prompts, and among the neutral ones."""
        if not asked.kept:
            raise IncomparableError("the reference kept no activations of these neurons; record it anew")
        return partners(self._then(asked), asked.at_hand(asked.claim), self._names(asked))

    def _then(self, asked: Asked) -> PrunedTrial:
        return PrunedTrial(asked.then, asked.kept)

    def _before(self, asked: Asked) -> Sequence[PerPrompt]:
        return asked.before.evidence.by_prompt if asked.before.evidence else ()

    def _names(self, asked: Asked) -> list[str]:
        before = self._before(asked)
        names = [name for name in asked.found if all(name in one.values for one in before)]
        if not before or not names:
            raise IncomparableError("the reference lacks what was measured of each prompt; record it anew")
        return names

    def _sides(self, claim: Claim) -> tuple[str, str]:
        return claim.said("of"), claim.said("against")


def _named_by(evidence: Evidence) -> list[str]:
    return list(dict.fromkeys(name for one in evidence.tallies for name in one.neurons))


def _sited(claim: Claim) -> Claim:
    return at_site(claim) if "neuron" in claim.terms else claim
