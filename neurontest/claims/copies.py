"""Near copies among the prompts of a claim: who they are, in sentences, and what a spec says of them instead.

Tests count prompts as if each had been written for itself. Copies have no such right: four paraphrases of six prompts
are six prompts, and tests that take them for twenty-four find differences where there are none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from neurontest.claims.base import Claim
from neurontest.claims.wording import alike_in_words
from neurontest.text import quoted
from neurontest.types import Concept, NearCopies

#: A concept, and the place of a prompt in its list.
Place = tuple[str, int]
#: Sets of near copies that one sentence quotes.
_SHOWN = 3
_WORDS = "by their words"


@dataclass(frozen=True)
class Pair:
    """Two prompts, in the order of the claim's concepts, and how they were found to be near copies."""

    a: Place
    b: Place
    how: str = _WORDS


def in_words(claim: Claim) -> list[Pair]:
    """The near copies that texts alone show, but for those that have one group."""
    traced = [concept for concept in claim.concepts.values() if not concept.published]
    found = [Pair((one.name, i), (one.name, j)) for one in traced for i, j in alike_in_words(one.prompts)]
    for one, other in combinations(traced, 2):
        found += [Pair((one.name, i), (other.name, j)) for i, j in alike_in_words(one.prompts, other.prompts)]
    return [pair for pair in found if not _one_group(claim, pair)]


def near_copies(claim: Claim, pairs: Iterable[Pair]) -> tuple[NearCopies, ...]:
    """What is to be said of some pairs: of each concept, and of every two."""
    between: dict[tuple[str, str], dict[tuple[Place, Place], Pair]] = {}
    for pair in pairs:
        # What two ways find is said once, by the first.
        between.setdefault((pair.a[0], pair.b[0]), {}).setdefault((pair.a, pair.b), pair)
    order = list(claim.concepts)
    return tuple(
        _within(claim, claim.concepts[a], list(found.values()))
        if a == b
        else _across(claim, claim.concepts[a], claim.concepts[b], list(found.values()))
        for (a, b), found in sorted(
            between.items(), key=lambda one: (one[0][0] != one[0][1], *map(order.index, one[0]))
        )
    )


def _one_group(claim: Claim, pair: Pair) -> bool:
    one, other = (_group(claim.concepts[name], at) for name, at in (pair.a, pair.b))
    return one == other != ""


def _group(concept: Concept, at: int) -> str:
    return concept.groups[at] if concept.groups else ""


def _within(claim: Claim, concept: Concept, pairs: list[Pair]) -> NearCopies:
    sets = _sets([(pair.a[1], pair.b[1]) for pair in pairs])
    of = {min(pair.a[1], pair.b[1]): pair for pair in reversed(pairs)}
    some = [
        f"{_quotes(concept.prompts[at] for at in one)} ({next(of[at].how for at in one if at in of)})"
        for one in sets[:_SHOWN]
    ]
    copies = sum(map(len, sets))
    said = f"{copies} prompts of {concept.name!r} are near copies of others of it: {_listed(some, len(sets))}"
    own = {_group(concept, at) for one in sets for at in one} - {""}
    if any(not group.startswith("(") for group in own):
        groups = sorted(group for group in own if not group.startswith("("))
        shown = ", ".join(map(repr, groups[:_SHOWN]))
        return NearCopies(f"{said}; put them into one group each (some are in {shown}), and so in all concepts")
    names = _names(claim, concept.name)
    named = {at: name for one, name in zip(sets, names, strict=False) for at in one}
    return NearCopies(f"{said}; {_how(concept)}", _lines({concept.name: (concept, named)}))


def _across(claim: Claim, a: Concept, b: Concept, pairs: list[Pair]) -> NearCopies:
    some = [f"{_quotes((a.prompts[p.a[1]], b.prompts[p.b[1]]))} ({p.how})" for p in pairs[:_SHOWN]]
    said = f"prompts of {a.name!r} and {b.name!r} are near copies of each other: {_listed(some, len(pairs))}"
    ours, theirs = {pair.a[1] for pair in pairs}, {pair.b[1] for pair in pairs}
    is_whole = len(pairs) == len(ours) == len(theirs) == len(a.prompts) == len(b.prompts)
    if is_whole and not a.groups and not b.groups and len(claim.concepts) == 2:
        names = dict(zip(sorted(ours), _names(claim, "template"), strict=False))
        paired = {pair.b[1]: names[pair.a[1]] for pair in pairs}
        return NearCopies(f"{said}; {_how(a)}", _lines({a.name: (a, names), b.name: (b, paired)}))
    return NearCopies(
        f"{said}; keep each in one of the concepts alone, or give all their prompts the groups of the templates that"
        " they share"
    )


def _listed(some: list[str], count: int) -> str:
    return ", ".join(some) + (f", and {count - len(some):,} more" if count > len(some) else "")


def _quotes(prompts: Iterable[str]) -> str:
    listed = [quoted(prompt) for prompt in prompts]
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return " = ".join(listed[:_SHOWN]) + more


def _sets(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Sets of prompts that are linked by pairs, each in the order of the list."""
    held: dict[int, set[int]] = {}
    for i, j in pairs:
        both = held.get(i, {i}) | held.get(j, {j})
        held.update(dict.fromkeys(both, both))
    return sorted({min(one): sorted(one) for one in held.values()}.values())


def _names(claim: Claim, stem: str) -> Iterator[str]:
    """Names of groups that no concept of the claim has."""
    taken = {group for concept in claim.concepts.values() for group in concept.groups}
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("._-") or "copies"
    number = 0
    while True:
        number += 1
        if f"{plain}-{number}" not in taken:
            yield f"{plain}-{number}"


def _how(concept: Concept) -> str:
    """Where a spec says the groups of a concept."""
    suffix = "." + concept.source.rpartition(".")[2] if concept.source else ""
    match suffix:
        case "":
            return "say so by their groups, in place of these items under 'prompts:' (or of a .json or .jsonl file)"
        case ".txt":
            return (
                f"say so by their groups, which {concept.source} cannot hold: list its prompts under 'prompts:' in the"
                " spec instead, these as follows"
            )
        case ".json" | ".jsonl":
            return f"say so by their groups, in place of these items of {concept.source}"
        case _:
            return f"say so by a column of {concept.source} that 'group:' names, which says"


def _lines(concepts: Mapping[str, tuple[Concept, Mapping[int, str]]]) -> str:
    """The prompts with their groups, as the spec or the prompt file says them."""
    out = []
    for name, (concept, groups) in concepts.items():
        in_json = bool(concept.source) and str(concept.source).endswith((".json", ".jsonl"))
        out += [f"      # {name}"] if len(concepts) > 1 and not in_json else []
        for at, group in sorted(groups.items(), key=lambda one: (one[1], one[0])):
            text = json.dumps(concept.prompts[at], ensure_ascii=False)
            if in_json:
                comma = "," if str(concept.source).endswith(".json") else ""
                out.append(f'{{"text": {text}, "group": "{group}"}}{comma}')
            else:
                out.append(f"      - {{text: {text}, group: {group}}}")
    return "\n".join(out)
