"""What each kind of claim asks and what was measured, in clauses: the same for every verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from neurontest.report import numbers
from neurontest.report.plain.amounts import level_span, places, signed, size, span, times, times_span
from neurontest.types import ClaimRecord, Estimate
from neurontest.words import together

#: Concepts that a sentence names one by one.
NAMED = 8


@dataclass(frozen=True)
class Phrase:
    """Two clauses of a plain sentence.

    Attributes
    ----------
    asked : str
        What the claim says, so that it can follow "whether": ``more of hanoi's neurons are shared with ...``.
    measured : str
        What was measured, with its number; true whatever the verdict is.
    interval : str
        Of that number, such as ``95 % interval 8 to 17``; empty if it has none.
    """

    asked: str
    measured: str
    interval: str = ""


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


def neurons(claim: ClaimRecord, of: str = "") -> str:
    """Such as ``50 strongest neurons of hanoi``: what the selection takes, in a reader's words."""
    chosen = claim.selection
    how = "most consistent" if chosen.select == "consistency" else "strongest"
    what = "dimensions" if chosen.identity == "dimension" else "neurons"
    return f"{chosen.k} {how} {what}" + (f" of {of}" if of else "")


def _said(claim: ClaimRecord, slot: str) -> str:
    value = claim.terms[slot]
    return _listed(value) if isinstance(value, tuple) else str(value)


def _several(claim: ClaimRecord, slot: str = "concepts") -> str:
    value = claim.terms.get(slot, ())
    return _listed(value) if isinstance(value, tuple) and value else "the concepts"


def _listed(names: tuple[str, ...]) -> str:
    """The names, or of many their number and the first."""
    if len(names) <= NAMED:
        return together(names)
    return f"{len(names)} concepts ({', '.join(names[:3])} and so on)"


def _by(claim: ClaimRecord) -> str:
    value = claim.terms.get("by")
    return f"at least {numbers.number(value)} " if isinstance(value, float | int) and value else ""


def _first(name: str, mark: str) -> str:
    return name.partition(mark)[0]


def _overlap_greater(claim: ClaimRecord, effect: Estimate) -> Phrase:
    of, with_, than = (_said(claim, slot) for slot in ("of", "with", "than"))
    among = f"of the {neurons(claim, of)}"
    return Phrase(
        f"{among}, {_by(claim)}more are shared with {with_} than with {than}",
        f"{among}, {signed(effect)} are shared with {with_} than with {than}",
        span(effect),
    )


def _overlap_amount(claim: ClaimRecord, effect: Estimate) -> Phrase:
    a, b, amount = (_said(claim, slot) for slot in ("of", "with", "amount"))
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


def _overlap_extreme(claim: ClaimRecord, effect: Estimate) -> Phrase:
    a, b = (_said(claim, slot) for slot in ("of", "with"))
    lowest = claim.kind == "overlap_lowest"
    pair, other = (part.split(" (")[0] for part in effect.name.split(" minus "))
    other = " and ".join((pair if lowest else other).split("/"))
    # The effect says how far the named pair is on the claimed side; a reader is told of the other one.
    more, fewer = ("more", "fewer") if lowest else ("fewer", "more")
    return Phrase(
        f"of all pairs, {a} and {b} share the {'fewest' if lowest else 'most'} of {_their(claim)}",
        f"{other}, the pair that decides, share {signed(effect, more, fewer)} of {_their(claim)} than {a} and {b}",
        span(effect, more, fewer),
    )


def _their(claim: ClaimRecord) -> str:
    return f"their {neurons(claim)}"


def _above_chance(claim: ClaimRecord, effect: Estimate) -> Phrase:
    of, with_, controls = (_said(claim, slot) for slot in ("of", "with", "controls"))
    among = f"of the {neurons(claim, of)}"
    named = "meant" in claim.terms
    asked = f"with {controls}" if named else f"with concepts like {controls}"
    return Phrase(
        f"{among}, more are shared with {with_} than {asked}, on average",
        f"{among}, {signed(effect)} are shared with {with_} than with {controls}, on average",
        span(effect),
    )


