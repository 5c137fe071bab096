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
from neurontest.types.gate import (
    AcceptedChange,
    Comparison,
    Floor,
    FloorRepeat,
    FloorVaries,
    GateStatus,
    NoiseFloor,
    ReferenceRecord,
    Rewritten,
    TextPair,
)
from neurontest.types.neurons import Head, Neuron, NeuronSet, OverlapMatrix, PublishedNeuron
from neurontest.types.reading import Positions, Reading, reading_of
from neurontest.types.record import (
    RECORD_VERSION,
    ClaimRecord,
    ConceptRecord,
    FamilyRecord,
    ModelRecord,
    Record,
    TextsRecord,
    TraceRecord,
)
from neurontest.types.repeat import Repeat
from neurontest.types.sections import Generation, Look, Selection, Statistics, drawn_selections
from neurontest.types.spec import BASELINE, OF_THE_CEILING, Concept, Location
from neurontest.types.tokens import TOKENS_VERSION, ConceptTokens, TokensRecord, TokenText
from neurontest.types.trace import (
    Activations,
    Continuation,
    GivenText,
    ModelHandle,
    Notice,
    Progress,
    TraceGroup,
    TracePlan,
    TraceRequest,
    notices_of,
    silent,
    unnoticed,
)
from neurontest.types.verdict import Detectable, Finding, Thresholds, Vacuity, Verdict

__all__ = [
    "BASELINE",
    "OF_THE_CEILING",
    "RECORD_VERSION",
    "TEXT_SCORES",
    "TOKENS_VERSION",
    "WORD_SCORES",
    "AcceptedChange",
    "Activations",
    "ClaimRecord",
    "Comparison",
    "Concept",
    "ConceptDrift",
    "ConceptRecord",
    "ConceptTokens",
    "Continuation",
    "Detectable",
    "Drifted",
    "Estimate",
    "Evidence",
    "FamilyRecord",
    "Finding",
    "Floor",
    "FloorRepeat",
    "FloorVaries",
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
    "NoiseFloor",
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
    "ReferenceRecord",
    "Repeat",
    "Rewritten",
    "ScoreRequest",
    "Selection",
    "Spread",
    "Statistics",
    "Tally",
    "TextPair",
    "TextsRecord",
    "Thresholds",
    "TokenText",
    "TokensRecord",
    "TraceGroup",
    "TracePlan",
    "TraceRecord",
    "TraceRequest",
    "Vacuity",
    "Verdict",
    "WriteRequest",
    "drawn_selections",
    "notices_of",
    "reading_of",
    "silent",
    "unnoticed",
]
