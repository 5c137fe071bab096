"""What is tested of a claim of which kind when the model has changed, and what a reference keeps for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from neurontest.claims import kind_named
from neurontest.claims.base import Kind, Traces
from neurontest.claims.preserved import Preserved
from neurontest.claims.single import column_of
from neurontest.claims.specific import HasSpecificNeurons, SpecificNeuron, at_site
from neurontest.claims.trial import Trial
from neurontest.gate.effects import effect_survival, listed_survival
from neurontest.gate.margin import Margin
from neurontest.gate.named import named_survival
from neurontest.gate.paired import PairedTrial, survival
from neurontest.gate.pruned import Needed, Pruned, PrunedTrial, needed
from neurontest.gate.survival import IncomparableError, Survival
from neurontest.types import Activations, Claim, ClaimRecord, Evidence, Tally, Thresholds, TraceRequest


@dataclass(frozen=True)
class Asked:
    """A claim that held, and what is known of it on both models.

    Attributes
    ----------
    claim : Claim
        As it is made of the candidate.
    before : ClaimRecord
        Of the reference, with evidence.
    now : Evidence
        On the candidate.
    kept : mapping from TraceRequest to Pruned
        What the reference kept, by what the claim requested of it.
    traces : mapping from TraceRequest to Activations, or to Pruned
        On the candidate, or what another reference kept of it.
    """

    claim: Claim
    before: ClaimRecord
    now: Evidence
    kept: Mapping[TraceRequest, Pruned]
    traces: Mapping[TraceRequest, Activations | Pruned]
    margin: Margin
    thresholds: Thresholds

    @property
    def kind(self) -> Kind:
        """The claim's."""
        return kind_named(self.claim.kind)

    @property
    def then(self) -> Claim:
        """The claim as it was made of the reference."""
        return replace(self.claim, generation=self.before.generation)

    def at_hand(self, claim: Claim) -> Trial:
        """The claim on the candidate.

        Raises
        ------
        IncomparableError
            If nothing that it looks at is at hand.
        """
        asked = {request: self.traces[request] for request in self.kind.requests(claim) if request in self.traces}
        if not asked:
            raise IncomparableError("none of the activations that it looks at were kept; record it anew")
        pruned = {request: one for request, one in asked.items() if isinstance(one, Pruned)}
        if pruned:
            return PrunedTrial(self.kind, claim, pruned)
        return Trial(self.kind, claim, {at: one for at, one in asked.items() if not isinstance(one, Pruned)})

    @property
    def found(self) -> tuple[str, ...]:
        """The neurons that the reference's search found, at the threshold that applied.

        Raises
        ------
        IncomparableError
            If it does not name them.
        """
        evidence, judged = self.before.evidence, self.before.judgement
        tallies = evidence.tallies if evidence else ()
        if not tallies or judged is None:
            raise IncomparableError("the reference does not say which neurons were found; record it anew")
        # The threshold is one of the ladder that the tallies were made for, up to the last digit.
        nearest: Tally = min(tallies, key=lambda one: abs(one.threshold - judged.threshold))
        if not nearest.neurons:
            raise IncomparableError("the reference does not say which neurons were found; record it anew")
        return nearest.neurons


class Way(ABC):
    """A way to test what is left of a claim.

    Attributes
    ----------
    tested : str
        What is tested, in words.
    """

    tested: ClassVar[str]

    def needed(self, claim: Claim, traces: Traces, evidence: Evidence) -> Needed:
        """The neurons whose activations a reference must keep."""
        return {}

    @abstractmethod
    def survival(self, asked: Asked) -> Survival:
        """Test it.

        Raises
        ------
        EvidenceError
            If what the reference kept and what is at hand cannot be compared.
        """


class HalfSampled(Way):
    """What the claim's own half-sample test is about, on both models at once."""

    tested = "the term of its half-sample test, on the same halves of the same prompts in both models"

    def needed(self, claim: Claim, traces: Traces, evidence: Evidence) -> Needed:
        """Those that some half-sample can select."""
        return needed(Trial(kind_named(claim.kind), claim, traces))

    def survival(self, asked: Asked) -> Survival:
        """By half-t."""
        then = PrunedTrial(asked.kind, asked.then, asked.kept)
        return survival(PairedTrial(then, asked.at_hand(asked.claim)), asked.margin, asked.thresholds)


