"""Kinds of claim. A new one is one new file here and one line below."""

from __future__ import annotations

from functools import cache

from neurontest.claims.base import Kind
from neurontest.claims.causal import Necessary, Sufficient
from neurontest.claims.chance import OverlapAboveChance
from neurontest.claims.consistent import Consistent
from neurontest.claims.distinct import Distinct
from neurontest.claims.extreme import OverlapHighest, OverlapLowest
from neurontest.claims.normalization import NormalizationHelps, SetsDiffer
from neurontest.claims.overlap import OverlapAbove, OverlapBelow, OverlapGreater
from neurontest.claims.positions import PositionsMoreDistinct
from neurontest.claims.preserved import Preserved
from neurontest.claims.similar import SetsSimilar
from neurontest.claims.specific import HasSpecificNeurons, SpecificNeuron


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
