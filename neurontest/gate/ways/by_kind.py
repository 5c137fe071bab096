"""What is tested of a claim of which kind when the model has changed, and what a reference keeps for it."""

from __future__ import annotations

from collections.abc import Mapping

from neurontest.claims.base import Claim, Traces
from neurontest.evidence.trial import Trial
from neurontest.gate.reference.pruned import Needed, PrunedTrial, needed
from neurontest.gate.ways.effects import effect_survival
from neurontest.gate.ways.naming import Listed, Named
from neurontest.gate.ways.paired import PairedTrial, survival
from neurontest.gate.ways.survival import IncomparableError, Survival
from neurontest.gate.ways.way import Asked, Way
from neurontest.kinds.preserved import Preserved
from neurontest.types import Evidence


class HalfSampled(Way):
    """What the claim's own half-sample test is about, on both models at once."""

    tested = "the term of its half-sample test, on the same halves of the same prompts in both models"

    def needed(self, claim: Claim, traces: Traces, evidence: Evidence) -> Needed:
        """Those that some half-sample can select."""
        return needed(Trial(claim, traces))

    def survival(self, asked: Asked) -> Survival:
        """By half-t."""
        then = PrunedTrial(asked.then, asked.kept)
        return survival(PairedTrial(then, asked.at_hand(asked.claim)), asked.margin, asked.thresholds)


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
    kind = claim.kind
    return _HALF_SAMPLED if kind.half_sampled(claim) else _OTHERS.get(kind.name)


def half_sampled(claim: Claim) -> bool:
    """Whether half-samples of both models decide what is left of a claim, so that the reference kept what they need."""
    return isinstance(claim.kind, Preserved) or isinstance(way_of(claim), HalfSampled)


def untestable(claim: Claim) -> str:
    """Why what is left of a claim is not tested, in a sentence; empty if it is."""
    if isinstance(claim.kind, Preserved):
        return "it is about the change itself, and its own verdict says what became of its neurons"
    return "" if way_of(claim) else f"what is left of a claim of the kind {claim.kind.name} is not tested"


def kept_for(claim: Claim, traces: Traces, evidence: Evidence) -> Needed:
    """The neurons whose activations a reference must keep for a claim."""
    way = _HALF_SAMPLED if isinstance(claim.kind, Preserved) else way_of(claim)
    return way.needed(claim, traces, evidence) if way else {}
