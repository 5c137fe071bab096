"""The permutation key of a claim: pooled concepts, relabelled. Imported inside ``Kind.evidence`` only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neurontest.claims.trial import Trial, t_null
from neurontest.neurons.normalize import Floats
from neurontest.stats.half_t import HalfT
from neurontest.stats.halves import draw_halves
from neurontest.stats.relabel import Relabeling, relabel
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
    return _run(
        trial,
        statistic,
        shifted,
        (trial.n[b], trial.n[c]),
        thresholds,
        f"the prompts of {b} and {c} are exchangeable; they are dealt anew to the two",
        ".033-.057 where the two concepts are alike, .040-.093 where only their overlaps are (nominal .05)",
    )


def distinct_key(trial: Trial, names: Sequence[str], thresholds: Sequence[float]) -> tuple[KeyResult, NullSummary]:
    """Concepts are distinct: the prompts of all of them are exchanged."""
    pool = trial.selector(np.concatenate([trial.scores(name) for name in names]), trial.m)
    sizes = [trial.n[name] for name in names]
    halves = RelabelledHalves(pool, sizes, trial.m, trial.stream("permutation", "relabelled halves"))
    return _run(
        trial,
        halves.statistic(distinctness(trial.m)),
        None,
        sizes,
        thresholds,
        "labels say nothing: the prompts of all concepts are exchangeable; they are dealt anew to the concepts",
        ".04-.05 (nominal .05)",
    )


def _run(
    trial: Trial,
    statistic: Callable[[np.ndarray[tuple[int, ...], np.dtype[np.int8]]], Floats],
    shifted: Callable[[np.ndarray[tuple[int, ...], np.dtype[np.int8]]], Floats] | None,
    sizes: Sequence[int],
    thresholds: Sequence[float],
    null: str,
    error_rate: str,
) -> tuple[KeyResult, NullSummary]:
    found = relabel(statistic, sizes, trial.stream("permutation", "labels"), thresholds, observed=shifted)
    key = KeyResult(
        name="permutation",
        null=null,
        statistic=found.observed,
        p=found.p,
        p_opposite=None,
        p_floor=found.p_floor,
        draws=found.draws,
        exceedances=found.exceedances,
        exact=found.exact,
        half_pairs=PAIRS,
        error_rate=error_rate,
    )
    return key, histogram(found)


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
