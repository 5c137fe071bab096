"""The permutation key of a claim: pooled concepts, relabelled. Imported inside ``Kind.evidence`` only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from neurontest.claims.trial import Trial, t_null
from neurontest.neurons.normalize import Floats
from neurontest.stats.half_t import HalfT
from neurontest.stats.halves import draw_halves
from neurontest.stats.max_t import MaxT, Occurrences, Welch, max_t
from neurontest.stats.relabel import TIE, Labels, Relabeling, relabel
from neurontest.stats.studentised import PAIRS, RelabelledHalves, distinctness, overlap_difference
from neurontest.types import KeyResult, NullSummary

_BINS = 40


def overlap_key(
    trial: Trial, a: str, b: str, c: str, thresholds: Sequence[float], by: float = 0.0
) -> tuple[KeyResult, NullSummary]:
    """``a`` shares more with `b` than with `c`: the prompts of `b` and `c` are exchanged.

    With `by`, the observed difference alone is shifted by it before it is studentised.
    """
    pool = trial.selector(np.concatenate([trial.scores(b), trial.scores(c)]), trial.m)
    own = trial.selector(trial.scores(a), trial.m)
    subsets = draw_halves(trial.n[a], trial.m, PAIRS, trial.stream("permutation", "own halves")).subsets
    sets = np.zeros((len(subsets), own.size))
    sets[:, own.columns] = own.memberships(subsets)
    sets = np.ascontiguousarray(sets[:, pool.columns])
    halves = RelabelledHalves(pool, (trial.n[b], trial.n[c]), trial.m, trial.stream("permutation", "relabelled halves"))
    statistic = halves.statistic(overlap_difference(sets.mean(axis=0), subsets, sets, trial.m))
    shifted = halves.statistic(overlap_difference(sets.mean(axis=0), subsets, sets, trial.m, by=by)) if by else None
    sizes = (trial.n[b], trial.n[c])
    found = relabel(statistic, sizes, trial.stream("permutation", "labels"), thresholds, observed=shifted)
    null = f"the prompts of {b} and {c} are exchangeable; they are dealt anew to the two"
    error_rate = ".033-.057 where the two concepts are alike, .040-.093 where only their overlaps are (nominal .05)"
    return _key(found, null, error_rate, PAIRS), histogram(found)


def distinct_key(
    trial: Trial, names: Sequence[str], thresholds: Sequence[float], which: dict[tuple[str, str], float]
) -> tuple[KeyResult, NullSummary]:
    """Concepts are distinct: the prompts of all of them are exchanged.

    `which` receives the p-value of every two of them, adjusted for the number of pairs.
    """
    pool = trial.selector(np.concatenate([trial.scores(name) for name in names]), trial.m)
    sizes = [trial.n[name] for name in names]
    halves = RelabelledHalves(pool, sizes, trial.m, trial.stream("permutation", "relabelled halves"))
    found = relabel(
        halves.statistic(distinctness(trial.m, pairs=len(names) > 2)),
        sizes,
        trial.stream("permutation", "labels"),
        thresholds,
    )
    which.update(zip(combinations(names, 2), found.parts, strict=False))
    null = "labels say nothing: the prompts of all concepts are exchangeable; they are dealt anew to the concepts"
    return _key(found, null, ".04-.05 (nominal .05)", PAIRS), histogram(found)


def permutation_key(
    trial: Trial,
    statistic: Callable[[Labels], Floats],
    sizes: Sequence[int],
    thresholds: Sequence[float],
    null: str,
    error_rate: str,
    *,
    both_sides: bool = False,
) -> tuple[KeyResult, NullSummary]:
    """The key of a statistic of labels; with `both_sides` also the p-value of the opposite."""
    found = relabel(statistic, sizes, trial.stream("permutation", "labels"), thresholds)
    key = _key(found, null, error_rate, 0)
    if both_sides:
        reached = int((found.null <= found.observed + TIE * max(abs(found.observed), 1.0)).sum())
        more = 0 if found.exact else 1
        key = replace(key, p_opposite=(reached + more) / (found.draws + more))
    return key, histogram(found)


def largest_key(
    trial: Trial,
    statistic: Welch | Occurrences,
    sizes: Sequence[int],
    thresholds: Sequence[float],
    null: str,
    error_rate: str,
) -> tuple[MaxT, KeyResult, NullSummary]:
    """The key of the largest statistic of any neuron, with what was found of each."""
    found = max_t(statistic, sizes, trial.stream("permutation", "labels"), thresholds)
    return found, _key(found.largest, null, error_rate, 0), histogram(found.largest)


def _key(found: Relabeling, null: str, error_rate: str, half_pairs: int) -> KeyResult:
    return KeyResult(
        name="permutation",
        null=null,
        statistic=found.observed,
        p=found.p,
        p_opposite=None,
        p_floor=found.p_floor,
        draws=found.draws,
        exceedances=found.exceedances,
        exact=found.exact,
        half_pairs=half_pairs,
        error_rate=error_rate,
    )


def histogram(found: Relabeling) -> NullSummary:
    """The null distribution in equal bins that hold the observed statistic too."""
    low = min(float(found.null.min()), found.observed)
    high = max(float(found.null.max()), found.observed)
    counts, edges = np.histogram(found.null, bins=_BINS, range=(low, high if high > low else low + 1.0))
    return NullSummary(
        kind="permutation",
        observed=found.observed,
        edges=tuple(float(edge) for edge in edges),
        counts=tuple(int(count) for count in counts),
    )


def both_keys(
    trial: Trial,
    decisive: HalfT,
    error_rate: str,
    permutation: Callable[[Sequence[float]], tuple[KeyResult, NullSummary]],
    thresholds: Sequence[float],
) -> tuple[list[KeyResult], list[NullSummary]]:
    """The keys that the claim asks for, with what is drawn of each.

    Parameters
    ----------
    decisive : HalfT
        The half-sample key's test.
    error_rate : str
        As measured, of that test.
    permutation : callable
        The other key, from the thresholds that it is to be resolved against.
    """
    test = trial.claim.statistics.test
    keys: list[KeyResult] = []
    nulls: list[NullSummary] = []
    if test != "half-sample":
        # The claim's p is the larger of the two: thresholds below the first one's p are decided already.
        still_open = [one for one in thresholds if test == "permutation" or one >= decisive.p]
        key, null = permutation(still_open)
        keys.append(key)
        nulls.append(null)
    if test != "permutation":
        keys.append(trial.key(decisive, error_rate))
        nulls.append(t_null(decisive))
    return keys, nulls
