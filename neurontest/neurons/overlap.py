"""Overlap of neuron sets, given as memberships [neuron] between 0 and 1 or as lists of neurons."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import comb

import numpy as np

from neurontest.arrays import Floats
from neurontest.types import Neuron, PublishedNeuron

#: What makes a neuron itself: (layer, index), or (index,).
_Place = tuple[int, ...]


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


def rank_biased(a: Sequence[Hashable], b: Sequence[Hashable], p: float = 0.9) -> float:
    """Rank-biased overlap of two ranked lists, extrapolated beyond their ends: RBO_ext.

    Webber, Moffat & Zobel 2010 (ACM Trans. Inf. Syst. 28:20), eq. 32: agreement at each depth, weighted ``p ** depth``.

    Parameters
    ----------
    a, b : sequence
        Ranked, best first, nothing twice; of one length.
    p : float
        How much the next rank counts of what the one before did, between 0 and 1.
    """
    if len(a) != len(b) or not 0 < p < 1:
        raise ValueError("lists must be of one length, and p between 0 and 1")
    if not a:
        return 0.0
    seen_a: set[Hashable] = set()
    seen_b: set[Hashable] = set()
    common = 0
    total = 0.0
    for depth, (one, other) in enumerate(zip(a, b, strict=True), start=1):
        common += (one == other) + (one in seen_b) + (other in seen_a)
        seen_a.add(one)
        seen_b.add(other)
        total += common / depth * p**depth
    return float(common / len(a) * p ** len(a) + (1 - p) / p * total)


def matrix(sets: Sequence[Floats]) -> tuple[tuple[float, ...], ...]:
    """Overlap counts of every two sets; the diagonal holds their sizes."""
    return tuple(
        tuple(count(a, b) if i != j else float(a.sum()) for j, b in enumerate(sets)) for i, a in enumerate(sets)
    )


def shared(
    a: Iterable[Neuron | PublishedNeuron], b: Iterable[Neuron | PublishedNeuron], identity: str = "neuron"
) -> int:
    """Neurons in both of two lists: by (layer, index), or with identity ``index`` by distinct index.

    By index the two sets may be of different sizes: an index that is in several layers counts once.
    """
    return len(_places(a, identity) & _places(b, identity))


def by_index(set_: Floats, width: int) -> Floats:
    """Memberships [index] of the distinct indices of a set [neuron], `width` neurons a layer.

    Where neurons tie for the last places, the probability that a random draw of the tied ones takes the index.
    """
    layers = set_.reshape(-1, width)
    out: Floats = np.where((layers >= 1).any(axis=0), 1.0, 0.0)
    tied = (layers > 0) & (layers < 1)
    number = int(tied.sum())
    seats = round(float(layers[tied].sum()))
    own = tied.sum(axis=0)
    for size in np.unique(own[own > 0]):
        left_out = comb(number - int(size), seats) / comb(number, seats)
        out[(own == size) & (out < 1)] = 1 - left_out
    return out


def side_by_side(
    traced: Mapping[str, Floats], published: Mapping[str, Sequence[PublishedNeuron]], *, width: int, identity: str
) -> dict[str, Floats]:
    """Memberships of traced and published sets over columns that they have in common.

    Parameters
    ----------
    traced : mapping from name to float array [neuron]
        All of the same model and site.
    published : mapping from name to sequence of PublishedNeuron
        Neurons that the model does not have get columns of their own.
    width : int
        Neurons of a layer.
    identity : {"neuron", "index"}

    Returns
    -------
    dict from name to float array [column]
    """
    own = {name: by_index(one, width) if identity == "index" else one for name, one in traced.items()}
    size = max((len(one) for one in own.values()), default=0)
    columns: dict[_Place, int] = {}

    def column(place: _Place) -> int:
        *layer, index = place
        at = (layer[0] if layer else 0) * width + index
        return at if index < width and at < size else columns.setdefault(place, size + len(columns))

    places = {name: [column(one) for one in _places(neurons, identity)] for name, neurons in published.items()}
    out = {name: np.pad(one, (0, len(columns))) for name, one in own.items()}
    for name, members in places.items():
        out[name] = np.zeros(size + len(columns))
        out[name][members] = 1.0
    return out


def _places(neurons: Iterable[Neuron | PublishedNeuron], identity: str) -> frozenset[_Place]:
    if identity == "index":
        return frozenset((one.index,) for one in neurons)
    return frozenset((one.layer, one.index) for one in neurons)
