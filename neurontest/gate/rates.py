"""How often comparisons of a claim's design were seen to err, of pairs of models of which it is known what is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from neurontest.claims.base import Claim
from neurontest.evidence.rates import design_with
from neurontest.gate.margin import Margin
from neurontest.gate.ways.by_kind import HalfSampled, way_of
from neurontest.kinds.preserved import Preserved, within
from neurontest.stats.calibration import NOT_MEASURED, Design, change_rate, table
from neurontest.types import Comparison


def with_change_rates(claims: Iterable[Claim], found: Mapping[str, Comparison]) -> dict[str, Comparison]:
    """What became of each claim, by id, with what the packaged table says of such tests; of others nothing is said."""
    by_id = {claim.id: claim for claim in claims}
    return {
        one: comparison if comparison.p is None else replace(comparison, error_rate=_rate(by_id[one], comparison))
        for one, comparison in found.items()
    }


def change_design(claim: Claim) -> Design:
    """What the error of a test of what is left of a claim may hang on."""
    sampled = isinstance(claim.kind, Preserved) or isinstance(way_of(claim), HalfSampled)
    texts: Literal["same", "own"] = "same"
    if claim.generation.replay is None and claim.selection.positions != "prompt":
        texts = "own"
    counts = tuple(one.units for one in claim.concepts.values() if not one.published)
    design = design_with(claim, ("half-sample",) if sampled else ("prompts",), counts)
    # Neurons that are named, and each model's own set, are compared whatever selected them.
    return replace(design, texts=texts) if sampled else replace(design, texts=texts, select="", k=0)


def _rate(claim: Claim, found: Comparison) -> str:
    if found.margin == str(Margin()):
        return change_rate(table(), change_design(claim))
    # A claim about the change names its margin itself.
    if isinstance(claim.kind, Preserved) and within(claim) == Margin().value:
        return change_rate(table(), change_design(claim))
    return NOT_MEASURED
