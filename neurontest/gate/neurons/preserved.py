"""The test of claims that a concept's neurons are preserved: drift, against a share of the ceiling.

Two models of one concept share on average no more than two halves in one model do. It is preserved if they share more
than a part of that: ``cross - (1 - within) (W_then + W_now) / 2 > 0``, one linear term of half-samples of both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from neurontest.claims.base import Claim, Traces
from neurontest.evidence.conclusion import t_null
from neurontest.evidence.kinds.preserved import refused
from neurontest.evidence.procedure import evidence_of as evidence_on_one
from neurontest.evidence.single_neurons import MissingNeuronError
from neurontest.evidence.trial import Trial
from neurontest.gate.neurons.drift import Matching, drifted
from neurontest.gate.reference.pruned import Pruned, PrunedTrial
from neurontest.gate.reference.same import difference
from neurontest.gate.reference.then import Read, Then
from neurontest.gate.ways.paired import PairedTrial
from neurontest.kinds.preserved import BY_DEED, Preserved, within
from neurontest.stats.half_samples.half_t import Hypothesis
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.terms import Term
from neurontest.types import Estimate, Evidence, Thresholds

Test = Callable[[Claim, Traces, Thresholds], Evidence]
#: On other words a neuron does not correlate with itself as it must: unchanged models were called weakened.
OTHER_WORDS = (
    "it cannot be compared: what neurons do is matched on the same words alone, and each model has written its own;"
    " compare on the reference's texts (--concept-against-texts same)"
)


def against(then: Then, *, own_texts: bool = False) -> Test:
    """The test of any claim where a reference is given: a claim about the change looks at both models.

    A neuron that a claim names may be none of the model at hand: that refuses the claim alone. Without a reference it
    is a fault of the spec.

    Parameters
    ----------
    then : Then
    own_texts : bool
        Whether each model has texts of its own.
    """

    def test(claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        if isinstance(claim.kind, Preserved):
            if own_texts and claim.terms.get("meant") == BY_DEED and claim.selection.positions != "prompt":
                return refused(claim, OTHER_WORDS)
            return evidence_of(claim, then, traces, thresholds)
        try:
            return evidence_on_one(claim, traces, thresholds)
        except MissingNeuronError as error:
            return refused(claim, str(error))

    return test


def evidence_of(claim: Claim, then: Then, traces: Read, thresholds: Thresholds) -> Evidence:
    """The evidence by half-t; refused, with the reason, where the reference cannot be compared with.

    Parameters
    ----------
    traces : mapping from TraceRequest to Activations, or to Pruned
        Of the model at hand, or what another reference kept of one.
    """
    before = then.claims.get((claim.where.file, claim.id))
    why = difference(claim, before, then.concepts)
    if why or before is None:
        return refused(claim, f"it cannot be compared: {why}")
    own = replace(claim, generation=before.generation)
    kept = {request: then.reference.activations(request) for request in own.kind.requests(own)}
    if None in kept.values():
        return refused(claim, "it cannot be compared: the reference kept none of its activations; record it anew")
    earlier = PrunedTrial(own, {request: one for request, one in kept.items() if one is not None})
    later = _at_hand(claim, traces)
    if later is None:
        return refused(claim, "it cannot be compared: none of its activations are at hand; record them anew")
    trial = PairedTrial(earlier, later)
    matched = claim.terms.get("meant") == BY_DEED
    shapes = [(one.layers, one.width) for one in (earlier.shape, trial.shape)]
    if not matched and shapes[0] != shapes[1]:
        layers, width = (f"{shapes[0][at]} then and {shapes[1][at]} now" for at in (0, 1))
        return refused(
            claim, f"a number names no neuron of both models (layers: {layers}; neurons: {width}); say '{BY_DEED}'"
        )
    return drift_evidence(claim, trial, Matching(trial, claim.said("of"), "") if matched else None, thresholds)


def _at_hand(claim: Claim, traces: Read) -> Trial | None:
    asked = {request: traces[request] for request in claim.kind.requests(claim) if request in traces}
    if len(asked) < len(claim.kind.requests(claim)):
        return None
    pruned = {request: one for request, one in asked.items() if isinstance(one, Pruned)}
    if pruned:
        return PrunedTrial(claim, pruned)
    return Trial(claim, {at: one for at, one in asked.items() if not isinstance(one, Pruned)})


def drift_evidence(claim: Claim, trial: PairedTrial, matching: Matching | None, thresholds: Thresholds) -> Evidence:
    """The evidence on both models; with a matching, neurons are told by what they do."""
    name, part = claim.said("of"), 1 - within(claim)

    def terms(samples: HalfSamples) -> tuple[Term, Term, Term, Term]:
        _, then, now, cross = drifted(matching(samples) if matching else samples, name, "")
        found = ((cross - part * (then + now) * 0.5), then, now, cross)
        left, then, now, cross = (matching.unnamed(one, samples) for one in found) if matching else found
        return left, then, now, cross

    (decisive,) = trial.settle(lambda samples: [Hypothesis(terms(samples)[0], level=True)], thresholds)
    then, now, cross = trial.describe(lambda samples: [Hypothesis(one, level=True) for one in terms(samples)[1:]])
    ceiling = (then.estimate + now.estimate) / 2
    shared = min(max(cross.estimate / ceiling, 0.0), 1.0) if ceiling > 0 else 0.0
    return trial.evidence(
        trial.estimate(
            f"{name}, shared by a half then and another now, minus {part:.0%} of the ceiling",
            decisive,
            note=f"{shared:.0%} of the ceiling",
        ),
        decisive,
        [trial.key(decisive)],
        [t_null(decisive)],
        [
            trial.estimate("a half then and the other half now", cross, tested=False),
            trial.estimate("two halves then", then, note="ceiling", tested=False),
            trial.estimate("two halves now", now, note="ceiling", tested=False),
            Estimate("drift", ceiling - cross.estimate, note="what the two models share less than two halves in one"),
        ],
    )
