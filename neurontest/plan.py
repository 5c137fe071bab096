"""What must be traced: the requests of all claims of a suite, merged so that each text is written once.

Batches are a function of the whole plan, and the plan of the whole suite, never of the claims that happen to be run:
that is why the same prompt gets the same text whatever ``-k`` selects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field

from neurontest.claims import kind_named
from neurontest.types import (
    Generation,
    Positions,
    Suite,
    TraceGroup,
    TracePlan,
    TraceRequest,
    drawn_positions,
    reading_of,
)


@dataclass
class _Merged:
    """What is wanted of the texts that are written in one way, as far as it looks for one word or for none."""

    prompts: set[str] = field(default_factory=set)
    sites: set[str] = field(default_factory=set)
    positions: set[Positions] = field(default_factory=set)


def make_plan(suite: Suite, more: Iterable[TraceRequest] = ()) -> TracePlan:
    """Merge all that a suite's claims and its report need into one group for each way of writing texts.

    A group traces each of its prompts at each of its sites and positions: reading one more costs next to nothing beside
    writing the text. Where the tokens of a word are read, the prompts that need it are a group of their own, read after
    their texts are written.

    Parameters
    ----------
    more : iterable of TraceRequest
        What is asked for besides.
    """
    merged: dict[tuple[Generation, str], _Merged] = {}
    for request in (*_requests(suite), *more):
        reading = reading_of(request.positions)
        wanted = merged.setdefault((request.generation, reading.match), _Merged())
        wanted.prompts.update(request.prompts)
        wanted.sites.add(request.site)
        wanted.positions.add(request.positions)
        if reading.match and reading.positions != "prompt" and request.generation.replay is None:
            merged.setdefault((request.generation, ""), _Merged()).prompts.update(request.prompts)
    groups = (
        TraceGroup(
            generation,
            tuple(sorted(wanted.prompts)),
            tuple(sorted(wanted.sites)),
            tuple(sorted(wanted.positions, key=reading_of)),
        )
        for (generation, _), wanted in merged.items()
    )
    return TracePlan(tuple(sorted(groups, key=_order)))


def groups_for(plan: TracePlan, requests: Iterable[TraceRequest]) -> tuple[TraceGroup, ...]:
    """List the groups of a plan that hold the traces of some of its requests, in the plan's order.

    With a group that looks for a word comes the one that its texts are written in.
    """
    wanted = {
        (request.generation, match) for request in requests for match in ("", reading_of(request.positions).match)
    }
    return tuple(group for group in plan.groups if (group.generation, group.match) in wanted)


def _order(group: TraceGroup) -> tuple[object, ...]:
    return (*("" if value is None else value for value in astuple(group.generation)), group.match)


def _requests(suite: Suite) -> Iterator[TraceRequest]:
    for claim in suite.claims:
        if claim.skip is None:
            yield from kind_named(claim.kind).requests(claim)
    traced = [concept for concept in suite.concepts.values() if not concept.published]
    for concept in (*traced, *([suite.baseline] if suite.baseline else [])):
        for positions in dict.fromkeys((*drawn_positions(suite.selection), suite.selection.neutral)):
            yield TraceRequest(concept.prompts, suite.generation, suite.selection.site, positions)
