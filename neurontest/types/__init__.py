"""What travels from stage to stage: one frozen type per arrow of the way through the house.

spec -> :class:`Suite` -> plan -> :class:`TracePlan` -> trace -> :class:`Activations` -> neurons -> :class:`NeuronSet`
-> stats -> :class:`Evidence` -> verdict -> :class:`Verdict` -> report <- :class:`Record`

Array axes: ``[prompt, neuron]`` for activations, ``[subset, prompt]`` for half-samples and relabelings,
``[subset, neuron]`` for memberships of sets.
"""

from neurontest.types.causal import Forcing, ScoreRequest
from neurontest.types.evidence import (
    Estimate,
    Evidence,
    Finding,
    Interval,
    KeyResult,
    NullSummary,
    Thresholds,
    Vacuity,
    Verdict,
)
from neurontest.types.neurons import Head, Neuron, NeuronSet, OverlapMatrix, PublishedNeuron
from neurontest.types.record import (
    RECORD_VERSION,
    ClaimRecord,
    ConceptRecord,
    FamilyRecord,
    ModelRecord,
    Record,
    TraceRecord,
)
from neurontest.types.spec import (
    BASELINE,
    Claim,
    Concept,
    Family,
    Generation,
    Location,
    Selection,
    Statistics,
    Suite,
    drawn_selections,
)
from neurontest.types.trace import (
    Activations,
    Continuation,
    GivenText,
    ModelHandle,
    Notice,
    Positions,
    Progress,
    Reading,
    TraceGroup,
    TracePlan,
    TraceRequest,
    reading_of,
    silent,
    unnoticed,
)

__all__ = [
    "BASELINE",
    "RECORD_VERSION",
    "Activations",
    "Claim",
    "ClaimRecord",
    "Concept",
    "ConceptRecord",
    "Continuation",
    "Estimate",
    "Evidence",
    "Family",
    "FamilyRecord",
    "Finding",
    "Forcing",
    "Generation",
    "GivenText",
    "Head",
    "Interval",
    "KeyResult",
    "Location",
    "ModelHandle",
    "ModelRecord",
    "Neuron",
    "NeuronSet",
    "Notice",
    "NullSummary",
    "OverlapMatrix",
    "Positions",
    "Progress",
    "PublishedNeuron",
    "Reading",
    "Record",
    "ScoreRequest",
    "Selection",
    "Statistics",
    "Suite",
    "Thresholds",
    "TraceGroup",
    "TracePlan",
    "TraceRecord",
    "TraceRequest",
    "Vacuity",
    "Verdict",
    "drawn_selections",
    "reading_of",
    "silent",
    "unnoticed",
]
