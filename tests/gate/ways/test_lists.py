"""Prompts' own lists, of what a reference kept."""

from __future__ import annotations

import numpy as np
import pytest

from neurontest.evidence.single_neurons import top_lists
from neurontest.evidence.trial import Trial
from neurontest.gate.reference.pruned import Pruned, PrunedTrial
from neurontest.gate.ways.lists import listed_columns, lists_of
from neurontest.types import Selection
from tests.worlds import claim_on

SIDES = ("a", "neutral")
LAYERS, WIDTH = 3, 30


@pytest.mark.parametrize("selection", [{}, {"identity": "dimension"}, {"per_prompt_k": 3}, {"normalize": "raw"}])
def test_of_the_neurons_in_some_list_they_come_out_the_same(selection: dict[str, object]) -> None:
    rng = np.random.default_rng(5)
    data = {name: rng.normal(size=(n, LAYERS * WIDTH)) for name, n in (("a", 8), ("neutral", 12))}
    data["a"][:, 7] += 2
    baseline = rng.normal(size=(9, LAYERS * WIDTH))
    chosen = Selection(k=5, **selection)  # type: ignore[arg-type]
    claim, traces = claim_on("a has consistent neurons against neutral", data, baseline, width=WIDTH, selection=chosen)
    whole = Trial(claim, traces)
    needed = listed_columns(whole, SIDES)
    expected, columns = top_lists(whole, SIDES)
    assert set(needed) == set(claim.kind.requests(claim))
    assert max(map(len, needed.values())) < LAYERS * WIDTH
    # Another claim may need more of one side.
    other = np.arange(LAYERS * WIDTH) if "identity" in selection else np.arange(20)
    mine = claim.concepts["a"].prompts
    more = {at: own if at.prompts == mine else np.union1d(own, other) for at, own in needed.items()}
    found, names = lists_of(PrunedTrial(claim, {at: Pruned.of(traces[at], more[at]) for at in traces}), SIDES)
    assert names.tolist() == columns.tolist()
    assert np.array_equal(found, expected)
    assert lists_of(whole, SIDES)[1].tolist() == columns.tolist()
