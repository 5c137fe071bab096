"""Prompts dealt to concepts anew: half-samples of concepts whose prompts are rows of a common pool."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurontest.arrays import Floats, Indices
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.halves import Halves
from neurontest.stats.terms import Key, Selector


def dealt_samples(
    pools: Mapping[str, Selector],
    members: Mapping[str, Indices],
    total: int,
    halves: Mapping[str, Halves],
    sample_of: Mapping[str, str],
    fixed: Mapping[Key, Floats],
) -> HalfSamples:
    """Half-samples of concepts that were dealt rows of common pools.

    Parameters
    ----------
    pools : mapping from mode to Selector
        Over all pooled prompts.
    members : mapping from concept to int array [prompt]
        The rows that it was dealt.
    total : int
        Prompts in a pool.
    halves : mapping from sample to Halves
    sample_of, fixed
        As for :class:`HalfSamples`.
    """
    rows = {name: halves[sample_of.get(name, name)].subsets for name in members}
    ends = np.cumsum([len(subsets) for subsets in rows.values()])
    columns: dict[Key, Indices] = {}
    sets: dict[Key, Floats] = {}
    for mode, pool in pools.items():
        wide = np.zeros((ends[-1], total))
        for end, (name, subsets) in zip(ends, rows.items(), strict=True):
            wide[end - len(subsets) : end, members[name]] = subsets
        places, chosen = pool.selected(wide)
        for end, (name, subsets) in zip(ends, rows.items(), strict=True):
            sets[name, mode] = chosen[end - len(subsets) : end]
            columns[name, mode] = pool.columns[places]
    sizes = {key: pools[key[1]].size for key in sets}
    return HalfSamples.given(sizes, columns, sets, halves, sample_of, fixed)
