"""The texts that two models have read: by the way in which they are written, and which of them are others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from neurontest.types import ConceptRecord, Continuation, Generation, Record, Rewritten, TextPair, TextsRecord

#: Texts of a concept that are shown at most, then beside now.
SHOWN = 20

#: By prompt and sample.
Texts = Mapping[tuple[str, int], Continuation]
#: By :attr:`Generation.way`.
Ways = Mapping[Generation, Texts]


def by_way(own: Generation, written: Iterable[Continuation], others: Iterable[TextsRecord]) -> dict[Generation, Texts]:
    """Texts as they are looked up by claims.

    Parameters
    ----------
    own : Generation
        How the suite says that texts are written.
    written : iterable of Continuation
        What was so.
    others : iterable of TextsRecord
        What claims have read besides.
    """
    found = {own.way: _looked_up(written)}
    found.update((one.generation, _looked_up(one.continuations)) for one in others)
    return found


def read_in(record: Record) -> dict[Generation, Texts]:
    """The same of a record."""
    written = (one for concept in record.concepts for one in concept.continuations)
    return by_way(record.generation, written, record.texts)


def _looked_up(texts: Iterable[Continuation]) -> Texts:
    return {(one.prompt, one.sample): one for one in texts}


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
