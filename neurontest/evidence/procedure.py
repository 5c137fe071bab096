"""How a kind of claim is tested, apart from what it declares; and the one place that looks for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from pkgutil import resolve_name

from neurontest.claims.base import Claim, Kind, Traces
from neurontest.errors import ExtensionError
from neurontest.stats.half_samples.half_t import Hypothesis
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.types import Evidence, ModelRequest, Thresholds


class Procedure(ABC):
    """The test of one kind of claim.

    A procedure has no state: what it finds is a function of the claim, its traces and the thresholds.
    """

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """What the half-sample test decides by, on given half-samples: all of it must be shown.

        Empty for a kind that a permutation alone decides.
        """
        return []

    def scores(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> tuple[ModelRequest, ...]:
        """What :meth:`evidence` must besides know of the model with neurons set; decided by the traces.

        Asked again once these are answered, until nothing more is needed.

        Parameters
        ----------
        traces : mapping from TraceRequest to Activations
            Answers to earlier ones among them.
        thresholds : Thresholds
            The smallest decides how many random sets are compared with at most.
        """
        return ()

    @abstractmethod
    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """Test the claim.

        Parameters
        ----------
        traces : mapping from TraceRequest to Activations
            Holds every request of the claim's kind, and of :meth:`scores`.
        thresholds : Thresholds
            The p-values that the family's correction may compare this claim's with; Monte-Carlo error is driven down
            until none of the open ones is in doubt.

        Raises
        ------
        EvidenceError
            If the traces cannot answer the claim.
        """


@cache
def procedure_of(kind: Kind) -> Procedure:
    """The procedure that a kind names.

    Raises
    ------
    ExtensionError
        If there is no such thing, or it is no :class:`Procedure`.
    """
    try:
        found = resolve_name(kind.procedure)()
    except Exception as error:  # a stranger's module may fail in any way
        raise ExtensionError(
            f"{kind.procedure}, which the kind {kind.name} names as its procedure, cannot be had:"
            f" {type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, Procedure):
        raise ExtensionError(f"{kind.procedure}, which the kind {kind.name} names as its procedure, is no Procedure")
    return found


def evidence_of(claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence of a claim; as :meth:`Procedure.evidence`."""
    return procedure_of(claim.kind).evidence(claim, traces, thresholds)