def _distinct(claim: ClaimRecord, effect: Estimate) -> Phrase:
    halves = "two halves of one concept's prompts"
    # What a pair shares less than halves do: positive where it is apart.
    amount = signed(effect, "fewer", "more")
    if claim.terms.get("meant"):
        asked = f"two of {_several(claim)} share, on average, fewer of {_their(claim)} than {halves} do"
        measured = f"two of {_several(claim)} share, on average, {amount} of {_their(claim)} than {halves} do"
        return Phrase(asked, measured, span(effect, "fewer", "more"))
    pair = _first(effect.name.removeprefix("shared within "), " minus ")
    least = ", the pair least apart," if " (" in effect.name else ""
    return Phrase(
        f"every two of {_several(claim)} share fewer of {_their(claim)} than {halves} do",
        f"{pair}{least} share {amount} of {_their(claim)} than {halves} do",
        span(effect, "fewer", "more"),
    )


def _consistent(claim: ClaimRecord, effect: Estimate) -> Phrase:
    of = _said(claim, "of")
    if "against" in claim.terms:
        neutral, points = _said(claim, "against"), numbers.number(100 * abs(effect.value), 0)
        more = "more" if effect.value >= 0 else "fewer"
        return Phrase(
            f"some neuron is among the {neurons(claim)} of a prompt of {of} more often than of a prompt of {neutral}",
            f"{_first(effect.name, ',')} is among the {neurons(claim)} in about {points} of 100 prompts {more} of {of}"
            f" than of {neutral}",
        )
    least = numbers.number(effect.reference or 0.0)
    return Phrase(
        f"two halves of the prompts of {of} share more than {least} of {_their(claim)}",
        f"two halves of the prompts of {of} share about {size(effect)} of {_their(claim)}",
        level_span(effect),
    )


def _specific(claim: ClaimRecord, effect: Estimate) -> Phrase:
    neuron, of, against = (_said(claim, slot) for slot in ("neuron", "of", "against"))
    other = effect.name.partition(" above ")[2].split(" (")[0] or against
    percent = numbers.number(100 * effect.value, places(effect, 100.0))
    each = "each of " if not claim.terms.get("meant") and " and " in against else ""
    return Phrase(
        f"neuron {neuron} is more active on prompts of {of} than on those of {each}{against}",
        f"neuron {neuron} is more active on a prompt of {of} than on one of {other} in about {percent} % of cases,"
        " where 50 % is chance",
        level_span(effect, 100.0, " %"),
    )


def _specific_any(claim: ClaimRecord, effect: Estimate) -> Phrase:
    of = _said(claim, "of")
    neuron = _first(effect.name.removeprefix("Welch t of "), ",")
    other = effect.name.partition(" above ")[2].split(" (")[0] or "the others"
    reach = "" if effect.reference is None else f", where {numbers.number(effect.reference, 1)} was needed"
    among = _several(claim, "against").replace("the concepts", "every other concept")
    return Phrase(
        f"any neuron is more active on prompts of {of} than on those of {among}",
        f"neuron {neuron} stands out most: its activity on prompts of {of} lies {numbers.number(effect.value, 1)}"
        f" standard errors above that of {other}{reach}",
    )


def _similar(claim: ClaimRecord, effect: Estimate) -> Phrase:
    part = f"{100 * claim.statistics.similar_above:g} %"
    halves = f"{part} of what two halves of one concept's prompts share"
    how = _said(claim, "how")
    return Phrase(
        f"{_several(claim)} have nearly the same {how} neurons: any two share, on average, more than {halves}",
        f"two of {_several(claim)} share, on average, {signed(effect, *_more(effect, f'{how} '))} than {halves}",
        span(effect),
    )


