"""Many neurons under the same relabelings: p-values adjusted for all of them by the largest statistic.

Single-step max-T (Westfall & Young 1993, Resampling-Based Multiple Testing, algorithm 2.8): a neuron's adjusted p-value
is the share of relabelings in which the largest statistic of any neuron reaches its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neurontest.arrays import Floats, Indices, Labels
from neurontest.stats.relabeling.relabel import TIE, Relabeling, relabel
from neurontest.stats.streams import Stream

#: Neurons looked at in one go: bounds memory, changes nothing.
_CHUNK = 16_384


@dataclass(frozen=True)
class MaxT:
    """Outcome of a test of many neurons.

    Attributes
    ----------
    largest : Relabeling
        Of the largest statistic over neurons, against that of the neuron which was asked about.
    observed : float64 array [neuron]
    adjusted : float64 array [neuron]
        Adjusted p-values.
    reached : int array [neuron]
        Relabelings whose largest statistic reaches the neuron's.
    """

    largest: Relabeling
    observed: Floats
    adjusted: Floats
    reached: Indices

    def of(self, neuron: int) -> Relabeling:
        """The largest statistic over neurons, against that of one of them."""
        return replace(
            self.largest,
            observed=float(self.observed[neuron]),
            exceedances=int(self.reached[neuron]),
            p=float(self.adjusted[neuron]),
        )


class Welch:
    """Welch's t of the first group against the others together, for every neuron (Welch 1947, Biometrika 34:28).

    Parameters
    ----------
    values : float array [prompt, neuron]
        Rows of the first group first.
    """

    def __init__(self, values: Floats) -> None:
        # Centred, so that squares of massive dimensions lose no digits.
        self._values = _whole(np.asarray(values, dtype=np.float64) - np.mean(values, axis=0, dtype=np.float64))
        self.size = self._values.shape[1]

    def __call__(self, first: Floats, start: int, stop: int) -> Floats:
        """T [relabeling, neuron] of the neurons from `start` to `stop`; ``first`` [relabeling, prompt] is 0 or 1."""
        values = self._values[:, start:stop]
        squares = _whole(values**2)
        n = first.sum(axis=1, keepdims=True)
        rest = first.shape[1] - n
        sums, powers = first @ values, first @ squares
        mean, other = sums / n, -sums / rest
        spread = (powers / n - mean**2) / (n - 1)
        spread = spread + ((squares.sum(axis=0) - powers) / rest - other**2) / (rest - 1)
        # A neuron that never moves is no sign of anything.
        floor = 1e-12 * squares.mean(axis=0) + np.finfo(np.float64).tiny
        out: Floats = (mean - other) / np.sqrt(np.maximum(spread, floor))
        return out


def _whole(values: Floats) -> Floats:
    """``values`` [prompt, neuron], in place, to the power of two at which a neuron's sums are exact in any order."""
    _, exponents = np.frexp(np.maximum(values.max(axis=0), -values.min(axis=0)))
    scale = np.ldexp(1.0, np.minimum(53 - len(values).bit_length() - exponents, 1000))
    values *= scale
    np.rint(values, out=values)
    values /= scale
    return values


class Occurrences:
    """How far a neuron's occurrences in the first group's top lists exceed its share: a hypergeometric z.

    Parameters
    ----------
    lists : float array [prompt, neuron]
        Membership of each prompt's own top list; rows of the first group first.
    """

    def __init__(self, lists: Floats) -> None:
        self._lists = np.asarray(lists, dtype=np.float64)
        self.size = self._lists.shape[1]

    def __call__(self, first: Floats, start: int, stop: int) -> Floats:
        """Z [relabeling, neuron] of the neurons from `start` to `stop`; ``first`` [relabeling, prompt] is 0 or 1."""
        lists = self._lists[:, start:stop]
        n, total = first.sum(axis=1, keepdims=True), first.shape[1]
        usual = lists.mean(axis=0)
        # For whole memberships this is the hypergeometric variance; fractions at the edge of a list vary less.
        spread = (lists**2).mean(axis=0) - usual**2
        variance = n * spread * (total - n) / (total - 1)
        out: Floats = (first @ lists - n * usual) / np.sqrt(np.maximum(variance, 1e-12))
        return out


class Remembered:
    """The largest statistic under relabelings that come in the same order again, and are then not looked at again."""

    def __init__(self, statistic: Welch | Occurrences) -> None:
        self.statistic = statistic
        self._found: list[Floats] = []
        self._at = 0

    def again(self) -> None:
        """Begin anew."""
        self._at = 0

    def __call__(self, labels: Labels) -> Floats:
        """The largest statistic over neurons [relabeling]."""
        if self._at == len(self._found):
            first = (labels == 0).astype(np.float64)
            self._found.append(np.max([part.max(axis=1) for part in self._parts(first)], axis=0))
        self._at += 1
        return self._found[self._at - 1]

    def observed(self, own: int, total: int) -> Floats:
        """The statistic [neuron] of the labels as they are, of which the first `own` are the first group's."""
        first = (np.arange(total) < own).astype(np.float64)[None]
        out: Floats = np.concatenate(list(self._parts(first)), axis=1)[0]
        return out

    def _parts(self, first: Floats) -> Iterator[Floats]:
        for start in range(0, self.statistic.size, _CHUNK):
            yield self.statistic(first, start, start + _CHUNK)


def max_t(
    statistic: Welch | Occurrences | Remembered,
    sizes: Sequence[int],
    stream: Stream,
    thresholds: Sequence[float] = (),
    *,
    at: int | None = None,
    within: bool = False,
    hurried: bool = False,
) -> MaxT:
    """Test every neuron, and whether any of them stands out.

    Parameters
    ----------
    statistic : Welch, Occurrences or Remembered
        One that is remembered is cheap to test again with other thresholds, by a stream of the same name.
    sizes : sequence of int
        Prompts of the concept, and of what it is compared with (of one concept or several).
    at : int or None
        The neuron whose p-value the draws are to settle; by default that of the largest statistic.
    stream, thresholds, within, hurried
        As for :func:`neurontest.stats.relabeling.relabel.relabel`.
    """
    if not isinstance(statistic, Remembered):
        statistic = Remembered(statistic)
    statistic.again()
    observed = statistic.observed(sizes[0], sum(sizes))
    seen = observed[[int(observed.argmax()) if at is None else at]]
    found = relabel(statistic, sizes, stream, thresholds, observed=lambda _: seen, within=within, hurried=hurried)
    if found.exact:
        found.null[0] = observed.max()
    ordered = np.sort(found.null)
    bounds = observed - TIE * np.maximum(np.abs(observed), 1.0)
    reached = len(ordered) - np.searchsorted(ordered, bounds, side="left")
    more = 0 if found.exact else 1
    adjusted = np.maximum((reached + more) / (len(ordered) + more), found.p_floor)
    return MaxT(found, observed, adjusted, reached)
