"""The test of a named neuron: its studentised AUROC against each control, or against all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from neurontest.arrays import Floats
from neurontest.claims.base import Claim, Traces
from neurontest.evidence.permutation import against_key
from neurontest.evidence.procedure import Procedure
from neurontest.evidence.single_neurons import column_of
from neurontest.evidence.trial import Trial
from neurontest.kinds.specific import at_site, sides_of
from neurontest.stats.auroc import auroc, average_precision, delong_interval, spread_of_auroc
from neurontest.stats.relabeling.brunner_munzel import brunner_munzel
from neurontest.text import of_several, together
from neurontest.types import Estimate, Evidence, Interval, KeyResult, Thresholds


class SpecificNeuronProcedure(Procedure):
    """Studentised AUROC, by relabeling of the concept and each side."""

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence at the neuron's own site."""
        return _evidence(at_site(claim), traces, thresholds, sides_of(claim))


def _evidence(claim: Claim, traces: Traces, thresholds: Thresholds, sides: Sequence[tuple[str, ...]]) -> Evidence:
    """The evidence that a neuron is more active on a concept than on each of some sides.

    It must be shown of each (an intersection-union test: Berger 1982, Technometrics 24:295), so p is the largest. The
    opposite is that it is less active than on one of them: the smallest of as many p-values, times their number.

    Parameters
    ----------
    sides : sequence of tuple of concept
        What it is told from: each control alone, or all of them as one.
    """
    of = claim.said("of")
    trial = Trial(claim, traces)
    column = column_of(trial, claim.said("neuron"))
    values = {name: trial.scores(name)[:, column] for name in claim.concepts}
    pooled = [np.concatenate([values[name] for name in side]) for side in sides]
    areas = [auroc(values[of], others) for others in pooled]
    names = [together(side) for side in sides]
    keys, nulls = [], []
    for side, others, name in zip(sides, pooled, names, strict=True):
        key, null = against_key(
            trial,
            brunner_munzel(values[of], others),
            of,
            side,
            thresholds,
            f"a prompt of {of} is above one of {name} at most half of the time; their prompts are dealt anew to the"
            " two, and the AUROC is studentised (Brunner and Munzel)",
        )
        keys.append(replace(key, about=f"against {name}" if len(sides) > 1 else "", chances=len(sides)))
        nulls.append(null)
    weakest = max(range(len(sides)), key=lambda at: (keys[at].p, -areas[at]))
    own, others = values[of], pooled[weakest]
    level = claim.statistics.confidence
    interval = Interval(*delong_interval(own, others, level), level, "logit DeLong")
    least = of_several(len(sides), "controls")
    return trial.found(
        Estimate(f"{claim.said('neuron')}, {of} above {names[weakest]}{least}", areas[weakest], "AUROC", interval, 0.5),
        keys,
        nulls,
        [
            *_apart(values, of, dict(zip(names, keys, strict=True))),
            Estimate(f"average precision against {names[weakest]}", average_precision(own, others), ""),
        ],
        spread_of_auroc(len(own), len(others)),
        p_opposite=min(1.0, len(keys) * min(1.0 if key.p_opposite is None else key.p_opposite for key in keys)),
    )


def _apart(values: dict[str, Floats], of: str, keys: dict[str, KeyResult]) -> Iterator[Estimate]:
    """The AUROC against each concept alone, with its p-value where it was tested so."""
    for name, others in values.items():
        if name != of:
            note = f"p = {keys[name].p:.2g}" if name in keys else ""
            yield Estimate(f"against {name}", auroc(values[of], others), "AUROC", note=note)
