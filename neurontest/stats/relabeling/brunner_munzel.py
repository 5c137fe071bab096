"""The studentised AUROC of one neuron under relabeling: the test that a concept's prompts tend to be above others.

The rank sum asks whether two groups are alike, and errs where they differ in spread alone. Studentised by its own
variance (Brunner & Munzel 2000, Biom. J. 42:17) the AUROC keeps the error rate under relabeling where only
``AUROC <= 1/2`` is true (Neubert & Brunner 2007, Comput. Stat. Data Anal. 51:5192; Chung & Romano 2013, Ann. Stat.
41:484).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurontest.arrays import Floats, Labels


def brunner_munzel(own: Floats, others: Floats) -> Callable[[Labels], Floats]:
    """The statistic of the test, of the first group against all others: ``T / sqrt(1 + T^2)``.

    With ``P_i`` the share of the others' prompts below prompt i of the group (ties count half) and ``Q_j`` that of the
    group's below prompt j of the others, ``T = (mean P - 1/2) / sqrt(var P / n + var Q / m)``. Where the two lie wholly
    apart T is infinite and the statistic 1 or -1; where all values are equal both are 0. No other design has no
    variance, and so nothing needs a floor.
    """
    pool = np.concatenate([own, others])
    # In halves, so that counts, their sums and squares are whole numbers and the same in whatever order they are added.
    above = 2.0 * (pool[None, :] > pool[:, None]) + (pool[None, :] == pool[:, None])

    def statistic(labels: Labels) -> Floats:
        first = (labels == 0).astype(np.float64)
        rest = 1.0 - first
        n, m = first.sum(axis=1), rest.sum(axis=1)
        total, spread = _moments(first, rest @ above, n)
        _, other = _moments(rest, first @ above, m)
        distance = total - n * m
        square = distance**2 + spread / (n - 1) + other / (m - 1)
        out: Floats = np.divide(distance, np.sqrt(square), out=np.zeros_like(distance), where=square > 0)
        return out

    return statistic


def _moments(members: Floats, placements: Floats, count: Floats) -> tuple[Floats, Floats]:
    """Sum of the members' placements, and ``count`` times the sum of their squared distances from the mean."""
    held = members * placements
    total = held.sum(axis=1)
    return total, count * (held**2).sum(axis=1) - total**2
