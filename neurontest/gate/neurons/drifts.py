"""Whose drift is told: each concept that a half-sampled claim is about, in every way that the claim looks at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from neurontest.claims.base import Claim
from neurontest.claims.slots import Mode
from neurontest.claims.suite import Family
from neurontest.errors import EvidenceError
from neurontest.gate.neurons.moves import concept_drift
from neurontest.gate.reference.pruned import PrunedTrial
from neurontest.gate.reference.same import difference
from neurontest.gate.reference.then import Read, Then
from neurontest.gate.ways.by_kind import half_sampled
from neurontest.gate.ways.paired import PairedTrial
from neurontest.gate.ways.way import at_hand
from neurontest.kinds.preserved import Preserved
from neurontest.types import ConceptDrift, Generation, Selection, Thresholds, TraceRequest, reading_of

#: What is the same of two claims that ask for the same drift; the one with more prompts in a half-sample is looked at.
Same = tuple[str, Selection, Generation]


@dataclass(frozen=True)
class Asked:
    """A concept in one way of looking at it.

    Attributes
    ----------
    now, then : Claim
        That this concept's neurons are preserved, as it is made of either model.
    """

    now: Claim
    then: Claim

    @property
    def concept(self) -> str:
        """Its name."""
        return self.now.said("of")

    @property
    def same(self) -> Same:
        """What another claim may ask for as well."""
        return self.concept, self.now.selection, self.now.generation

    @property
    def m(self) -> int:
        """Prompts in a half-sample."""
        return self.now.statistics.m or 0

    @property
    def requests(self) -> tuple[TraceRequest, ...]:
        """What must be traced for it."""
        return self.now.kind.requests(self.now)


def asked_by(family: Family, then: Then, unlike: Mapping[str, str]) -> list[Asked]:
    """The drifts that the claims of a family ask for, each once, in their order.

    Parameters
    ----------
    unlike : mapping from claim id to str
        Of claims that cannot be compared, why.
    """
    out: dict[Same, Asked] = {}
    for claim in family.tested:
        before = then.claims.get((claim.where.file, claim.id))
        if before is None or claim.id in unlike or not half_sampled(claim) or difference(claim, before, then.concepts):
            continue
        for one in _about(claim, before.generation):
            if one.same not in out or out[one.same].m < one.m:
                out[one.same] = one
    return list(out.values())


def drift_of(asked: Asked, then: Then, traces: Read, unmatched: str = "") -> ConceptDrift:
    """How far a concept's neurons have moved since the reference.

    Parameters
    ----------
    traces : mapping from TraceRequest to Activations, or to Pruned
        On the model at hand.
    unmatched : str
        Why neurons cannot be told by what they do; empty if they can.

    Raises
    ------
    EvidenceError
        If what the reference kept and what is at hand cannot be compared.
    """
    kept = {request: then.reference.activations(request) for request in asked.then.kind.requests(asked.then)}
    known = {request: one for request, one in kept.items() if one is not None}
    if len(known) < len(kept):
        raise EvidenceError("the reference kept none of its activations; record it anew")
    trial = PairedTrial(PrunedTrial(asked.then, known), at_hand(asked.now, traces))
    return concept_drift(trial, asked.concept, Thresholds.of(asked.now.statistics.alpha), unmatched=unmatched)


def _about(claim: Claim, generation: Generation) -> Iterator[Asked]:
    """Each concept of a claim by itself, in each of the claim's ways."""
    traced = {name: one for name, one in claim.concepts.items() if not one.published}
    m = claim.statistics.m or min(one.units for one in traced.values()) // 2
    for mode in claim.kind.modes(claim):
        for name, concept in traced.items():
            now = replace(
                claim,
                kind=Preserved(),
                terms={"of": name},
                concepts={name: concept},
                selection=_seen(claim.selection, mode),
                statistics=replace(claim.statistics, m=m),
            )
            yield Asked(now, replace(now, generation=generation))


def _seen(selection: Selection, mode: Mode) -> Selection:
    """A claim's selection in one of its ways; what neurons would be forced to is no part of it."""
    reading = reading_of(mode.positions)
    return replace(
        selection,
        normalize=mode.normalize,  # type: ignore[arg-type]
        positions=reading.positions,
        match=reading.match or None,
        exclude_first=reading.exclude_first,
        reduce=reading.reduce,
        ablate=Selection().ablate,
    )
