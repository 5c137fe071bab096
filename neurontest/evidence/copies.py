"""Near copies among a claim's prompts, by their words and by their activations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from neurontest.claims.base import Claim, Traces
from neurontest.claims.copies import Pair, in_words, near_copies
from neurontest.stats.closeness import close_pairs
from neurontest.types import BASELINE, NearCopies


def copies_of(claim: Claim, traces: Traces) -> tuple[NearCopies, ...]:
    """Find the prompts of a claim that are near copies of others and have no group in common with them.

    Parameters
    ----------
    traces : mapping from TraceRequest to Activations
        Holds every request of the claim's kind.
    """
    pairs = [*in_words(claim), *_in_activations(claim, traces)]
    # Evidence is kept, and found again when a file of prompts has another name: it says nothing of files.
    nameless = {name: replace(concept, source=None) for name, concept in claim.concepts.items()}
    return near_copies(replace(claim, concepts=nameless), pairs)


def _in_activations(claim: Claim, traces: Traces) -> Iterator[Pair]:
    traced = [name for name, concept in claim.concepts.items() if not concept.published]
    groups = {name: claim.concepts[name].groups for name in traced}
    for where in claim.kind.positions(claim):
        values = {name: traces[claim.request(name, positions=where)].values for name in traced}
        neutral = traces[claim.request(BASELINE, positions=where)].values if claim.baseline else None
        for one in close_pairs(values, groups, neutral):
            yield Pair(one.a, one.b, f"their activations correlate at {one.correlation:.2f}")
