"""Which of the texts that two models have written of their own are others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from neurontest.types import ConceptRecord, Continuation, Rewritten, TextPair

#: Texts of a concept that are shown at most, then beside now.
SHOWN = 20


def rewritten(then: Mapping[str, ConceptRecord], now: Iterable[ConceptRecord]) -> tuple[Rewritten, ...]:
    """How far each concept's texts are others, and some of those that are: of as many prompts as there is room for.

    Concepts of which either model has written nothing are left out.

    Parameters
    ----------
    then : mapping from name to ConceptRecord
        The reference's.
    now : iterable of ConceptRecord
    """
    out = []
    for concept in now:
        before = then.get(concept.name)
        known = {(one.prompt, one.sample): one for one in (before.continuations if before else ())}
        both = [(known[key], one) for one in concept.continuations if (key := (one.prompt, one.sample)) in known]
        if both:
            others = [(old, new) for old, new in both if old.text != new.text]
            out.append(Rewritten(concept.name, len(both), len(others), _shown(others)))
    return tuple(out)


def _shown(others: list[tuple[Continuation, Continuation]]) -> tuple[TextPair, ...]:
    """The first text of each prompt before the second of any; in the order of the prompts."""
    by_prompt: dict[str, list[TextPair]] = {}
    for old, new in others:
        by_prompt.setdefault(new.prompt, []).append(TextPair(new.prompt, new.sample, old.text, new.text))
    ranked = sorted((place, at) for at, texts in enumerate(by_prompt.values()) for place in range(len(texts)))
    prompts = list(by_prompt.values())
    return tuple(prompts[at][place] for at, place in sorted((at, place) for place, at in ranked[:SHOWN]))
