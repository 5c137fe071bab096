"""Correction of the p-values of a family, and the thresholds it may compare one of them with."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

#: Names of a spec to those of statsmodels, whose own default is another one (Holm-Sidak).
_METHODS = {"bonferroni": "bonferroni", "holm": "holm", "bh": "fdr_bh", "by": "fdr_by"}


def adjust(p: Sequence[float], method: str) -> list[float]:
    """Adjusted p-values, in the order given.

    Holm and Bonferroni hold the family-wise error rate under any dependence (Holm 1979); BH the false discovery rate
    under positive dependence (Benjamini & Hochberg 1995), BY under any (Benjamini & Yekutieli 2001).

    Parameters
    ----------
    p : sequence of float
        One for each claim of the family.
    method : {"none", "bonferroni", "holm", "bh", "by"}
    """
    if method == "none" or not len(p):
        return [float(value) for value in p]
    from statsmodels.stats.multitest import multipletests

    with _nothing_to_collect():
        return [float(value) for value in multipletests(np.asarray(p, dtype=float), method=_METHODS[method])[1]]


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Keep what there is out of the garbage collector's sight.

    statsmodels asks for a full collection at every Holm correction, and with torch loaded each looks through a million
    objects: far longer than all else that a correction does.
    """
    if gc.get_freeze_count():
        yield  # Somebody keeps objects frozen, and unfreezing ours would unfreeze theirs.
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def ladder(alpha: float, m: int, method: str) -> tuple[float, ...]:
    """Threshold for the claim with the smallest p-value, the next one, and so on, in a family of `m`."""
    steps = range(1, m + 1)
    if method == "none":
        return tuple(alpha for _ in steps)
    if method == "bonferroni":
        return tuple(alpha / m for _ in steps)
    if method == "holm":
        return tuple(alpha / (m - rank + 1) for rank in steps)
    scale = m * (sum(1 / j for j in steps) if method == "by" else 1)
    return tuple(alpha * rank / scale for rank in steps)


def thresholds(alpha: float, m: int, method: str) -> tuple[float, ...]:
    """Every p-value that decides something in a family of `m`, each once, smallest first."""
    return tuple(sorted(set(ladder(alpha, max(m, 1), method))))


def reachable(bounds: Sequence[tuple[float, float]], alpha: float, method: str) -> list[tuple[float, ...]]:
    """For each claim of a family, the thresholds that :func:`threshold_of` may give it, if p-values lie within bounds.

    Parameters
    ----------
    bounds : sequence of (float, float)
        The smallest and the largest p-value that each claim may have.
    """
    low, high = (np.asarray(side, dtype=float) for side in zip(*bounds, strict=True))
    steps = ladder(alpha, len(bounds), method)
    out = []
    for at in range(len(bounds)):
        others = np.arange(len(bounds)) != at
        fewest = int((high[others] < low[at]).sum())
        most = int((low[others] <= high[at]).sum())
        out.append(tuple(sorted(set(steps[fewest : most + 1]))))
    return out


def threshold_of(p: Sequence[float], alpha: float, method: str) -> list[float]:
    """For each claim of a family, the p-value it had to reach at its own rank.

    Equal p-values stand or fall together: step-down methods (Holm) ask the first of them, step-up ones the last.
    """
    values = np.asarray(p, dtype=float)
    steps = ladder(alpha, len(values), method)
    if method in ("bh", "by"):
        return [steps[int((values <= value).sum()) - 1] for value in values]
    return [steps[int((values < value).sum())] for value in values]
