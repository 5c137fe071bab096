"""What must fit together beyond one value: prompts and tests, claims and their families, concepts and the baseline."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from neurontest.claims.base import Claim, Kind
from neurontest.claims.suite import Family
from neurontest.errors import Fault
from neurontest.spec.groups import group_faults
from neurontest.spec.prompts.listed import Prompts
from neurontest.spec.reading.lines import composed
from neurontest.spec.validate import shown
from neurontest.text import occurrences
from neurontest.types import Concept

#: Fewer baseline prompts leave a noise in their mean that all concepts share, and so seem to overlap by.
BASELINE_ADVISED = 10
#: Prompts a concept from which a plan can be made.
PILOT = 4
#: No one writes more prompts than this for one concept; the search for a number that suffices ends here.
_MOST_PROMPTS = 1000
#: Concepts that one sentence, or the sentences about one claim, name.
_SHOWN = 20


def claim_faults(claim: Claim, family: Family, *, pilot: bool = False, brief: bool = False) -> Iterator[str]:
    """Yield what keeps a claim from being decided, in sentences; `family` is the one that it is corrected in.

    In a `pilot`, which is to say how many prompts are needed, a few suffice. If `brief`, no remedy is looked for.
    """
    kind = claim.kind
    yield from kind.faults(claim)
    if claim.skip is not None:
        return
    least, advised = kind.prompts_needed(claim)
    if pilot:
        least = min(least, PILOT)
    else:
        yield from kind.shortages(claim)
    if claim.selection.identity == "index":
        yield (
            "overlaps by distinct index are shown, not tested: their sets differ in size, and so in what they share by"
            " chance; say 'neurons: {identity: dimension}', which aggregates over layers before it selects"
        )
    yield from group_faults(claim)
    yield from _position_faults(claim)
    few = [concept for concept in traced(claim) if concept.units < least]
    for concept in few[:_SHOWN]:
        yield f"{concept.name!r} has {_size(concept)}; {kind.name} needs at least {least} ({advised} advised)"
    limit, smallest = largest_accepted(family), kind.smallest_p(claim)
    if not few and smallest > limit and not pilot:
        needed = None if brief else _prompts_that_reach(kind, claim, limit)
        what = "groups" if any(concept.groups for concept in traced(claim)) else "prompts"
        remedy = f"it takes {needed} {what} or more for each concept" if needed else f"no number of {what} mends that"
        remedy = f"it takes more {what}, if any number does" if brief else remedy
        of = family.statistics
        asked = f"alpha {of.alpha:.4g}, correction {of.correction}, {_counted(len(family.tested), 'claim')}"
        yield (
            f"{kind.name} cannot hold here: its smallest p-value is {smallest:.2g}, and the family ({asked})"
            f" accepts at most {limit:.2g}; {remedy}"
        )


def other_baseline_faults(baseline: Concept, families: Iterable[Family], *, pilot: bool = False) -> Iterator[str]:
    """Yield what keeps claims from being tested again with another baseline, which suffice with the suite's own."""
    for family in families:
        for claim in family.tested:
            own = set(claim_faults(claim, family, pilot=pilot, brief=True))
            for message in claim_faults(replace(claim, baseline=baseline), family, pilot=pilot, brief=True):
                if message not in own:
                    yield f"with this baseline, {claim.node} cannot be tested again: {message}"


def _position_faults(claim: Claim) -> Iterator[str]:
    """Yield what is said of positions that have no such thing, and prompts that lack the word that is looked for."""
    chosen = claim.selection
    said = {"match": chosen.match, "exclude_first": chosen.exclude_first, "reduce": chosen.reduce != "mean"}
    if chosen.positions == "last" and any(said.values()):
        names = " and ".join(repr(name) for name, value in said.items() if value)
        yield f"positions: last is one step, of which {names} can say nothing; say positions: generated, or drop it"
    steps = claim.generation.max_new_tokens
    if chosen.positions == "generated" and claim.generation.replay is None and chosen.exclude_first >= steps:
        yield f"exclude_first: {chosen.exclude_first} leaves nothing of max_new_tokens: {steps}; say a smaller one"
    if chosen.positions != "prompt" or not chosen.match:
        return
    for concept in traced(claim):
        without = _without(concept.prompts, chosen.match)
        if without:
            more = f" (nor is it in {len(without) - 1} more)" if len(without) > 1 else ""
            yield (
                f"the word {shown(chosen.match)} is not in the prompt {shown(without[0])} of {concept.name!r}{more};"
                " 'match' at positions: prompt needs it in every prompt"
            )


