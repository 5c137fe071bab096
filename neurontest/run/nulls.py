"""Would a claim also be declared where concepts mean nothing? A suite's claims in null worlds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family, Suite
from neurontest.errors import EvidenceError, StoreError, TraceError
from neurontest.run.cache import Cache, vacuity_key
from neurontest.run.traced import Traced
from neurontest.run.watch import Watch
from neurontest.types import Concept, Notice, Progress, TraceRequest, Vacuity


def vacuity(
    suite: Suite,
    family: Family,
    traces: Traced,
    model: Sequence[str],
    cache: Cache[Vacuity],
    progress: Progress,
    watch: Watch,
    notice: Notice,
) -> Mapping[str, Vacuity]:
    """What became of a family's claims when the prompts were dealt at random, by id.

    Claims that a permutation alone decides are left out: their null is just such worlds, and their error rate theirs by
    construction.

    Parameters
    ----------
    model : sequence of str
        As for :func:`neurontest.run.cache.evidence_key`.

    Raises
    ------
    NeurontestError
        If the model is needed and cannot be had.
    """
    claims: dict[str, tuple[Claim, dict[str, Concept]]] = {}
    unknown: dict[str, Vacuity] = {}
    for claim in family.tested:
        if claim.kind.half_sampled(claim):
            try:
                claims[claim.id] = claim, _pool(suite, claim, traces)
            except StoreError as error:
                # What is to be dealt is not known, so neither is where to keep what would come of it.
                unknown[claim.id] = Vacuity.unknown(f"{error}")
                notice(f"{claim.node} was not tried where concepts mean nothing: {error}")
    if not claims:
        return unknown
    dealt = {one: (everyone, _digests(claim, everyone, traces)) for one, (claim, everyone) in claims.items()}

    def make() -> dict[str, Vacuity]:
        from neurontest.evidence.null_worlds.vacuity import vacuity_of

        found = {}
        for at, (claim, everyone) in enumerate(claims.values()):
            progress("dealing prompts at random", at, len(claims), f"{family.file}: {claim.sentence}")
            with watch.on(claim):
                read = {one: traces.read(one) for one in claim.kind.requests(replace(claim, concepts=everyone))}
                try:
                    found[claim.id] = vacuity_of(claim, everyone, read)
                except EvidenceError as error:
                    found[claim.id] = Vacuity.unknown(str(error))
        progress("dealing prompts at random", len(claims), len(claims), family.file)
        return found

    return {**cache.keep_or_find(vacuity_key(family, model, dealt), make), **unknown}


def _pool(suite: Suite, claim: Claim, traces: Traced) -> dict[str, Concept]:
    """The concepts whose prompts are dealt: the claim's own, and all of the suite that are to be traced as it asks.

    Which those are is a matter of the suite's plan, never of what happens to lie in the cache.
    """
    asked = {
        name: _requests(claim, {name: concept})
        for name, concept in suite.concepts.items()
        if name not in claim.concepts and not concept.published
    }
    planned = {name: requests for name, requests in asked.items() if all(map(traces.is_planned, requests))}
    traces.ask([*_requests(claim, claim.concepts), *(one for requests in planned.values() for one in requests)])
    out: dict[str, Concept] = {}
    for name, concept in suite.concepts.items():
        if name in claim.concepts:
            out[name] = claim.concepts[name]
        elif name in planned and _is_readable(planned[name], traces):
            out[name] = concept
    return out | dict(claim.concepts)


def _is_readable(requests: Collection[TraceRequest], traces: Traced) -> bool:
    """Whether a concept has what a claim reads, such as tokens of a word."""
    try:
        for request in requests:
            traces.read(request)
    except TraceError:
        return False
    return True


def _requests(claim: Claim, concepts: Mapping[str, Concept]) -> tuple[TraceRequest, ...]:
    return claim.kind.requests(replace(claim, concepts=dict(concepts)))


def _digests(claim: Claim, everyone: Mapping[str, Concept], traces: Traced) -> tuple[str, ...]:
    return tuple(traces.read(one).digest for one in _requests(claim, everyone))
