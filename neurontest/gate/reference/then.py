"""What a reference says, as it is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurontest.gate.reference.folder import Reference
from neurontest.gate.reference.pruned import Pruned
from neurontest.types import Activations, ClaimRecord, ConceptRecord, Record, TraceRequest

#: What a claim requests of the model at hand, or what was kept of it.
Read = Mapping[TraceRequest, Activations | Pruned]


@dataclass(frozen=True)
class Then:
    """What a reference says, as it is looked up.

    Attributes
    ----------
    reference : Reference
    claims : mapping from (file, id) to ClaimRecord
    concepts : mapping from name to ConceptRecord
    """

    reference: Reference
    claims: Mapping[tuple[str, str], ClaimRecord]
    concepts: Mapping[str, ConceptRecord]

    @classmethod
    def of(cls, reference: Reference, record: Record) -> Then:
        """From a reference and its record, which was read."""
        claims = {(claim.family, claim.id): claim for claim in record.claims}
        return cls(reference, claims, {concept.name: concept for concept in record.concepts})
