"""What may be exchanged where concepts mean nothing: prompts, freely or within the templates that concepts share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb, factorial, prod

from neurontest.claims.base import Claim
from neurontest.types import Concept


def samples_of(groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The sample that each concept belongs to: concepts with the same groups share one, named after the first."""
    first: dict[frozenset[str], str] = {}
    return {name: first.setdefault(frozenset(own), name) if own else name for name, own in groups.items()}


def exchanged_within(concepts: Sequence[Concept]) -> bool | None:
    """Whether prompts are exchanged within the templates that all concepts share, or freely, as they share none.

    None if some share templates and others do not: then nothing can be exchanged among all of them.
    """
    templates = [set(concept.groups) for concept in concepts]
    if templates[0] and all(one == templates[0] for one in templates):
        return True
    return None if any(a & b for a, b in combinations(templates, 2)) else False


def ways_to_deal(concepts: Sequence[Concept]) -> int:
    """Ways to deal the prompts of some concepts to them anew; within each template, if they share templates."""
    counts = [concept.units for concept in concepts]
    if exchanged_within(concepts):
        return int(factorial(len(concepts)) ** counts[0])
    return factorial(sum(counts)) // prod(factorial(count) for count in counts)


def ways_to_pick(own: Concept, others: Sequence[Concept]) -> int:
    """Ways to deal prompts anew to a concept and to others taken together; within templates, if all share them."""
    if exchanged_within([own, *others]):
        return int((1 + len(others)) ** own.units)
    return comb(own.units + sum(other.units for other in others), own.units)


def permutation_alone(claim: Claim) -> list[str]:
    """Say what a claim gives away that is decided by the permutation alone, where it could be by two tests."""
    if claim.statistics.test != "permutation":
        return []
    return [
        "'test: permutation' alone rejects that prompts are exchangeable, which is more than the claim denies: it was"
        " seen to err more often than alpha (docs/statistics.md, 'Cells that miss their goal'); without it the"
        " half-sample test has to agree"
    ]
