"""Whether a claim is still the one that was recorded: what makes the two incomparable, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from neurontest.claims.base import Claim
from neurontest.types import BASELINE, ClaimRecord, Concept, ConceptRecord, Selection

#: What is said of texts that are replayed: the reference's own are read, whatever they were written under.
_REPLAYED = ("max_new_tokens", "samples", "temperature", "top_k", "seed", "replay")


def difference(claim: Claim, then: ClaimRecord | None, concepts: Mapping[str, ConceptRecord]) -> str:
    """Why a claim cannot be held against its namesake in a reference, in a sentence; empty if it can.

    What the family asks for, such as alpha, makes no difference here: it decides what is called shown, not what is
    measured.

    Parameters
    ----------
    claim : Claim
    then : ClaimRecord or None
        None if the reference has no claim of this file and id.
    concepts : mapping from name to ConceptRecord
        The reference's, the baseline among them.
    """
    if then is None:
        return "the reference has no claim of this name"
    if then.evidence is None:
        return f"the reference has no evidence of it: {then.error or then.skip or 'it was not evaluated'}"
    if (claim.kind.name, dict(claim.terms)) != (then.kind, dict(then.terms)):
        return f"it said something else: {then.sentence}"
    for words in (
        _first("the neurons of its sets are chosen otherwise", _parts(claim.selection), _parts(then.selection)),
        _first("its texts are written otherwise", _generation(claim, claim), _generation(claim, then)),
        _first("half-samples have another size", {"m": claim.statistics.m}, {"m": then.statistics.m}),
    ):
        if words:
            return words
    everyone = [*claim.concepts.values(), *([claim.baseline] if claim.baseline else [])]
    for concept in everyone:
        said = _prompts(concept, concepts.get("baseline" if concept.name == BASELINE else concept.name))
        if said:
            return said
    return ""


def _parts(selection: Selection) -> dict[str, Any]:
    return {field.name: getattr(selection, field.name) for field in fields(selection)}


def _generation(claim: Claim, one: Claim | ClaimRecord) -> dict[str, Any]:
    # The seed decides by chance alone: texts of another one are another sample of the same.
    generation = replace(one.generation, seed=claim.generation.seed)
    if claim.generation.replay is not None:
        generation = replace(generation, **{name: getattr(claim.generation, name) for name in _REPLAYED})
    return {field.name: getattr(generation, field.name) for field in fields(generation)}


def _first(what: str, now: Mapping[str, Any], then: Mapping[str, Any]) -> str:
    for name, value in now.items():
        if value != then[name]:
            return f"{what}: {name} was {then[name]}, and is {value}"
    return ""


def _prompts(concept: Concept, then: ConceptRecord | None) -> str:
    name = "the baseline" if concept.name == BASELINE else concept.name
    if then is None:
        return f"the reference knows nothing of {name}"
    if concept.published or then.published:
        return "" if concept.published == then.published else f"{name} was another set of neurons"
    gone, new = (
        len(set(one) - set(other)) for one, other in ((then.prompts, concept.prompts), (concept.prompts, then.prompts))
    )
    if gone or new:
        return f"the prompts of {name} are others: {gone} of the reference's are gone, {new} are new"
    if dict(zip(concept.prompts, concept.groups, strict=False)) != dict(zip(then.prompts, then.groups, strict=False)):
        return f"the prompts of {name} are grouped otherwise"
    return ""
