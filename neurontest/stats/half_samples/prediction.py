"""Prediction over concepts: whether one more of them is beyond what those at hand let expect of the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurontest.stats.half_samples.half_t import Hypothesis
from neurontest.stats.terms import Term, mean


def prediction(own: Term, controls: Sequence[Term], prompts: int) -> Hypothesis:
    """That a term is above the mean of its like, by how these differ from each other.

    Student's t of one further draw from a population of which J are known: variance ``(1 + 1 / J) s^2`` on J - 1
    degrees of freedom. The spread of estimates holds the noise of their prompts as well; it is never taken for less
    than that of one neuron flipping with probability 1/n.

    Parameters
    ----------
    own : Term
        What a concept shares with one of which it is asked whether it is like the controls.
    controls : sequence of Term
        What it shares with each control.
    prompts : int
        Of the smallest concept.
    """
    count = len(controls)
    spread = max(float(np.var([one.value for one in controls], ddof=1)), 1 / prompts**2)
    return Hypothesis(own - mean(controls), given=((1 + 1 / count) * spread, count - 1))
