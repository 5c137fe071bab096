"""Kinds about single neurons, and about what neurons do."""

from __future__ import annotations

from neurontest.report.plain.amounts import level_span, places, signed, span, times, times_span
from neurontest.report.plain.words import Phrase, before, neurons, said, several
from neurontest.report.text import numbers
from neurontest.types import ClaimRecord, Estimate


def specific(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``neuron L11.mlp[756] is specific to hanoi against vietnam``."""
    neuron, of, against = (said(claim, slot) for slot in ("neuron", "of", "against"))
    other = effect.name.partition(" above ")[2].split(" (")[0] or against
    percent = numbers.number(100 * effect.value, places(effect, 100.0))
    each = "each of " if not claim.terms.get("meant") and " and " in against else ""
    return Phrase(
        f"neuron {neuron} is more active on prompts of {of} than on those of {each}{against}",
        f"neuron {neuron} is more active on a prompt of {of} than on one of {other} in about {percent} % of cases,"
        " where 50 % is chance",
        level_span(effect, 100.0, " %"),
    )


def specific_any(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``hanoi has specific neurons``."""
    of = said(claim, "of")
    neuron = before(effect.name.removeprefix("Welch t of "), ",")
    other = effect.name.partition(" above ")[2].split(" (")[0] or "the others"
    reach = "" if effect.reference is None else f", where {numbers.number(effect.reference, 1)} was needed"
    among = several(claim, "against").replace("the concepts", "every other concept")
    return Phrase(
        f"any neuron is more active on prompts of {of} than on those of {among}",
        f"neuron {neuron} stands out most: its activity on prompts of {of} lies {numbers.number(effect.value, 1)}"
        f" standard errors above that of {other}{reach}",
    )


def necessary(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``vietnam's neurons are needed for vietnam more than for violent``."""
    of, for_, than = (said(claim, slot) for slot in ("of", "for", "than"))
    nats = "nats of log-likelihood a token"
    off = f"switching off the {neurons(claim, of)}"
    return Phrase(
        f"{off} harms the texts of {for_} more than those of {than}, beyond what random neurons do",
        f"{off} costs the texts of {for_} {signed(effect, f'{nats} more', f'{nats} less')} than those of {than}",
        span(effect, "more", "less"),
    )


def sufficient(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``forcing hanoi's neurons makes hanoi more likely``."""
    of, for_ = (said(claim, slot) for slot in ("of", "for"))
    forced = f"forcing the {neurons(claim, of)}"
    return Phrase(
        f"{forced} makes the words of {for_} likelier, beyond what random neurons do",
        f"{forced} makes the words of {for_} about {times(effect.value)} as likely as other words and random neurons"
        " explain",
        times_span(effect),
    )
