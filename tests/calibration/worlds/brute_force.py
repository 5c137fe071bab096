"""Sets that many fresh prompts select, found apart from the code that is tested, and what they share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurontest.arrays import Floats, Indices
from tests.calibration.pair import K


class Sets:
    """Sets [subset, neuron] that m fresh prompts select, of each concept in each mode; then and now, of a concept."""

    def __init__(self, chosen: Mapping[tuple[str, str], Floats]) -> None:
        self._chosen = chosen
        self.names = sorted({name for name, _ in chosen if name != "then"})

    def shared(self, first: str, second: str, mode: str = "difference", other: str = "") -> float:
        """Neurons that sets of two concepts share, of disjoint prompts; or of one, in two modes or in one."""
        one, two = self._chosen[first, mode], self._chosen[second, other or mode]
        if first == second:
            # Sets that stand next to each other are of disjoint prompts, except where prompts are dealt anew.
            return float((one[:-1] * two[1:]).sum(axis=1).mean())
        return float(one.mean(axis=0) @ two.mean(axis=0))

    def within(self, *names: str, mode: str = "difference") -> float:
        """What two sets of a concept share, over these."""
        return float(np.mean([self.shared(name, name, mode) for name in names]))

    def distinct(self, *names: str, mode: str = "difference") -> float:
        """How much more that is than what two concepts share, over pairs."""
        between = [self.shared(one, two, mode) for one in names for two in names if one < two]
        return self.within(*names, mode=mode) - float(np.mean(between))


def selected(scores: Floats, order: Indices, select: str) -> Floats:
    """The set [subset, neuron] of each group of prompts."""
    means = scores[order].mean(axis=1)
    if select == "consistency":
        lists = _top(scores)
        means = lists[order].sum(axis=1) + 0.5 * means / np.abs(means).max()
    return _top(means)


def _top(values: Floats) -> Floats:
    out = np.zeros_like(values)
    np.put_along_axis(out, np.argpartition(values, -K, axis=1)[:, -K:], 1.0, axis=1)
    return out
