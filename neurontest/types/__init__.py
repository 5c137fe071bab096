"""What travels from stage to stage: one frozen type per arrow of the way through the house.

spec -> :class:`Suite` -> plan -> :class:`TracePlan` -> trace -> :class:`Activations` -> neurons -> :class:`NeuronSet`
-> stats -> :class:`Evidence` -> verdict -> :class:`Verdict` -> report <- :class:`Record`

Array axes: ``[prompt, neuron]`` for activations, ``[subset, prompt]`` for half-samples and relabelings,
``[subset, neuron]`` for memberships of sets.
"""

from neurontest.types.causal import TEXT_SCORES, WORD_SCORES, Forcing, ModelRequest, ScoreRequest, WriteRequest
from neurontest.types.drift import ConceptDrift, Drifted, Moved, Place
from neurontest.types.evidence import (
    Estimate,
    Evidence,
    Interval,
    KeyResult,
    NearCopies,
    NullSummary,
    PerPrompt,
    Spread,
    Tally,
)
from neurontest.types.gate import Comparison, GateStatus
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
from neurontest.types.repeat import Alternative, Repeat, alternatives
from neurontest.types.sections import Generation, Look, Selection, Statistics, drawn_selections
from neurontest.types.spec import (
    BASELINE,
    OF_THE_CEILING,
    Claim,
    Concept,
    Family,
    Location,
    Suite,
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
    notices_of,
    reading_of,
    silent,
    unnoticed,
)
from neurontest.types.verdict import Detectable, Finding, Thresholds, Vacuity, Verdict

__all__ = [
    "BASELINE",
    "OF_THE_CEILING",
    "RECORD_VERSION",
    "TEXT_SCORES",
    "WORD_SCORES",
    "Activations",
    "Alternative",
    "Claim",
    "ClaimRecord",
    "Comparison",
    "Concept",
    "ConceptDrift",
    "ConceptRecord",
    "Continuation",
    "Detectable",
    "Drifted",
    "Estimate",
    "Evidence",
    "Family",
    "FamilyRecord",
    "Finding",
    "Forcing",
    "GateStatus",
    "Generation",
    "GivenText",
    "Head",
    "Interval",
    "KeyResult",
    "Location",
    "Look",
    "ModelHandle",
    "ModelRecord",
    "ModelRequest",
    "Moved",
    "NearCopies",
    "Neuron",
    "NeuronSet",
    "Notice",
    "NullSummary",
    "OverlapMatrix",
    "PerPrompt",
    "Place",
    "Positions",
    "Progress",
    "PublishedNeuron",
    "Reading",
    "Record",
    "Repeat",
    "ScoreRequest",
    "Selection",
    "Spread",
    "Statistics",
    "Suite",
    "Tally",
    "Thresholds",
    "TraceGroup",
    "TracePlan",
    "TraceRecord",
    "TraceRequest",
    "Vacuity",
    "Verdict",
    "WriteRequest",
    "alternatives",
    "drawn_selections",
    "notices_of",
    "reading_of",
    "silent",
    "unnoticed",
]
