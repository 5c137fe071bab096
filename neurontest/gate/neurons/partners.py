"""Named neurons of a reference, looked for in a changed model by what they do.

A neuron is told by how it varies among the prompts of one concept, and not by what it tells one concept from another
by: that is what is tested afterwards, and a match that was chosen by it would be flattered by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from neurontest.arrays import Floats
from neurontest.evidence.single_neurons import column_of, label
from neurontest.evidence.trial import Trial
from neurontest.gate.neurons.matching import POOR, assigned, correlations
from neurontest.gate.reference.pruned import PrunedTrial
from neurontest.gate.ways.survival import IncomparableError

#: How often the best of so many neurons that do something else may be taken for a match.
BY_CHANCE = 0.05


@dataclass(frozen=True)
class Partner:
    """A neuron of the reference, and the one of the model at hand that does most of what it did.

    Attributes
    ----------
    neuron, now : str
        Their names, such as ``L11.mlp[756]``.
    correlation, second : float
        Pearson's, with that one and with the best of all others.
    least : float
        The correlation from which on two neurons are taken for one.
    poor : bool
        The match says little: too low, or another one does nearly the same.
    """

    neuron: str
    now: str
    correlation: float
    second: float
    least: float
    poor: bool

    @property
    def found(self) -> bool:
        """Whether the two are taken for one."""
        return self.correlation >= self.least

    @property
    def moved(self) -> bool:
        """Whether it is found, and under another number."""
        return self.found and self.now != self.neuron

    def __str__(self) -> str:
        how = f"r = {self.correlation:.2f}, the second best {self.second:.2f}"
        if not self.found:
            return (
                f"no neuron does what {self.neuron} did: the nearest is {self.now} ({how}; one needs {self.least:.2f})"
            )
        alike = "; that one does nearly the same" if self.poor else ""
        return f"what {self.neuron} did, {self.now} does now ({how}{alike})"


def partners(then: Trial, now: Trial, neurons: Sequence[str]) -> tuple[Partner, ...]:
    """Match neurons one to one with any of the model at hand, in whatever layer.

    Parameters
    ----------
    then : Trial
        On what was kept of the reference; these neurons are at hand.
    now : Trial
        The same claim on the model at hand; of the same prompts.
    neurons : sequence of str
        Such as ``L11.mlp[756]``; each once.

    Raises
    ------
    IncomparableError
        If not all neurons of the changed model are at hand, or a number stands for the neurons of all layers.
    """
    if isinstance(now, PrunedTrial):
        raise IncomparableError("neurons are looked for by what they do in a model at hand alone, not in a reference")
    if now.claim.selection.identity == "dimension":
        raise IncomparableError("an index that stands for the neurons of all layers is matched with none")
    columns = np.array([column_of(then, neuron) for neuron in neurons])
    earlier = np.concatenate([_centred(then.columns(name, "", columns)) for name in then.n])
    values = [now.activations(name, "").values for name in now.n]
    width, size = now.shape.width, now.shape.layers * now.shape.width
    # Layer by layer: all of a large model in float64 would be several times what was traced of it.
    together = np.concatenate(
        [
            correlations(earlier, np.concatenate([_centred(one[:, first : first + width]) for one in values]))
            for first in range(0, size, width)
        ],
        axis=1,
    )
    matches = assigned(together, least=max(POOR, by_chance(size, len(earlier) - len(then.n))))
    return tuple(
        Partner(
            neuron,
            label(now, int(matches.partner[at])),
            float(matches.correlation[at]),
            float(matches.second[at]),
            matches.least,
            bool(matches.poor[at]),
        )
        for at, neuron in enumerate(neurons)
    )


def by_chance(size: int, freedom: int) -> float:
    """The correlation that the best of so many neurons that do something else reaches in one of twenty models.

    Parameters
    ----------
    size : int
        Neurons looked at.
    freedom : int
        Prompts, less the concepts that each is centred in.
    """
    df = freedom - 1
    if df < 1:
        return 1.0
    t = float(stats.t.isf(BY_CHANCE / size, df))
    return float(t / (df + t * t) ** 0.5)


def _centred(rows: npt.NDArray[np.floating]) -> Floats:
    values = np.asarray(rows, dtype=np.float64)
    out: Floats = values - values.mean(axis=0)
    return out
