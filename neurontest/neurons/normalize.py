"""Normalization: what is subtracted from an activation before neurons are ranked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurontest.arrays import Floats
from neurontest.neurons.pieces import slices

#: Fractional bits of the fixed-point numbers that sums are made of.
_BITS = 24
#: Weight of the median variance in the shrunken baseline scale, in prompts.
_PRIOR = 4.0


def fixed_scale(values: npt.NDArray[np.floating], rows: int) -> float:
    """What :func:`fixed_point` multiplies by: the same for any of the columns of `values` as for all of them."""
    largest = _largest(values) * rows
    spare = 52 - int(np.ceil(np.log2(max(largest, 1.0))))
    return float(2.0 ** min(_BITS, spare))


def fixed_point(values: npt.NDArray[np.floating], rows: int) -> Floats:
    """Integers, held in float64, that stand for `values`: sums of up to `rows` of them are exact.

    Sums of float64 change with the order of the prompts, the BLAS and the number of threads, enough to flip which of
    two nearly equal neurons is selected. Sums of integers below 2^53 do not.
    """
    return scaled(values, fixed_scale(values, rows))


def scaled(values: npt.NDArray[np.floating], scale: float) -> Floats:
    """The integers of :func:`fixed_point`, at a scale that is known."""
    out: Floats = np.multiply(values, scale, dtype=np.float64)
    return np.rint(out, out=out)


def exact_mean(values: npt.NDArray[np.floating]) -> Floats:
    """Mean over prompts [neuron] of ``values`` [prompt, neuron], the same in whatever order the prompts come."""
    scale = 2.0**_BITS
    largest = _largest(values) * len(values)
    if largest * scale >= 2.0**53:
        scale = 2.0 ** (52 - int(np.ceil(np.log2(largest))))
    out = np.empty(values.shape[1])
    for part in slices(values.shape[1], len(values)):
        out[part] = scaled(values[:, part], scale).sum(axis=0) / len(values) / scale
    return out


def _largest(values: npt.NDArray[np.floating]) -> float:
    return float(np.maximum(values.max(initial=0.0), -values.min(initial=0.0)))


def typical_variance(baseline: npt.NDArray[np.floating]) -> float:
    """The median over neurons of the variance over baseline prompts, of ``baseline`` [prompt, neuron]."""
    return float(np.median(_variance(baseline)))


def _variance(baseline: npt.NDArray[np.floating]) -> Floats:
    spread = exact_mean((np.asarray(baseline, dtype=np.float64) - exact_mean(baseline)) ** 2)
    return np.asarray(spread * len(baseline) / (len(baseline) - 1))


def normalize(
    values: npt.NDArray[np.floating],
    baseline: npt.NDArray[np.floating] | None,
    how: str,
    typical: float | None = None,
) -> Floats:
    """Normalized activations.

    Parameters
    ----------
    values : float array [prompt, neuron]
    baseline : float array [baseline prompt, neuron] or None
        Not needed for ``raw``.
    how : {"raw", "difference", "zscore"}
        ``difference``: minus the baseline's mean (the write-up's formula). ``zscore``: that over the baseline's
        standard deviation, whose variance is shrunken towards its median over neurons (weighted as four prompts): a
        neuron that hardly moves over a few neutral prompts must not win by a scale that is small by chance.
    typical : float or None
        That median, where not all neurons are at hand.

    Returns
    -------
    float64 array [prompt, neuron]

    Raises
    ------
    ValueError
        If a baseline is needed and missing, or too small for a scale.
    """
    if how == "raw":
        return np.asarray(values, dtype=np.float64)
    if baseline is None or len(baseline) == 0:
        raise ValueError(f"normalize: {how} needs a baseline")
    centred: Floats = np.subtract(values, exact_mean(baseline), dtype=np.float64)
    if how == "difference":
        return centred
    if len(baseline) < 2:
        raise ValueError("normalize: zscore needs at least two baseline prompts")
    freedom, variance = len(baseline) - 1, _variance(baseline)
    prior = np.median(variance) if typical is None else typical
    shrunken = (freedom * variance + _PRIOR * prior) / (freedom + _PRIOR)
    return centred / np.sqrt(np.maximum(shrunken, np.finfo(np.float64).tiny))
