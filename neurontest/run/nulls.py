"""Would a claim also be declared where concepts mean nothing? A suite's claims in null worlds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from neurontest.claims import kind_named
from neurontest.errors import StoreError, TraceError
from neurontest.run.evidence import Cache, vacuity_key
from neurontest.run.watch import Watch
from neurontest.types import Activations, Claim, Concept, Family, Progress, Suite, TraceRequest, Vacuity


def vacuity(
    suite: Suite,
    family: Family,
    read: Callable[[TraceRequest], Activations],
    cache: Cache[Vacuity],
    progress: Progress,
    watch: Watch,
) -> Mapping[str, Vacuity]:
    """What became of a family's claims when the prompts were dealt at random, by id.

    Claims that a permutation alone decides are left out: their null is just such worlds, and their error rate theirs by
    construction.

    Parameters
    ----------
    read : callable
        From a request to its traces; raises StoreError for what was never traced.
    """
    claims = {
        claim.id: (claim, _dealt(suite, claim, read))
        for claim in family.tested
        if kind_named(claim.kind).half_sampled(claim)
    }
    digests = {
        read(request).digest
        for claim, everyone in claims.values()
        for request in kind_named(claim.kind).requests(replace(claim, concepts=everyone))
    }

    def make() -> dict[str, Vacuity]:
        from neurontest.claims.replay import replay

        found = {}
        for at, (claim, everyone) in enumerate(claims.values()):
            progress("dealing prompts at random", at, len(claims), f"{family.file}: {claim.sentence}")
            kind = kind_named(claim.kind)
            with watch.on(claim):
                traces = {one: read(one) for one in kind.requests(replace(claim, concepts=everyone))}
                found[claim.id] = replay(kind, claim, everyone, traces)
        progress("dealing prompts at random", len(claims), len(claims), family.file)
        return found

    return cache.keep_or_find(vacuity_key(family, sorted(digests)), make)


def _dealt(suite: Suite, claim: Claim, read: Callable[[TraceRequest], Activations]) -> dict[str, Concept]:
    """The concepts whose prompts are dealt: all of the suite that were traced as the claim asks, its own at least."""
    everyone = dict(suite.concepts) | dict(claim.concepts)
    try:
        for request in kind_named(claim.kind).requests(replace(claim, concepts=everyone)):
            read(request)
    except (StoreError, TraceError):
        return dict(claim.concepts)
    return everyone
