"""What each kind of claim asks and what was measured, in clauses: the same for every verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from neurontest.report.plain import activity, sets
from neurontest.report.plain.amounts import level_span
from neurontest.report.plain.words import Phrase
from neurontest.report.text import numbers
from neurontest.types import ClaimRecord, Estimate

#: What kinds measure, if not numbers of neurons.
UNITS: Mapping[str, str] = {
    "specific": "AUROC",
    "specific_any": "",
    "necessary": "nats a token",
    "sufficient": "nats",
}

PHRASES: Mapping[str, Callable[[ClaimRecord, Estimate], Phrase]] = {
    "overlap_greater": sets.overlap_greater,
    "overlap_above": sets.overlap_amount,
    "overlap_below": sets.overlap_amount,
    "overlap_lowest": sets.overlap_extreme,
    "overlap_highest": sets.overlap_extreme,
    "overlap_above_chance": sets.above_chance,
    "distinct": sets.distinct,
    "consistent": sets.consistent,
    "specific": activity.specific,
    "specific_any": activity.specific_any,
    "sets_similar": sets.similar,
    "sets_differ": sets.differ,
    "normalization_helps": sets.apart("subtracting the baseline sets", "with the baseline subtracted", "raw sets"),
    "positions_more_distinct": sets.apart(
        "all generated tokens set", "over all generated tokens", "at the last token alone"
    ),
    "necessary": activity.necessary,
    "sufficient": activity.sufficient,
    "preserved": sets.preserved,
}


def phrase(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """The clauses of a claim; of a kind that nobody here knows the sentence itself and its effect."""
    found, unit = PHRASES.get(claim.kind), UNITS.get(claim.kind, "neurons")
    # A record from elsewhere may say other terms, and measure in other units.
    if found is not None and effect.unit in (unit, "share" if "against" in claim.terms else unit):
        try:
            return found(claim, effect)
        except (KeyError, TypeError, ValueError):
            pass
    percent = (100.0, " %") if effect.unit == "share" else (1.0, "")
    said = numbers.effect(effect).replace("%", " %")
    return Phrase(f"“{claim.sentence}” is so", f"{effect.name}: {said}", level_span(effect, *percent))
