"""Overlap of neuron sets, given as memberships [neuron] between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def count(a: Floats, b: Floats) -> float:
    """Neurons in both sets; for fractional memberships the expected number, ties being broken at random."""
    return float(a @ b)


def jaccard(a: Floats, b: Floats) -> float:
    """Neurons in both sets over neurons in either; 0 for two empty sets."""
    both = count(a, b)
    either = float(a.sum() + b.sum()) - both
    return both / either if either else 0.0


def coefficient(a: Floats, b: Floats) -> float:
    """Overlap coefficient (Szymkiewicz-Simpson): neurons in both over the size of the smaller set; 0 if it is empty."""
    smaller = float(min(a.sum(), b.sum()))
    return count(a, b) / smaller if smaller else 0.0


def matrix(sets: Sequence[Floats]) -> tuple[tuple[float, ...], ...]:
    """Overlap counts of every two sets; the diagonal holds their sizes."""
    return tuple(
        tuple(count(a, b) if i != j else float(a.sum()) for j, b in enumerate(sets)) for i, a in enumerate(sets)
    )
