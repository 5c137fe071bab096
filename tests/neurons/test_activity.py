"""The activity of a set at a token: averaged over what was averaged, it is the mean of the set's scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurontest.neurons.activity import activity
from neurontest.neurons.table import neuron_set
from neurontest.types import Activations, Selection

LAYERS, WIDTH, TOKENS = 2, 6, 5


def activations(values: Any) -> Activations:
    return Activations(np.asarray(values, dtype=np.float32), LAYERS, WIDTH, "")


@pytest.mark.parametrize("identity", ["neuron", "dimension"])
@pytest.mark.parametrize("normalize", ["raw", "difference", "zscore"])
def test_the_mean_over_all_tokens_is_the_mean_of_the_scores(normalize: Any, identity: Any) -> None:
    rng = np.random.default_rng(4)
    tokens = rng.normal(2, 1, (3, TOKENS, LAYERS * WIDTH)).astype(np.float32)
    baseline = activations(rng.normal(1, 2, (7, LAYERS * WIDTH)))
    selection = Selection(normalize=normalize, identity=identity, k=3)
    found = neuron_set("a", selection, activations(tokens.mean(axis=1)), baseline)
    columns = np.array([one.layer * WIDTH + one.index for one in found.neurons])
    got = activity(tokens.reshape(-1, LAYERS * WIDTH)[:, columns], columns, selection, baseline)
    assert got.shape == (3 * TOKENS,)
    assert got.mean() == pytest.approx(np.mean([one.score for one in found.neurons]), rel=1e-5)


def test_without_a_baseline_it_is_the_mean_activation_and_nothing_stays_nothing() -> None:
    values = np.array([[1.0, 3.0], [np.nan, np.nan], [-2.0, 0.0]], dtype=np.float32)
    got = activity(values, np.array([0, 7]), Selection(normalize="raw"), None)
    np.testing.assert_array_equal(got, [2.0, np.nan, -1.0])
