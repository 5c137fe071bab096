"""Prompts dealt to concepts anew: half-samples of concepts whose prompts are rows of a common pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from neurontest.claims.trial import Trial
from neurontest.stats.half_samples import HalfSamples
from neurontest.stats.half_t import half_t
from neurontest.stats.halves import Floats, Halves, Indices, draw_halves
from neurontest.stats.relabel import Labels
from neurontest.stats.studentised import PAIRS
from neurontest.stats.terms import Key, Selector

#: From labels [relabeling, prompt] to a statistic [relabeling].
Statistic = Callable[[Labels], Floats]


def dealt_samples(
    pools: Mapping[str, Selector],
    members: Mapping[str, Indices],
    total: int,
    halves: Mapping[str, Halves],
    sample_of: Mapping[str, str],
    fixed: Mapping[Key, Floats],
    own: Mapping[Key, Selector] = MappingProxyType({}),
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
    own : mapping from Key to Selector
        Concepts that keep their prompts.
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
    for key, selector in own.items():
        places, sets[key] = selector.selected(halves[sample_of.get(key[0], key[0])].subsets)
        columns[key] = selector.columns[places]
    sizes = {key: (own[key] if key in own else pools[key[1]]).size for key in sets}
    return HalfSamples.given(sizes, columns, sets, halves, sample_of, fixed)


def paired_statistic(
    trial: Trial, exchanged: Sequence[str], held: str | None = None, by: float = 0.0
) -> tuple[Statistic, Statistic | None]:
    """The claim's studentised statistic where the prompts of some concepts are exchanged within shared templates.

    All half-samples are drawn anew for each relabeling, the same for all concepts of a sample; :data:`PAIRS` of them.

    Returns
    -------
    statistic : callable
    shifted : callable or None
        With `by`, the statistic of the labels as they are, less `by` before it is studentised.
    """
    pool = trial.selector(np.concatenate([trial.scores(name) for name in exchanged]), trial.m)
    templates, count = trial.n[exchanged[0]], len(exchanged)
    stream = trial.stream("permutation", "relabelled halves")
    own: dict[Key, Selector] = {}
    fixed: dict[Key, Floats] = {}
    if held is not None and held in trial.n:
        own[held, ""] = trial.selector(trial.scores(held), trial.m)
    elif held is not None:
        fixed[held, ""] = trial.published(held)
    asis = {
        name: draw_halves(size, trial.m, PAIRS, trial.stream("permutation", "own halves", name))
        for name, size in trial.sizes.items()
    }

    def statistic(labels: Labels, reference: float = 0.0) -> Floats:
        out = np.empty(len(labels))
        for at, row in enumerate(labels):
            source = np.argsort(row.reshape(count, templates), axis=0, kind="stable")
            members = {name: source[group] * templates + np.arange(templates) for group, name in enumerate(exchanged)}
            halves = {**asis, trial.sample_of[exchanged[0]]: draw_halves(templates, trial.m, PAIRS, stream)}
            samples = dealt_samples({"": pool}, members, count * templates, halves, trial.sample_of, fixed, own)
            (asked,) = trial.kind.hypotheses(trial.claim, samples)
            out[at] = half_t(samples, replace(asked, reference=reference, level=False)).t
        return out

    return statistic, (lambda labels: statistic(labels, by)) if by else None
