"""What must be traced: the requests of all claims of a suite, merged so that each text is written once.

Batches are a function of the whole plan, and the plan of the whole suite, never of the claims that happen to be run:
that is why the same prompt gets the same text whatever ``-k`` selects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field

from neurontest.claims.suite import Suite
from neurontest.text import occurrences
from neurontest.types import (
    Concept,
    Generation,
    Positions,
    TraceGroup,
    TracePlan,
    TraceRequest,
    drawn_selections,
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
    for request in (*_requests(suite), *more, *shown_requests(suite)):
        reading = reading_of(request.positions)
        wanted = merged.setdefault((request.generation, reading.match), _Merged())
        wanted.prompts.update(request.prompts)
        wanted.sites.add(request.site)
        wanted.positions.add(request.positions)
        if reading.match and reading.positions != "prompt" and request.generation.replay is None:
            merged.setdefault((request.generation, ""), _Merged()).prompts.update(request.prompts)
    if suite.baseline:
        # Batches hang on the plan: what is written for one baseline must be written beside all of them.
        own = set(suite.baseline.prompts)
        for wanted in merged.values():
            if own <= wanted.prompts:
                wanted.prompts.update(prompt for other in suite.baselines for prompt in other.prompts)
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


def group_of(plan: TracePlan, request: TraceRequest) -> TraceGroup | None:
    """The group of a plan that holds the traces of a request; None if it was never asked for."""
    for group in plan.groups:
        if (
            (group.generation, group.match) == (request.generation, reading_of(request.positions).match)
            and request.site in group.sites
            and request.positions in group.positions
            and set(request.prompts) <= set(group.prompts)
        ):
            return group
    return None


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
            yield from claim.kind.requests(claim)


def shown_requests(suite: Suite) -> Iterator[TraceRequest]:
    """What the report's standard figures are drawn from, whatever the claims ask for."""
    traced = [concept for concept in suite.concepts.values() if not concept.published and _has_texts(suite, concept)]
    for reading in drawn_selections(suite.selection):
        for concept in traced:
            # Of a prompt without the word nothing is to be read.
            if reading.positions == "prompt" and not all(
                occurrences(one, reading.match or one) for one in concept.prompts
            ):
                continue
            yield TraceRequest(concept.prompts, suite.generation, suite.selection.site, reading.reading)
        if suite.baseline and _has_texts(suite, suite.baseline):
            yield TraceRequest(suite.baseline.prompts, suite.generation, suite.selection.site, reading.neutral)


def _has_texts(suite: Suite, concept: Concept) -> bool:
    """Whether the texts of all prompts are given, where the suite's are given."""
    file = suite.generation.replay
    return file is None or suite.given.get(file, {}).keys() >= set(concept.prompts)
