"""A family: the claims of one file, each checked against what it is tested with."""

from __future__ import annotations

from collections.abc import Sequence

from neurontest.claims.base import Claim
from neurontest.claims.copies import in_words, near_copies
from neurontest.claims.suite import Family
from neurontest.errors import Fault
from neurontest.spec import rules
from neurontest.spec.claims import Surroundings, read_claim, statistics
from neurontest.spec.looks import at_look, look_fault
from neurontest.spec.reading.source import Document, Keys
from neurontest.types import NearCopies


def read_family(
    document: Document, file: str, around: Surroundings, suite: Document, *, trusted: bool, pilot: bool
) -> tuple[Family, list[str]]:
    """Read the claims of one file, and check each against what it is tested with; the warnings come second."""
    claims: dict[int, Claim] = {}
    for index in range(len(document.value["claims"])):
        claim = read_claim(document, index, file, around)
        if claim is not None:
            claims[index] = claim
    family = Family(file, tuple(claims.values()), statistics(around.layers))
    if trusted and family.tested:
        fault = look_fault(family, pilot=pilot)
        if not fault:
            family = at_look(family, pilot=pilot)
            claims = dict(zip(claims, family.claims, strict=True))
        else:
            first = next(at for at, claim in claims.items() if claim.skip is None)
            overridden = _overridden("looks", around)
            _complain_of(document, suite, ("claims", first), "looks", fault, is_overridden=overridden)
    weak: dict[str, list[Keys]] = {}
    copies: dict[NearCopies, list[Keys]] = {}
    for index, claim in claims.items() if trusted else ():
        keys: Keys = ("claims", index)
        for message in rules.claim_faults(claim, family, pilot=pilot, brief=document.crowded):
            document.complain(keys, message)
        if message := rules.half_sample_fault(claim):
            _complain_of(document, suite, keys, "m", message, is_overridden=_overridden("m", around))
        for message in rules.claim_warnings(claim):
            weak.setdefault(message, []).append(keys)
        for found in near_copies(claim, in_words(claim)) if claim.skip is None else ():
            copies.setdefault(found, []).append(keys)
    return family, [
        *(_said_once(document, message, places) for message, places in weak.items()),
        *(
            "\n".join(filter(None, (_said_once(document, f"inconclusive until mended: {one.said}", places), one.paste)))
            for one, places in copies.items()
        ),
    ]


def _said_once(document: Document, message: str, places: Sequence[Keys]) -> str:
    """Word a warning that several claims of a file give: at the first of them, with their number."""
    others = len(places) - 1
    more = "" if not others else f" (so for {others} more {'claim' if others == 1 else 'claims'} of this file)"
    return str(Fault(document.shown, *document.position(places[0]), message + more))


def _overridden(name: str, around: Surroundings) -> bool:
    return any(layer.get(name) is not None for layer in around.layers[: around.above])


def _complain_of(
    document: Document, suite: Document, keys: Keys, name: str, message: str, *, is_overridden: bool
) -> None:
    """Note the fault where the claim's setting of this name was said."""
    own: Keys = ("statistics", name)
    places = [(document, (*keys, *own)), (document, own), (suite, own)]
    said_at = next(((where, at) for where, at in places if at in where.nodes and not is_overridden), None)
    where, at = said_at or (document, keys)
    where.complain(at, message)
