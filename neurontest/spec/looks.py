"""The look that a family is at: which of the declared numbers of prompts its concepts have, and what it may spend."""

from __future__ import annotations

from dataclasses import replace

from neurontest.claims.suite import Family
from neurontest.types import Look, Statistics

#: More looks than this are not declared by hand, and each takes from the last one's share.
MOST_LOOKS = 10


def look_fault(family: Family, *, pilot: bool = False) -> str:
    """Say why a family with looks is at none of them; empty if it is, or has none, or is a `pilot` of any size."""
    looks = family.statistics.looks
    if looks is None:
        return ""
    said = f"looks: {list(looks)}"
    if list(looks) != sorted(looks):
        return f"{said} must rise: each look has the prompts of the one before, and more"
    if len(looks) > MOST_LOOKS:
        return f"{said} are {len(looks)}; declare {MOST_LOOKS} or fewer"
    sizes = {} if pilot else _sizes(family)
    if len(set(sizes.values())) > 1:
        few, many = min(sizes, key=lambda name: sizes[name]), max(sizes, key=lambda name: sizes[name])
        return (
            f"{said} are of as many prompts for every concept of the file, and {few!r} has {sizes[few]}, {many!r}"
            f" {sizes[many]}{_of_groups(family)}"
        )
    now = next(iter(sizes.values()), looks[0])
    if now not in looks:
        return (
            f"{said} were declared, and the concepts of the file have {now} prompts each{_of_groups(family)}: that is"
            f" none of the looks; add prompts until the next one, or take looks out and start with fresh prompts"
        )
    return ""


def at_look(family: Family, *, pilot: bool = False) -> Family:
    """The same family held to what the look that it is at may spend; a `pilot`, whatever its size, to the last one's.

    See Also
    --------
    neurontest.stats.family.looks.levels
    """
    looks = family.statistics.looks
    if looks is None:
        return family
    # Not where a run that declares no looks would pay for it: scipy is not needed to read a suite.
    from neurontest.stats.family.looks import levels

    at = looks.index(looks[-1] if pilot else next(iter(_sizes(family).values()), looks[-1]))
    own = family.statistics
    divided_by = 1 if own.correction == "none" else max(1, len(family.tested))
    spent = levels(own.alpha, looks, divided_by)[at]

    def held(statistics: Statistics) -> Statistics:
        return replace(statistics, alpha=spent, look=Look(at + 1, len(looks), own.alpha))

    claims = tuple(replace(claim, statistics=held(claim.statistics)) for claim in family.claims)
    return replace(family, claims=claims, statistics=held(own))


def _sizes(family: Family) -> dict[str, int]:
    """Prompts, or groups of prompts, of each concept that the family's claims are tested on."""
    return {
        name: concept.units
        for claim in family.tested
        for name, concept in claim.concepts.items()
        if not concept.published
    }


def _of_groups(family: Family) -> str:
    """What a number of prompts counts, where some have groups."""
    grouped = any(concept.groups for claim in family.tested for concept in claim.concepts.values())
    return " (prompts of one group count as one)" if grouped else ""