def _more(effect: Estimate, how: str = "") -> tuple[str, str]:
    what = "neuron" if size(effect) == "1" else "neurons"
    return f"more {how}{what}", f"fewer {how}{what}"


def _differ(claim: ClaimRecord, effect: Estimate) -> Phrase:
    part = f"{100 * claim.statistics.differ_below:g} % of what two halves of a concept's prompts share"
    name = effect.name.partition(" sets of ")[2].partition(", minus")[0] or "the concept that decides"
    return Phrase(
        f"subtracting the baseline selects other neurons: raw and normalized sets share less than {part}",
        f"the raw and the normalized set of {name} share {signed(effect, *_more(effect))} than {part}",
        span(effect),
    )


def _apart(asked: str, here: str, there: str) -> Callable[[ClaimRecord, Estimate], Phrase]:
    def said(claim: ClaimRecord, effect: Estimate) -> Phrase:
        what = "neuron" if size(effect) == "1" else "neurons"
        names, more, fewer = _several(claim), f"{what} further apart", f"{what} less far apart"
        return Phrase(
            f"{asked} {names} {_by(claim).strip() + ' neurons ' if _by(claim) else ''}further apart than {there}",
            f"{here}, {names} are {signed(effect, more, fewer)} than {there}",
            span(effect, "more", "fewer"),
        )

    return said


def _necessary(claim: ClaimRecord, effect: Estimate) -> Phrase:
    of, for_, than = (_said(claim, slot) for slot in ("of", "for", "than"))
    nats = "nats of log-likelihood a token"
    off = f"switching off the {neurons(claim, of)}"
    return Phrase(
        f"{off} harms the texts of {for_} more than those of {than}, beyond what random neurons do",
        f"{off} costs the texts of {for_} {signed(effect, f'{nats} more', f'{nats} less')} than those of {than}",
        span(effect, "more", "less"),
    )


def _sufficient(claim: ClaimRecord, effect: Estimate) -> Phrase:
    of, for_ = (_said(claim, slot) for slot in ("of", "for"))
    forced = f"forcing the {neurons(claim, of)}"
    return Phrase(
        f"{forced} makes the words of {for_} likelier, beyond what random neurons do",
        f"{forced} makes the words of {for_} about {times(effect.value)} as likely as other words and random neurons"
        " explain",
        times_span(effect),
    )


def _preserved(claim: ClaimRecord, effect: Estimate) -> Phrase:
    of = _said(claim, "of")
    part = effect.name.partition(", minus ")[2].removesuffix(" of the ceiling").replace("%", " %")
    halves = f"{part or 'most'} of what two halves of its prompts share in one model"
    return Phrase(
        f"the neurons of {of} are still those of the reference: the two models share more than {halves}",
        f"of the {neurons(claim, of)}, the two models share {signed(effect)} than {halves}",
        span(effect),
    )


#: What kinds measure, if not numbers of neurons.
UNITS: Mapping[str, str] = {
    "specific": "AUROC",
    "specific_any": "",
    "necessary": "nats a token",
    "sufficient": "nats",
}

PHRASES: Mapping[str, Callable[[ClaimRecord, Estimate], Phrase]] = {
    "overlap_greater": _overlap_greater,
    "overlap_above": _overlap_amount,
    "overlap_below": _overlap_amount,
    "overlap_lowest": _overlap_extreme,
    "overlap_highest": _overlap_extreme,
    "overlap_above_chance": _above_chance,
    "distinct": _distinct,
    "consistent": _consistent,
    "specific": _specific,
    "specific_any": _specific_any,
    "sets_similar": _similar,
    "sets_differ": _differ,
    "normalization_helps": _apart("subtracting the baseline sets", "with the baseline subtracted", "raw sets"),
    "positions_more_distinct": _apart(
        "all generated tokens set", "over all generated tokens", "at the last token alone"
    ),
    "necessary": _necessary,
    "sufficient": _sufficient,
    "preserved": _preserved,
}
