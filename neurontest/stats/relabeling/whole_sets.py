"""Overlaps of whole sets under relabeling: the statistic as it is usually put, which no claim is decided by."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurontest.arrays import Floats, Labels
from neurontest.stats.terms import Selector


def overlap_difference(selector: Selector, held: Floats) -> Callable[[Labels], Floats]:
    """``|S_a & S_b| - |S_a & S_c|`` under relabelings of b and c; the set of a is held.

    Permuting the labels tests that b and c are equal in distribution. Where only their overlaps with a are equal, this
    statistic rejects too often: :func:`neurontest.stats.relabeling.studentised.overlap_difference` does not.

    Parameters
    ----------
    selector : Selector
        Over the pooled prompts of b and c, exact for subsets as large as the smaller of the two.
    held : float64 array [column]
        Memberships of the set of a in the columns of `selector`.

    Returns
    -------
    callable
        From labels [relabeling, prompt], 0 for b and 1 for c, to the statistic [relabeling].
    """
    shared = selector.sharing(held)

    def apply(labels: Labels) -> Floats:
        rows = np.concatenate([labels == 0, labels == 1]).astype(np.float64)
        with_b, with_c = shared(rows).reshape(2, -1)
        out: Floats = with_b - with_c
        return out

    return apply