@lru_cache(maxsize=64)
def _without(prompts: tuple[str, ...], word: str) -> tuple[str, ...]:
    """The prompts that lack a word; remembered, since the claims of a suite ask it of the same prompts."""
    return tuple(prompt for prompt in prompts if not occurrences(prompt, word))


def traced(claim: Claim) -> list[Concept]:
    """List the concepts of a claim that have prompts: all but published sets."""
    return [concept for concept in claim.concepts.values() if not concept.published]


def largest_accepted(family: Family) -> float:
    """Compute the largest p-value that the family's correction can ever accept, whatever the other claims give."""
    return family.statistics.alpha / _divisor(family.statistics.correction, max(1, len(family.tested)))


@lru_cache(maxsize=64)
def _divisor(correction: str, tested: int) -> float:
    if correction == "by":
        return sum(1 / rank for rank in range(1, tested + 1))
    return float(tested) if correction == "bonferroni" else 1.0


def half_sample_fault(claim: Claim) -> str:
    """Say whether `m` is more than half of the prompts of the smallest concept; empty if it is not."""
    m = claim.statistics.m
    smallest = min(traced(claim), key=lambda concept: concept.units, default=None)
    if m is None or smallest is None or m <= smallest.units // 2:
        return ""
    half = smallest.units // 2
    return f"m is {m}, but {smallest.name!r} has {_size(smallest)}: a half-sample takes at most {half}"


def claim_warnings(claim: Claim) -> Iterator[str]:
    """Yield what weakens a claim's evidence, in sentences."""
    if claim.skip is not None:
        return
    kind = claim.kind
    _, advised = kind.prompts_needed(claim)
    few = [concept for concept in traced(claim) if concept.units < advised]
    if few:
        counts = ", ".join(f"{concept.name!r} has {concept.units}" for concept in few[:_SHOWN])
        counts += f" and {len(few) - _SHOWN:,} more have too few" if len(few) > _SHOWN else ""
        what = "groups of prompts" if any(concept.groups for concept in few) else "prompts"
        yield f"{advised} {what} or more for each concept are advised for {kind.name}; {counts}"
    yield from kind.cautions(claim)


def baseline_warning(baseline: Concept | None, claims: Iterable[Claim]) -> str:
    """Say whether too small a baseline is subtracted; empty if it is not."""
    if baseline is None or baseline.units >= BASELINE_ADVISED:
        return ""
    if not any(claim.skip is None and claim.kind.normalizes(claim) for claim in claims):
        return ""
    return (
        f"the baseline has {_size(baseline)}; below {BASELINE_ADVISED} the noise of its mean,"
        " which all sets have in common, makes them look alike"
    )


def shared_with_baseline(concepts: Sequence[Prompts], baseline: Prompts) -> Iterator[Fault]:
    """Yield a fault for each prompt of a concept that is in the baseline as well."""
    neutral = set(map(composed, baseline.concept.prompts))
    for read in concepts:
        for prompt, place in zip(read.concept.prompts, read.places, strict=True):
            if composed(prompt) in neutral:
                message = f"the prompt {shown(prompt)} of {read.concept.name!r} is in the baseline as well"
                yield Fault(*place, f"{message}; remove it from one of them")


def _prompts_that_reach(kind: Kind, claim: Claim, limit: float) -> int | None:
    """Find the fewest prompts for each concept with which the claim's design can give a p-value of at most `limit`."""
    concepts = traced(claim)

    def reaches(size: int) -> bool:
        more = {concept.name: _with_units(concept, size) for concept in concepts}
        return kind.smallest_p(replace(claim, concepts={**claim.concepts, **more})) <= limit

    # More prompts can be dealt in more ways, so the p-value only falls.
    sizes = range(min(concept.units for concept in concepts) + 1, _MOST_PROMPTS + 1)
    place = bisect_left(sizes, True, key=reaches)
    return sizes[place] if place < len(sizes) else None


def _with_units(concept: Concept, size: int) -> Concept:
    """Give a concept further prompts, or groups of the same names for all concepts, until it has `size`."""
    units = sorted(set(concept.groups)) or [str(number) for number in range(len(concept.prompts))]
    units += [f"(more {number})" for number in range(len(units), size)]
    return replace(concept, prompts=tuple(units), groups=tuple(units) if concept.groups else ())


def _size(concept: Concept) -> str:
    prompts = _counted(len(concept.prompts), "prompt")
    return f"{prompts} in {_counted(concept.units, 'group')}" if concept.groups else prompts


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
