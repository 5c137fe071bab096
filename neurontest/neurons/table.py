"""The neuron set of a concept as a ranked list: the write-up's table of rank, layer, neuron and occurrences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neurontest.arrays import Floats
from neurontest.neurons.normalize import fixed_point, normalize
from neurontest.neurons.select import selector, top
from neurontest.types import Activations, Neuron, NeuronSet, Selection


def units(activations: Activations, prompts: Sequence[str], groups: Sequence[str] = ()) -> Activations:
    """Activations of what a test draws or leaves out whole, so that no result depends on the order of a list.

    Parameters
    ----------
    activations : Activations
        A row for each of the `prompts`.
    groups : sequence of str
        The group of each prompt (of paraphrases, or of those made from one template), if they have any.

    Returns
    -------
    Activations
        A row for each prompt, in the order of their texts; or for each group, the mean of its prompts, in the order of
        the groups' names.
    """
    order = sorted(range(len(prompts)), key=prompts.__getitem__)
    values = activations.values if order == list(range(len(prompts))) else activations.values[order]
    if groups:
        own = [groups[at] for at in order]
        rows = [[at for at, name in enumerate(own) if name == group] for group in sorted(set(own))]
        values = np.stack([values[of].mean(axis=0, dtype=np.float64) for of in rows]).astype(np.float32)
    return replace(activations, values=values)


def unit_names(prompts: Sequence[str], groups: Sequence[str] = ()) -> tuple[str, ...]:
    """What the rows of :func:`units` stand for."""
    return tuple(sorted(set(groups)) if groups else sorted(prompts))


def scores_of(selection: Selection, activations: Activations, baseline: Activations | None) -> Floats:
    """Normalized activations [prompt, neuron] under a selection.

    Raises
    ------
    ValueError
        If the selection subtracts a baseline and there is none.
    """
    if baseline is None:
        return normalize(activations.values, None, selection.normalize)
    return normalize(activations.values, baseline.values, selection.normalize, baseline.typical)


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
        match=selection.match,
        exclude_first=selection.exclude_first,
        reduce=selection.reduce,
        head_size=activations.width // activations.heads if activations.heads else None,
    )
