"""How the prompts of a suite are dealt to a claim's concepts at random, where that makes concepts mean nothing.

What is dealt are rows of a pool: the prompts of all concepts, or their groups. Concepts that share templates are dealt
the same templates, since their sets are compared on the same halves of them; no other two are ever dealt one template,
nor is one concept dealt it twice, since its halves would then have in common what they never have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neurontest.arrays import Indices
from neurontest.claims.base import Claim, Kind
from neurontest.claims.exchange import samples_of
from neurontest.stats.streams import Stream
from neurontest.types import Concept


@dataclass(frozen=True)
class Deal:
    """Who is dealt which rows of the pool.

    Attributes
    ----------
    within : tuple of (tuple of str, int array [concept])
        Concepts of the claim that share their templates, and the first rows of these and of all others of the pool that
        have the very same ones: each template is dealt to them anew.
    free : mapping from concept to int
        All others, and how many rows each of them is dealt.
    rows : int array [row]
        What these are dealt from.
    templates : int array [row]
        The template of each of these; that of a prompt without a group is its own.
    sizes : mapping from concept to int
        Rows of each concept of the claim.
    """

    within: tuple[tuple[tuple[str, ...], Indices], ...]
    free: Mapping[str, int]
    rows: Indices
    templates: Indices
    sizes: Mapping[str, int]

    def draw(self, stream: Stream) -> dict[str, Indices]:
        """The rows of each concept in one world."""
        out: dict[str, Indices] = {}
        for names, firsts in self.within:
            templates = np.arange(self.sizes[names[0]])
            sources = stream.permutations(len(templates), len(firsts))
            for place, name in enumerate(names):
                out[name] = firsts[sources[:, place]] + templates
        if self.free:
            order = stream.permutations(len(self.rows))
            # Of each template the first row that comes.
            first = np.sort(np.unique(self.templates[order], return_index=True)[1])
            order = self.rows[order[first]]
            start = 0
            for name, size in self.free.items():
                out[name] = np.sort(order[start : start + size])
                start += size
        return {name: out[name] for name in self.sizes}


def deal(claim: Claim, everyone: Mapping[str, Concept]) -> Deal | str:
    """Find how a claim's concepts are dealt their prompts; or say why that would not make them mean nothing.

    Parameters
    ----------
    everyone : mapping from name to Concept
        Those whose prompts are dealt, in the order of their rows; the claim's own among them.
    """
    sizes = {name: concept.units for name, concept in claim.concepts.items() if not concept.published}
    pool = {name: concept for name, concept in everyone.items() if not concept.published}
    together: dict[str, list[str]] = {}
    for name, sample in samples_of({name: claim.concepts[name].groups for name in sizes}).items():
        together.setdefault(sample, []).append(name)
    shared = [names for names in together.values() if len(names) > 1]
    if shared and len(together) > 1 and claim.kind.compares:
        return "some of its concepts share templates and others do not: their prompts cannot be dealt to each other"
    starts = dict(zip(pool, np.cumsum([0, *(one.units for one in pool.values())]).tolist(), strict=False))
    within = []
    for names in shared:
        own = set(pool[names[0]].groups)
        others = [name for name, one in pool.items() if set(one.groups) == own and name not in names]
        within.append((tuple(names), np.array([starts[name] for name in (*names, *others)])))
    taken = {group for names in shared for group in pool[names[0]].groups}
    left = [
        (start + at, template)
        for (name, concept), start in zip(pool.items(), starts.values(), strict=True)
        for at, template in enumerate(_templates(name, concept))
        if template not in taken
    ]
    numbers = {template: at for at, template in enumerate(dict.fromkeys(template for _, template in left))}
    free = {name: sizes[name] for names in together.values() if len(names) == 1 for name in names}
    found = Deal(
        tuple(within),
        free,
        np.array([row for row, _ in left], dtype=np.intp),
        np.array([numbers[template] for _, template in left], dtype=np.intp),
        sizes,
    )
    return next(_shortages(claim.kind, found, len(numbers)), "") or found


def _templates(name: str, concept: Concept) -> Sequence[str | tuple[str, int]]:
    """The template of each row of a concept, in the order of its rows."""
    return sorted(set(concept.groups)) if concept.groups else [(name, at) for at in range(concept.units)]


def _shortages(kind: Kind, found: Deal, templates: int) -> Iterator[str]:
    if sum(found.free.values()) > templates:
        yield "its concepts have more prompts than there are templates to deal to them"
    if kind.compares and len(found.sizes) > 1:
        return
    for name, size in found.free.items():
        # It is no world without meaning in which a concept mostly keeps its prompts.
        if len(found.rows) < 2 * size:
            yield (
                f"the suite has {len(found.rows) - size} prompts or groups of other concepts that were traced as the"
                f" claim asks, too few to deal instead of the {size} of {name!r}"
            )
