"""The bar: what a suite asks less of a model than it did when a reference was recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from neurontest.claims.base import Claim
from neurontest.claims.suite import Suite
from neurontest.gate.margin import Margin
from neurontest.kinds.preserved import WITHIN, Preserved
from neurontest.types import ClaimRecord, Record

#: Settings by which less is shown if they rise, or fall: their change in this direction loosens a claim.
_LOOSER = {"alpha": 1, "consistent_above": -1, "similar_above": -1, "differ_below": 1}
#: Corrections, from the strictest to none.
_STRICT = ("bonferroni", "holm", "by", "bh", "none")
#: Kinds whose claim is easier the larger its number is.
_EASIER_IF_LARGER = ("overlap_below", Preserved.name)
#: What such slots hold if they are not said; others hold 0 then.
_UNSAID = {(Preserved.name, "within"): f"{WITHIN:.0%}"}
_SHARE = re.compile(r"(\d+(?:\.\d+)?)%(?: of the ceiling)?")


def moved(suite: Suite, record: Record, margins: tuple[str, Margin] | None = None) -> list[str]:
    """What is asked less than when the record was made, in sentences.

    Claims that are gone, or newly marked skip or xfail; a larger alpha, a laxer correction or threshold, a smaller
    amount; a wider margin; prompts that are gone.

    Parameters
    ----------
    margins : tuple of (str, Margin), optional
        That of the reference, as it was said (empty if it was not), and the one that claims are held to now.
    """
    now = {(claim.where.file, claim.id): claim for claim in suite.claims}
    out = [_widened(*margins)] if margins is not None else []
    for then in record.claims:
        claim = now.get((then.family, then.id))
        name = f"{then.family}: {then.sentence}"
        if claim is None:
            out.append(f"{name}: this claim is gone")
        else:
            out.extend(f"{name}: {what}" for what in _loosened(claim, then, record.model.name))
    others = {f"baseline {number}": one for number, one in enumerate(suite.baselines, start=2)}
    concepts = {**suite.concepts, **({"baseline": suite.baseline} if suite.baseline else {}), **others}
    for concept in record.concepts:
        left = concepts.get(concept.name)
        gone = len(set(concept.prompts) - set(left.prompts if left else ()))
        if gone:
            out.append(f"{concept.name}: {gone} of {len(concept.prompts)} prompts are gone")
    return [one for one in out if one]


def _widened(said: str, now: Margin) -> str:
    """A share and an amount are not compared: which is more, hangs on the effect."""
    then = Margin.of(said) if said else now
    wider = then.is_share == now.is_share and now.value > then.value
    return f"margin was {then}, and is {now}" if wider else ""


def _loosened(claim: Claim, then: ClaimRecord, model: str) -> Iterator[str]:
    if claim.skip is not None and then.skip is None:
        yield f"now marked skip: {claim.skip}"
    if claim.xfail_on(model) is not None and then.xfail is None:
        yield f"now marked xfail: {claim.xfail_on(model)}"
    for name, direction in _LOOSER.items():
        was, is_now = getattr(then.statistics, name, None), getattr(claim.statistics, name, None)
        if was is not None and is_now is not None and direction * (is_now - was) > 0:
            yield f"{name} was {was:g}, and is {is_now:g}"
    methods = then.statistics.correction, claim.statistics.correction
    if _STRICT.index(methods[1]) > _STRICT.index(methods[0]):
        yield f"correction was {methods[0]}, and is {methods[1]}"
    if then.statistics.test == "both" and claim.statistics.test != "both":
        yield f"two tests had to agree, and now {claim.statistics.test} decides alone"
    yield from _smaller(claim, then.terms)


def _smaller(claim: Claim, then: Mapping[str, Any]) -> Iterator[str]:
    sign = -1 if claim.kind.name in _EASIER_IF_LARGER else 1
    unsaid = {slot: said for (kind, slot), said in _UNSAID.items() if kind == claim.kind.name}
    for slot, was in {**unsaid, **then}.items():
        is_now = claim.terms.get(slot, unsaid.get(slot, 0.0))
        numbers = _number(was), _number(is_now)
        if None not in numbers and sign * (numbers[0] - numbers[1]) > 0:  # type: ignore[operator]
            yield f"{slot} was {was}, and is {is_now}"
    if "meant" in claim.terms and "meant" not in then:
        yield f"was about each, and is now {claim.terms['meant']}"


def _number(said: Any) -> float | None:
    if isinstance(said, float):
        return said
    share = _SHARE.fullmatch(said) if isinstance(said, str) else None
    return float(share[1]) if share else None
