"""Groups of prompts: paraphrases of one thing, or templates that several concepts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neurontest.claims.base import Claim
from neurontest.types import Concept

#: What a spec may call a group. A prompt's own group is called something that this does not match.
GROUP = r"[A-Za-z0-9][A-Za-z0-9._-]*"
#: Pairs of concepts that are told of one claim.
_MOST = 20
MESSAGE = "must be letters, digits, '.', '_' and '-', a letter or digit first, or a whole number"


def schema() -> dict[str, Any]:
    """Give the JSON Schema of a prompt's group."""
    return {
        "description": "Prompts that say the same in other words, or that are made from the same template in several"
        " concepts, have the same group; a test counts groups, not prompts",
        "type": ["string", "integer"],
        "pattern": f"^{GROUP}$",
        "errorMessage": MESSAGE,
    }


def text_and_group(item: Any) -> tuple[str, str]:
    """Take a prompt, which has passed the schema, apart; no group is an empty one."""
    if isinstance(item, str):
        return item, ""
    group = item.get("group", "")
    return item["text"], group if isinstance(group, str) else str(int(group))


def groups_of(concept: str, said: Sequence[str]) -> tuple[str, ...]:
    """Give each prompt its group; one that says none gets its own, which no other prompt of any concept can have."""
    if not any(said):
        return ()
    return tuple(group or f"({concept} {number})" for number, group in enumerate(said, start=1))


def group_faults(claim: Claim) -> list[str]:
    """Say which concepts of a claim share some of their groups but not all, in sentences."""
    # Most concepts have no groups, or all of them the same: what is the same needs no comparison.
    distinct: dict[frozenset[str], Concept] = {}
    for concept in claim.concepts.values():
        distinct.setdefault(frozenset(concept.groups), concept)
    found: list[str] = []
    holder: dict[str, frozenset[str]] = {}
    for theirs, b in distinct.items():
        holders = dict.fromkeys(holder[group] for group in b.groups if holder.setdefault(group, theirs) is not theirs)
        for ours in list(holders)[: _MOST - len(found)]:
            a, alone = distinct[ours], ours ^ theirs
            concept, group = next((one, group) for one in (a, b) for group in one.groups if group in alone)
            what = "a prompt without group" if group.startswith("(") else f"the group {group!r}"
            found.append(
                f"{a.name!r} and {b.name!r} share the group {min(ours & theirs)!r}, but {what} is in {concept.name!r}"
                " alone; concepts that share templates must share all of them"
            )
    return found