class Named(Way):
    """Of neurons that the claim or its search named, what each tells the concept from others by."""

    tested = "the AUROC of the neuron that it names, or of those that its search found, on the same prompts"

    def needed(self, claim: Claim, traces: Traces, evidence: Evidence) -> Needed:
        """These neurons."""
        trial = Trial(kind_named(claim.kind), _sited(claim), traces)
        names = [claim.said("neuron")] if "neuron" in claim.terms else _named_by(evidence)
        columns = np.unique(np.array([column_of(trial, name) for name in names], dtype=np.intp))
        return {trial.request(concept, ""): columns for concept in trial.n}

    def survival(self, asked: Asked) -> Survival:
        """By the paired DeLong test."""
        kind = asked.kind
        if not isinstance(kind, SpecificNeuron | HasSpecificNeurons):
            raise TypeError(f"{kind.name} names no neurons")
        then = PrunedTrial(kind, _sited(asked.then), asked.kept)
        now = asked.at_hand(_sited(asked.claim))
        if then.shape.width != now.shape.width:
            raise IncomparableError(
                f"layers have {now.shape.width} neurons where they had {then.shape.width}: a number names no neuron of"
                " both"
            )
        searched = "neuron" not in asked.claim.terms
        names = asked.found if searched else [asked.claim.said("neuron")]
        return named_survival(then, now, names, kind.sides(asked.claim), asked.margin, searched=searched)


class Listed(Way):
    """Of neurons that the claim's search found, how much more often they are in the concept's lists."""

    tested = "how much more often the neurons that its search found are in the concept's lists than in neutral ones"

    def survival(self, asked: Asked) -> Survival:
        """By Welch's t over prompts, of what is in the same prompts' lists."""
        before = asked.before.evidence.by_prompt if asked.before.evidence else ()
        names = [name for name in asked.found if all(name in one.values for one in before)]
        if not before or not names:
            raise IncomparableError("the reference lacks what was measured of each prompt; record it anew")
        sides = (asked.claim.said("of"), asked.claim.said("against"))
        requests = asked.kind.requests(asked.claim)
        if not all(isinstance(asked.traces.get(request), Activations) for request in requests):
            raise IncomparableError("prompts' own lists can be made of a model at hand alone, not of two references")
        return listed_survival(before, asked.at_hand(asked.claim), names, sides, asked.margin)


class Causal(Way):
    """What forcing the set does to each prompt."""

    tested = "what forcing the concept's set does to each measured prompt; each model's own set"

    def survival(self, asked: Asked) -> Survival:
        """By Student's or Welch's t over prompts."""
        before = asked.before.evidence
        if before is None:
            raise IncomparableError("the reference has no evidence of it")
        return effect_survival(before.by_prompt, asked.now.by_prompt, asked.margin, before.effect.unit)


_HALF_SAMPLED = HalfSampled()
_OTHERS: Mapping[str, Way] = {
    "specific": Named(),
    "specific_any": Named(),
    "consistent": Listed(),
    "necessary": Causal(),
    "sufficient": Causal(),
    # By rank: what is left of the difference is over prompts all the same.
    "overlap_above_chance": _HALF_SAMPLED,
}


def way_of(claim: Claim) -> Way | None:
    """How what is left of a claim is tested; None if it is not."""
    kind = kind_named(claim.kind)
    return _HALF_SAMPLED if kind.half_sampled(claim) else _OTHERS.get(kind.name)


def untestable(claim: Claim) -> str:
    """Why what is left of a claim is not tested, in a sentence; empty if it is."""
    if claim.kind == Preserved.name:
        return "it is about the change itself, and its own verdict says what became of its neurons"
    return "" if way_of(claim) else f"what is left of a claim of the kind {claim.kind} is not tested"


def kept_for(claim: Claim, traces: Traces, evidence: Evidence) -> Needed:
    """The neurons whose activations a reference must keep for a claim."""
    way = _HALF_SAMPLED if claim.kind == Preserved.name else way_of(claim)
    return way.needed(claim, traces, evidence) if way else {}


def _named_by(evidence: Evidence) -> list[str]:
    return list(dict.fromkeys(name for one in evidence.tallies for name in one.neurons))


def _sited(claim: Claim) -> Claim:
    return at_site(claim) if "neuron" in claim.terms else claim
