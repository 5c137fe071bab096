"""A way to test what is left of a claim when the model has changed, and what is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from neurontest.claims.base import Claim, Kind, Traces
from neurontest.evidence.trial import Trial
from neurontest.gate.margin import Margin
from neurontest.gate.reference.pruned import Needed, Pruned, PrunedTrial
from neurontest.gate.ways.survival import IncomparableError, Survival
from neurontest.types import Activations, ClaimRecord, Evidence, Tally, Thresholds, TraceRequest


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
    by_match : bool
        Named neurons are looked for by what they do; else the ones of the same numbers are theirs.
    """

    claim: Claim
    before: ClaimRecord
    now: Evidence
    kept: Mapping[TraceRequest, Pruned]
    traces: Mapping[TraceRequest, Activations | Pruned]
    margin: Margin
    thresholds: Thresholds
    by_match: bool = False

    @property
    def kind(self) -> Kind:
        """The claim's."""
        return self.claim.kind

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
        return at_hand(claim, self.traces)

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


def at_hand(claim: Claim, traces: Mapping[TraceRequest, Activations | Pruned]) -> Trial:
    """A claim on one model, or on what a reference kept of it.

    Raises
    ------
    IncomparableError
        If nothing that it looks at is at hand.
    """
    asked = {request: traces[request] for request in claim.kind.requests(claim) if request in traces}
    if not asked:
        raise IncomparableError("none of the activations that it looks at were kept; record it anew")
    pruned = {request: one for request, one in asked.items() if isinstance(one, Pruned)}
    if pruned:
        return PrunedTrial(claim, pruned)
    return Trial(claim, {at: one for at, one in asked.items() if not isinstance(one, Pruned)})


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

    def elsewhere(self, asked: Asked) -> str:
        """Of a claim not preserved by number: which neurons do now what its neurons did; empty if none is told."""
        return ""
