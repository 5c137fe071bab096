"""The size of a half-sample in claims about numbers of neurons: what it hangs on has to be said."""

from __future__ import annotations

from neurontest.claims.base import Claim, Kind
from neurontest.claims.grammar import render
from neurontest.claims.slots import Terms

#: Fewest prompts of a half-sample that a spec may say.
_FEWEST = 2


def without_m(kind: Kind, claim: Claim, of_ceiling: Terms | None = None) -> list[str]:
    """Say that a number of neurons says nothing where ``m`` is not said, and what to say instead, to be pasted.

    Sets of more prompts are more alike, so that what two of them share grows with m: by the default, half of the
    prompts at hand, a claim about the same concepts would be refuted with few prompts and hold with many.

    Parameters
    ----------
    of_ceiling : Terms or None
        Terms that make it a claim about a share of the ceiling, which has no m to say; None if there are none.
    """
    if claim.statistics.m is not None:
        return []
    fewest = min((concept.units for concept in claim.concepts.values() if not concept.published), default=0)
    # A comma would end the sentence there.
    sentence = f'"{claim.sentence}"' if "," in claim.sentence else claim.sentence
    lines = [f"'- {{claim: {sentence}, statistics: {{m: {max(fewest // 2, _FEWEST)}}}}}'"]
    if of_ceiling is not None and not any(concept.published for concept in claim.concepts.values()):
        lines.append(f"'- {render(kind, {**claim.terms, **of_ceiling})}'")
    return [
        "how many neurons sets share hangs on the number m of prompts that each is selected from, and m is not said;"
        f" say {' or '.join(lines)}"
    ]
