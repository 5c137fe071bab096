"""What is cheap runs first: who waits for a verdict should not wait for claims that nothing else needs."""

from __future__ import annotations

import pytest

from neurontest.claims.base import Claim
from neurontest.claims.suite import Suite
from neurontest.plugin.items.asked import asked_for
from neurontest.plugin.items.item import ClaimItem


def cheap_first(items: list[pytest.Item], config: pytest.Config) -> None:
    """Put the files of each suite in the order of what they cost, in place, unless some of them were named one by one.

    First those whose claims look at the suite's own texts, then those that have others written, last those that read
    texts again with neurons set to other values. Within a file, among files of one cost and among all other tests
    nothing moves; what a plugin or an option (``--ff``) makes of the order comes afterwards.
    """
    named = {path.parent for path in asked_for(config) if path.suffix == ".yaml"}
    suites: dict[str, list[tuple[int, ClaimItem]]] = {}
    for at, item in enumerate(items):
        if isinstance(item, ClaimItem) and item.suite.folder.resolve() not in named:
            suites.setdefault(str(item.suite.folder), []).append((at, item))
    for found in suites.values():
        costs = _costs(found[0][1].suite)
        ordered = sorted((item for _, item in found), key=lambda item: costs[item.claim.where.file])
        for (at, _), item in zip(found, ordered, strict=True):
            items[at] = item


def _costs(suite: Suite) -> dict[str, int]:
    return {family.file: max((_cost(suite, one) for one in family.tested), default=0) for family in suite.families}


def _cost(suite: Suite, claim: Claim) -> int:
    if claim.kind.reads_texts:
        return 2
    return int(claim.generation != suite.generation)
