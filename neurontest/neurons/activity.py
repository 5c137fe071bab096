"""How active the neurons of a set are, in one number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurontest.arrays import Floats
from neurontest.neurons.normalize import normalize, typical_variance
from neurontest.types import Activations, Selection


def activity(
    values: npt.NDArray[np.floating], columns: npt.NDArray[np.int64], selection: Selection, baseline: Activations | None
) -> Floats:
    """The mean over some neurons of what they are selected by, at each of some places.

    Over all tokens that a reading averages it is the mean of the scores of the set.

    Parameters
    ----------
    values : float array [place, neuron]
        Activations, NaN at places where there are none.
    columns : int array [neuron]
        Which of the baseline's columns each neuron is.
    selection : Selection
        Says what is subtracted, and divided by.
    baseline : Activations or None

    Returns
    -------
    float64 array [place]
        NaN where there are no values.
    """
    typical = neutral = None
    if baseline is not None:
        neutral = baseline.values[:, columns]
        if selection.normalize == "zscore" and len(neutral) > 1:
            typical = typical_variance(baseline.values) if baseline.typical is None else baseline.typical
    out: Floats = normalize(values, neutral, selection.normalize, typical).mean(axis=1)
    return out
