"""Neurons of two models matched by what they do: the same neuron may have another number in a changed model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from neurontest.arrays import Floats, Indices

#: Changed whenever the same activations would be matched otherwise.
MATCHING_VERSION = 2
#: A correlation beyond this is that of a neuron with itself, as far as sums are rounded.
_ITSELF = 1 - 1e-9
#: A match whose correlation is below this, or no further above the second best than the other, is called poor.
POOR, CLOSE = 0.8, 0.05


@dataclass(frozen=True)
class Matches:
    """For each neuron of a reference, one of the candidate.

    Attributes
    ----------
    partner : int array [reference neuron]
        Its place among the candidate's; -1 where the candidate has too few.
    correlation, second : float64 array [reference neuron]
        Pearson's, over prompts, with the partner and with the best of all others; 0 where there is none.
    least : float
        The correlation from which on two neurons do much the same.
    """

    partner: Indices
    correlation: Floats
    second: Floats
    least: float = POOR

    @property
    def alike(self) -> np.ndarray:
        """Whether the two do much the same: bool array [reference neuron]."""
        return (self.partner >= 0) & (self.correlation >= self.least)

    @property
    def poor(self) -> np.ndarray:
        """Whether each match says little: bool array [reference neuron]."""
        return ~self.alike | (self.correlation - self.second < CLOSE)


def matched(reference: Floats, candidate: Floats) -> Matches:
    """Match neurons one to one so that the sum of their correlations, as Fisher's z, is largest.

    By the Hungarian method (Kuhn 1955, Nav. Res. Logist. Q. 2:83). Of correlations as they are the sum may be largest
    where a whole row of much the same neurons, such as one of the residual stream in layer after layer, has each taken
    the next one's place; in z nothing makes up for a neuron's match with itself.

    Parameters
    ----------
    reference : float array [prompt, neuron]
    candidate : float array [prompt, neuron]
        Of the same prompts, and as many neurons or more.
    """
    return assigned(correlations(reference, candidate))


def assigned(together: Floats, least: float = POOR) -> Matches:
    """The same by their correlations [reference neuron, candidate neuron], which need not be at hand all at once."""
    # One that runs the other way is no match, and none is worse than another.
    rows, columns = linear_sum_assignment(np.arctanh(np.clip(together, 0.0, _ITSELF)), maximize=True)
    partner = np.full(len(together), -1)
    partner[rows] = columns
    own, second = np.zeros(len(together)), np.zeros(len(together))
    own[rows] = together[rows, columns]
    if together.shape[1] > 1:
        others = together.copy()
        others[rows, columns] = -np.inf
        second = np.maximum(others.max(axis=1), -1.0)
    return Matches(partner, own, second, least)


def correlations(a: Floats, b: Floats) -> Floats:
    """Pearson's correlations [neuron of a, neuron of b] over prompts; 0 with what does not move."""
    left, right = _standard(a), _standard(b)
    return np.asarray(left.T @ right)


def _standard(values: Floats) -> Floats:
    centred = np.asarray(values, dtype=np.float64) - np.mean(values, axis=0, dtype=np.float64)
    norm = np.sqrt((centred**2).sum(axis=0))
    out: Floats = np.divide(centred, norm, out=np.zeros_like(centred), where=norm > 0)
    return out
