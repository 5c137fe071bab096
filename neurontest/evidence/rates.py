"""The measured error rates of a claim's tests, looked up by its design."""

from __future__ import annotations

from dataclasses import replace

from neurontest.claims.base import Claim
from neurontest.stats.calibration import Design, error_rate, table
from neurontest.types import Evidence


def design_of(claim: Claim, evidence: Evidence) -> Design:
    """What the error of a claim's tests may hang on."""
    return design_with(claim, tuple(sorted({key.name for key in evidence.keys})), tuple(evidence.prompts.values()))


def design_with(claim: Claim, tests: tuple[str, ...], counts: tuple[int, ...]) -> Design:
    """The same, of tests of these names and so many prompts of each concept."""
    kind = claim.kind
    # What a sentence may say of how it is meant, it says in a choice that can be left out.
    said = [slot for slot in kind.slots if slot.name in claim.terms]
    meant = [str(claim.terms[slot.name]) for slot in said if slot.holds == "choice" and slot.optional]
    meant += ["of the ceiling" for slot in said if slot.holds == "amount" and claim.of_ceiling(slot.name) is not None]
    return Design(
        kind=claim.kind.name,
        form=", ".join(meant),
        tests=tests,
        select=claim.selection.select if kind.selects else "",
        k=claim.selection.k if kind.selects else 0,
        prompts=(min(counts), max(counts)),
        grouped=any(concept.groups for concept in claim.concepts.values()),
    )


def with_error_rates(claim: Claim, evidence: Evidence) -> Evidence:
    """The evidence, with what the packaged table says of each of its tests."""
    found, design = table(), design_of(claim, evidence)
    keys = tuple(replace(key, error_rate=error_rate(found, design, key.name)) for key in evidence.keys)
    return replace(evidence, keys=keys)
