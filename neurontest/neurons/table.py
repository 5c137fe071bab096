"""The neuron set of a concept as a ranked list: the write-up's table of rank, layer, neuron and occurrences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neurontest.neurons.normalize import Floats, fixed_point, normalize
from neurontest.neurons.select import selector, top
from neurontest.types import Activations, Neuron, NeuronSet, Selection


def grouped(activations: Activations, groups: Sequence[str]) -> Activations:
    """Activations of groups of prompts, each averaged over its prompts; rows in the order of the groups' names.

    A group (of paraphrases, or a template) is drawn or left out whole, as one prompt is. Without groups: as they are.
    """
    if not groups:
        return activations
    names = sorted(set(groups))
    rows = [[at for at, own in enumerate(groups) if own == name] for name in names]
    values = np.stack([activations.values[own].mean(axis=0, dtype=np.float64) for own in rows]).astype(np.float32)
    return replace(activations, values=values)


def scores_of(selection: Selection, activations: Activations, baseline: Activations | None) -> Floats:
    """Normalized activations [prompt, neuron] under a selection.

    Raises
    ------
    ValueError
        If the selection subtracts a baseline and there is none.
    """
    return normalize(activations.values, None if baseline is None else baseline.values, selection.normalize)


def full_set(selection: Selection, activations: Activations, baseline: Activations | None) -> Floats:
    """Memberships [neuron] of the set that all prompts select; fractions where neurons tie for the last places."""
    scores = scores_of(selection, activations, baseline)
    chosen = selector(
        scores,
        select=selection.select,
        k=selection.k,
        smallest=len(scores),
        per_prompt_k=selection.per_prompt_k,
        width=activations.width if selection.identity == "dimension" else None,
    )
    out = np.zeros(chosen.size)
    out[chosen.columns] = chosen.memberships(np.ones((1, len(scores))))[0]
    return out


def neuron_set(concept: str, selection: Selection, activations: Activations, baseline: Activations | None) -> NeuronSet:
    """The k neurons that a concept's prompts select, ranked as they were selected.

    Ties are broken by (layer, index) for display, and marked.
    """
    scores = scores_of(selection, activations, baseline)
    prompts, width = len(scores), activations.width
    exact = fixed_point(scores, prompts)
    layer = np.arange(scores.shape[1]) // width
    if selection.identity == "dimension":
        layer = exact.sum(axis=0).reshape(-1, width).argmax(axis=0)
        per_prompt = exact.reshape(prompts, -1, width).max(axis=1)
        sums = exact.sum(axis=0).reshape(-1, width).max(axis=0)
        means = scores.mean(axis=0).reshape(-1, width).max(axis=0)
    else:
        per_prompt, sums, means = exact, exact.sum(axis=0), scores.mean(axis=0)
    lists = top(per_prompt, selection.per_prompt_k or selection.k)
    occurrences = lists.sum(axis=0)
    member = full_set(selection, activations, baseline)
    first = occurrences if selection.select == "consistency" else np.zeros_like(sums)
    chosen = np.flatnonzero(member > 0)
    # Within the chosen: by the selection's own order, then layer and index.
    order = np.lexsort((chosen % width, layer[chosen], -sums[chosen], -first[chosen]))
    ranked = chosen[order][: selection.k]
    return NeuronSet(
        concept=concept,
        site=selection.site,
        positions=selection.positions,
        normalize=selection.normalize,
        select=selection.select,
        k=selection.k,
        identity=selection.identity,
        prompts=prompts,
        neurons=tuple(
            Neuron(
                rank=rank,
                layer=int(layer[one]),
                index=int(one % width),
                score=float(means[one]),
                occurrences=round(float(occurrences[one])),
                share=round(float(occurrences[one])) / prompts,
                tied=bool(member[one] < 1),
            )
            for rank, one in enumerate(ranked, start=1)
        ),
    )
