"""What is said of a claim about a change where there is nothing to compare with; the gate has the test."""

from __future__ import annotations

from neurontest.claims.base import Claim, Traces
from neurontest.evidence.procedure import Procedure
from neurontest.types import Estimate, Evidence, Thresholds

NO_REFERENCE = (
    "it is about a change, and there is nothing to compare with: give a reference (pytest --concept-against FOLDER)"
)


class PreservedProcedure(Procedure):
    """None without a reference; with one, :mod:`neurontest.gate.neurons.preserved` has it."""

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Evidence that decides nothing."""
        return refused(claim, NO_REFERENCE)


def refused(claim: Claim, why: str) -> Evidence:
    """Evidence that decides nothing."""
    counts = {name: one.units for name, one in claim.concepts.items()}
    return Evidence(Estimate(claim.sentence, 0.0), (), 1.0, 1.0, (), (), counts, 0, refusal=why)
