"""How the kind is tested. Imported when a family is tested, and not before."""

from __future__ import annotations

import numpy as np

from neurontest.arrays import Floats
from neurontest.claims.base import Claim, Traces
from neurontest.errors import EvidenceError
from neurontest.evidence.conclusion import t_null
from neurontest.evidence.procedure import Procedure
from neurontest.evidence.trial import Trial
from neurontest.stats.half_samples.half_t import Hypothesis
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.terms import Key
from neurontest.types import Evidence, Thresholds

#: The layer's neurons, as a set that does not hang on prompts.
LAYER: Key = ("(layer)", "")


class LayerShareProcedure(Procedure):
    """By half-t: what half-samples' sets share with all neurons of the layer, against a share of k."""

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """``theta(concept, layer)`` above the share of k."""
        least = float(claim.said("share").rstrip("%")) / 100 * claim.selection.k
        return [Hypothesis(samples.overlap((claim.said("of"), ""), LAYER), least)]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence that so many of the set are in the layer."""
        trial = _WithLayer(claim, traces)
        (decisive,) = trial.decide(thresholds)
        name = f"neurons of {claim.said('of')} in layer {claim.number('layer'):g}"
        return trial.evidence(
            trial.estimate(name, decisive), decisive, [trial.key(decisive)], [t_null(decisive)], details=[]
        )


class _WithLayer(Trial):
    def fixed(self) -> dict[Key, Floats]:
        """Sets that are the same in every half-sample: the neurons of the layer."""
        shape, layer = self.shape, int(self.claim.number("layer"))
        if layer >= shape.layers:
            raise EvidenceError(f"{self.claim.node}: there is no layer {layer}; the model has {shape.layers}")
        inside = np.zeros((shape.layers, shape.width))
        inside[layer] = 1.0
        return {**super().fixed(), LAYER: inside.ravel()}
