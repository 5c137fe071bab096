"""The tests of a family, each drawn on until Monte-Carlo error leaves no doubt that matters.

Which threshold of a correction a claim is compared with hangs on the rank of its p-value, and so on the other claims.
All are tested first in a hurry; a claim is then tested again, as long as it takes, if its p-value may lie on either
side of a threshold that its rank, as far as it is known, can bring. The thresholds of ranks that it cannot have decide
nothing, and next to one of them draws would go on for long. It ends when no verdict of the family is in doubt, or
no more draws would help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family
from neurontest.evidence.procedure import evidence_of
from neurontest.run.traced import asked_by
from neurontest.run.watch import Watch
from neurontest.stats.family.correction import reachable, thresholds
from neurontest.types import Activations, Evidence, NearCopies, Progress, Thresholds, TraceRequest
from neurontest.verdict import is_settled, p_bounds, p_opposite_bounds

Test = Callable[[Claim, Mapping[TraceRequest, Activations], Thresholds], Evidence]
_NOTHING: Mapping[str, tuple[NearCopies, ...]] = MappingProxyType({})


def settle(
    family: Family,
    traces: Mapping[TraceRequest, Activations],
    progress: Progress,
    watch: Watch | None = None,
    copies: Mapping[str, tuple[NearCopies, ...]] = _NOTHING,
    test: Test | None = None,
) -> dict[str, Evidence]:
    """Evidence of all claims of a family that are tested, by id.

    Parameters
    ----------
    traces : mapping from TraceRequest to Activations
        Holds what all of them request.
    watch : Watch, optional
        Times each claim.
    copies : mapping from claim id to tuple of NearCopies
        What of each claim's prompts is known to be no independent prompts; nothing of those that are not in it.
    test : callable, optional
        Tests a claim; by default its kind does, on this model alone.
    """
    test = test or _by_kind
    watch = watch or Watch()
    claims = {claim.id: claim for claim in family.tested}
    alpha, method = family.statistics.alpha, family.statistics.correction
    grid = thresholds(alpha, len(claims), method)
    # Most of what is shown is clear even of the smallest; and a single threshold is every claim's, whatever its rank.
    asked = {one: set(grid[:1]) for one in claims}
    hurried = len(grid) > 1
    found: dict[str, Evidence] = {}
    todo = list(claims)
    while todo:
        for at, one in enumerate(todo):
            progress("testing", at, len(todo), f"{family.file}: {claims[one].sentence}")
            thresholds_now = Thresholds(grid, tuple(sorted(asked[one])), hurried)
            with watch.on(claims[one]), asked_by(claims[one]):
                tested = test(claims[one], traces, thresholds_now)
                found[one] = replace(tested, copies=copies.get(one, ()))
        progress("testing", len(todo), len(todo), family.file)
        if is_settled(family, found):
            break
        doubtful = _doubtful(found, alpha, method)
        todo = [one for one in claims if doubtful[one] - (set() if hurried else asked[one])]
        for one in todo:
            asked[one] = doubtful[one] if hurried else asked[one] | doubtful[one]
        hurried = False
    return found


def _by_kind(claim: Claim, traces: Mapping[TraceRequest, Activations], thresholds: Thresholds) -> Evidence:
    return evidence_of(claim, traces, thresholds)


def _doubtful(found: Mapping[str, Evidence], alpha: float, method: str) -> dict[str, set[float]]:
    """The thresholds that may apply to each claim, or to its opposite, and on whose sides it may lie."""
    own = [p_bounds(one) for one in found.values()]
    opposite = [p_opposite_bounds(one) for one in found.values()]
    return {
        one: _between(bounds, its) | _between(opposite_bounds, its_opposite)
        for one, bounds, its, opposite_bounds, its_opposite in zip(
            found,
            own,
            reachable(own, alpha, method),
            opposite,
            reachable(opposite, alpha, method),
            strict=True,
        )
    }


def _between(bounds: tuple[float, float], thresholds: tuple[float, ...]) -> set[float]:
    low, high = bounds
    return {threshold for threshold in thresholds if low <= threshold < high}
