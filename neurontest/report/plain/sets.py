"""Kinds about which neurons are selected, and what sets of them share."""

from __future__ import annotations

from collections.abc import Callable

from neurontest.report.plain.amounts import level_span, signed, size, span
from neurontest.report.plain.words import Phrase, at_least, before, neurons, said, several, theirs
from neurontest.report.text import numbers
from neurontest.types import ClaimRecord, Estimate


def overlap_greater(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``hanoi overlaps vietnam more than violent``."""
    of, with_, than = (said(claim, slot) for slot in ("of", "with", "than"))
    among = f"of the {neurons(claim, of)}"
    return Phrase(
        f"{among}, {at_least(claim)}more are shared with {with_} than with {than}",
        f"{among}, {signed(effect)} are shared with {with_} than with {than}",
        span(effect),
    )


def overlap_amount(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``hanoi overlaps vietnam by at least 60% of the ceiling``, or by so many neurons."""
    a, b, amount = (said(claim, slot) for slot in ("of", "with", "amount"))
    bound = "at least" if claim.kind == "overlap_above" else "at most"
    own = f"their {neurons(claim)}"
    if "ceiling" in amount:
        of_ceiling = f"{amount.replace('%', ' %')}, which is what two halves of one concept's prompts share"
        return Phrase(
            f"{a} and {b} share {bound} {of_ceiling}",
            f"of {own}, {a} and {b} share {signed(effect)} than {of_ceiling}",
            span(effect),
        )
    asked = amount.replace("%", " %")
    return Phrase(
        f"of {own}, {a} and {b} share {bound} {asked}",
        f"{a} and {b} share about {size(effect)} of {own}",
        level_span(effect),
    )


def overlap_extreme(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``the lowest overlap is between hanoi and violent``."""
    a, b = (said(claim, slot) for slot in ("of", "with"))
    lowest = claim.kind == "overlap_lowest"
    pair, other = (part.split(" (")[0] for part in effect.name.split(" minus "))
    other = " and ".join((pair if lowest else other).split("/"))
    # The effect says how far the named pair is on the claimed side; a reader is told of the other one.
    more, fewer = ("more", "fewer") if lowest else ("fewer", "more")
    return Phrase(
        f"of all pairs, {a} and {b} share the {'fewest' if lowest else 'most'} of {theirs(claim)}",
        f"{other}, the pair that decides, share {signed(effect, more, fewer)} of {theirs(claim)} than {a} and {b}",
        span(effect, more, fewer),
    )


def above_chance(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``hanoi overlaps vietnam above chance against tulip and violent``."""
    of, with_, controls = (said(claim, slot) for slot in ("of", "with", "controls"))
    among = f"of the {neurons(claim, of)}"
    named = "meant" in claim.terms
    asked = f"with {controls}" if named else f"with concepts like {controls}"
    return Phrase(
        f"{among}, more are shared with {with_} than {asked}, on average",
        f"{among}, {signed(effect)} are shared with {with_} than with {controls}, on average",
        span(effect),
    )


def distinct(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``tulip and hanoi have distinct neurons``, each two of them or on average."""
    halves = "two halves of one concept's prompts"
    # What a pair shares less than halves do: positive where it is apart.
    amount = signed(effect, "fewer", "more")
    if claim.terms.get("meant"):
        asked = f"two of {several(claim)} share, on average, fewer of {theirs(claim)} than {halves} do"
        measured = f"two of {several(claim)} share, on average, {amount} of {theirs(claim)} than {halves} do"
        return Phrase(asked, measured, span(effect, "fewer", "more"))
    pair = before(effect.name.removeprefix("shared within "), " minus ")
    least = ", the pair least apart," if " (" in effect.name else ""
    return Phrase(
        f"every two of {several(claim)} share fewer of {theirs(claim)} than {halves} do",
        f"{pair}{least} share {amount} of {theirs(claim)} than {halves} do",
        span(effect, "fewer", "more"),
    )


def consistent(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``tulip has consistent neurons``, or ``... against neutral``."""
    of = said(claim, "of")
    if "against" in claim.terms:
        neutral, points = said(claim, "against"), numbers.number(100 * abs(effect.value), 0)
        more = "more" if effect.value >= 0 else "fewer"
        return Phrase(
            f"some neuron is among the {neurons(claim)} of a prompt of {of} more often than of a prompt of {neutral}",
            f"{before(effect.name, ',')} is among the {neurons(claim)} in about {points} of 100 prompts {more} of {of}"
            f" than of {neutral}",
        )
    least = numbers.number(effect.reference or 0.0)
    return Phrase(
        f"two halves of the prompts of {of} share more than {least} of {theirs(claim)}",
        f"two halves of the prompts of {of} share about {size(effect)} of {theirs(claim)}",
        level_span(effect),
    )


def similar(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``raw neurons of tulip and hanoi are nearly identical``."""
    part = f"{100 * claim.statistics.similar_above:g} %"
    halves = f"{part} of what two halves of one concept's prompts share"
    how = said(claim, "how")
    return Phrase(
        f"{several(claim)} have nearly the same {how} neurons: any two share, on average, more than {halves}",
        f"two of {several(claim)} share, on average, {signed(effect, *_more(effect, f'{how} '))} than {halves}",
        span(effect),
    )


def _more(effect: Estimate, how: str = "") -> tuple[str, str]:
    what = "neuron" if size(effect) == "1" else "neurons"
    return f"more {how}{what}", f"fewer {how}{what}"


def differ(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``baseline-normalized sets differ from raw``."""
    part = f"{100 * claim.statistics.differ_below:g} % of what two halves of a concept's prompts share"
    name = effect.name.partition(" sets of ")[2].partition(", minus")[0] or "the concept that decides"
    return Phrase(
        f"subtracting the baseline selects other neurons: raw and normalized sets share less than {part}",
        f"the raw and the normalized set of {name} share {signed(effect, *_more(effect))} than {part}",
        span(effect),
    )


def apart(asked: str, here: str, there: str) -> Callable[[ClaimRecord, Estimate], Phrase]:
    """Kinds that hold one way of looking against another: how far it sets concepts apart."""

    def phrase(claim: ClaimRecord, effect: Estimate) -> Phrase:
        least = at_least(claim)
        much = f"{least}{'neuron' if least == 'at least 1 ' else 'neurons'} " if least else ""
        what = "neuron" if size(effect) == "1" else "neurons"
        names, more, fewer = several(claim), f"{what} further apart", f"{what} less far apart"
        return Phrase(
            f"{asked} {names} {much}further apart than {there}",
            f"{here}, {names} are {signed(effect, more, fewer)} than {there}",
            span(effect, "more", "fewer"),
        )

    return phrase


def preserved(claim: ClaimRecord, effect: Estimate) -> Phrase:
    """``hanoi's neurons are preserved``."""
    of = said(claim, "of")
    part = effect.name.partition(", minus ")[2].removesuffix(" of the ceiling").replace("%", " %")
    halves = f"{part or 'most'} of what two halves of its prompts share in one model"
    return Phrase(
        f"the neurons of {of} are still those of the reference: the two models share more than {halves}",
        f"of the {neurons(claim, of)}, the two models share {signed(effect)} than {halves}",
        span(effect),
    )
