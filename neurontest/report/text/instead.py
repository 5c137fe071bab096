"""What was shown in place of a claim that is refuted."""

from __future__ import annotations

from neurontest.report.text import numbers
from neurontest.types import ClaimRecord

#: What to do about a refuted claim.
AFTER_LOOKING = "to claim the opposite, write fresh prompts: of these it would be said after looking"


def instead(claim: ClaimRecord) -> str:
    """What a refuted claim's opposite comes to, in a sentence; empty of any other.

    Such as ``harbor/music minus harbor/sea is below 0, for fresh prompts too; to claim the opposite, ...``.
    """
    if claim.verdict != "refuted" or claim.evidence is None:
        return ""
    found = claim.evidence.effect
    if found.reference is None:
        return f"the opposite, for fresh prompts too; {AFTER_LOOKING}"
    side = "below" if found.value < found.reference else "above"
    tested = numbers.quantity(found.reference, "share" if found.unit == "share" else "")
    return f"{found.name} is {side} {tested}, for fresh prompts too; {AFTER_LOOKING}"
