"""Kinds of claim. A new one is one new file here and one line below."""

from __future__ import annotations

from functools import cache

from neurontest.claims.base import Kind
from neurontest.kinds.causal import Necessary, Sufficient
from neurontest.kinds.chance import OverlapAboveChance
from neurontest.kinds.consistent import Consistent
from neurontest.kinds.distinct import Distinct
from neurontest.kinds.extreme import OverlapHighest, OverlapLowest
from neurontest.kinds.normalization import NormalizationHelps, SetsDiffer
from neurontest.kinds.overlap import OverlapAbove, OverlapBelow, OverlapGreater
from neurontest.kinds.positions import PositionsMoreDistinct
from neurontest.kinds.preserved import Preserved
from neurontest.kinds.similar import SetsSimilar
from neurontest.kinds.specific import HasSpecificNeurons, SpecificNeuron


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind of claim, one instance each, in the order of docs/claims.md."""
    return (
        OverlapGreater(),
        OverlapAbove(),
        OverlapBelow(),
        OverlapLowest(),
        OverlapHighest(),
        OverlapAboveChance(),
        Distinct(),
        PositionsMoreDistinct(),
        SetsDiffer(),
        NormalizationHelps(),
        SetsSimilar(),
        Consistent(),
        SpecificNeuron(),
        HasSpecificNeurons(),
        Necessary(),
        Sufficient(),
        Preserved(),
    )


def kind_named(name: str) -> Kind:
    """The kind called `name`.

    Raises
    ------
    KeyError
        If there is none.
    """
    return {kind.name: kind for kind in kinds()}[name]
