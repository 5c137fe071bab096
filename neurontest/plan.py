"""What must be traced: the requests of all claims of a suite, merged so that each text is written once.

Batches are a function of the whole plan, and the plan of the whole suite, never of the claims that happen to be run:
that is why the same prompt gets the same text whatever ``-k`` selects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple

from neurontest.claims import kind_named
from neurontest.types import Generation, Suite, TraceGroup, TracePlan, TraceRequest

#: The report draws every concept at both, whatever the claims ask for.
_DRAWN = ("generated", "last")


def make_plan(suite: Suite) -> TracePlan:
    """Merge all that a suite's claims and its report need into one group for each way of writing texts.

    A group traces each of its prompts at each of its sites and positions: reading one more costs next to nothing beside
    writing the text.
    """
    merged: dict[Generation, tuple[set[str], set[str], set[str]]] = {}
    for request in _requests(suite):
        prompts, sites, positions = merged.setdefault(request.generation, (set(), set(), set()))
        prompts.update(request.prompts)
        sites.add(request.site)
        positions.add(request.positions)
    groups = (
        TraceGroup(generation, tuple(sorted(prompts)), tuple(sorted(sites)), tuple(sorted(positions)))
        for generation, (prompts, sites, positions) in merged.items()
    )
    return TracePlan(tuple(sorted(groups, key=lambda group: astuple(group.generation))))


def groups_for(plan: TracePlan, requests: Iterable[TraceRequest]) -> tuple[TraceGroup, ...]:
    """List the groups of a plan that hold the traces of some of its requests, in the plan's order."""
    wanted = {request.generation for request in requests}
    return tuple(group for group in plan.groups if group.generation in wanted)


def _requests(suite: Suite) -> Iterator[TraceRequest]:
    for claim in suite.claims:
        if claim.skip is None:
            yield from kind_named(claim.kind).requests(claim)
    traced = [concept for concept in suite.concepts.values() if not concept.published]
    for concept in (*traced, *([suite.baseline] if suite.baseline else [])):
        for positions in _DRAWN:
            yield TraceRequest(concept.prompts, suite.generation, suite.selection.site, positions)
