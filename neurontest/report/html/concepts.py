"""Concepts as the page shows them: their sets and texts, as many as a page can hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

from neurontest.report.html.tokens import TokensView, tokens_views
from neurontest.types import BASELINE, ConceptRecord, Continuation, NeuronSet, Record

#: Characters of written texts, and neurons of listed sets, that a page holds; each concept has an equal part.
LETTERS = 2_000_000
NEURONS = 25_000
#: Every set is listed so far at least.
LEAST = 10


@dataclass(frozen=True)
class ConceptView:
    """A concept with what the model wrote to each of its prompts.

    Attributes
    ----------
    sets : tuple of tuples of NeuronSet
        Those that differ in their positions alone are together, the last token first: to be read side by side.
    texts : tuple of (prompt, group, continuations)
        The group is empty if a prompt has none but its own.
    listed : int
        Neurons of each set that are listed, at most.
    unshown : int
        Texts that are left out.
    tokens : TokensView or None
        What was read token by token; None if nothing was.
    """

    concept: ConceptRecord
    title: str
    sets: tuple[tuple[NeuronSet, ...], ...]
    texts: tuple[tuple[str, str, tuple[Continuation, ...]], ...]
    listed: int
    unshown: int
    tokens: TokensView | None = None


def concept_views(record: Record) -> list[ConceptView]:
    """All concepts, and the baseline, within what a page holds."""
    sets = sum(len(concept.sets) for concept in record.concepts)
    listed = max(LEAST, NEURONS // max(1, sets))
    letters = LETTERS // max(1, sum(bool(concept.continuations) for concept in record.concepts))
    tokens = tokens_views(record)
    return [_concept(concept, listed, letters, tokens.get(concept.name)) for concept in record.concepts]


def _concept(concept: ConceptRecord, listed: int, letters: int, tokens: TokensView | None) -> ConceptView:
    shown = _within(concept.continuations, letters)
    written: dict[str, list[Continuation]] = {prompt: [] for prompt in concept.prompts}
    for continuation in shown:
        written.setdefault(continuation.prompt, []).append(continuation)
    own = zip(concept.prompts, concept.groups, strict=False)
    groups = {prompt: group for prompt, group in own if not group.startswith("(")}
    rows: dict[NeuronSet, list[NeuronSet]] = {}
    for found in concept.sets:
        rows.setdefault(replace(found, positions="", prompts=0, neurons=()), []).append(found)
    for row in rows.values():
        row.sort(key=lambda found: (found.positions != "last", found.positions))
    return ConceptView(
        concept,
        "baseline" if concept.name == BASELINE else concept.name,
        tuple(map(tuple, rows.values())),
        tuple((prompt, groups.get(prompt, ""), tuple(texts)) for prompt, texts in written.items()),
        listed,
        len(concept.continuations) - len(shown),
        tokens,
    )


def _within(texts: tuple[Continuation, ...], letters: int) -> list[Continuation]:
    """As many texts as have room, the first sample of every prompt before the second of any."""
    kept: set[int] = set()
    for at, one in sorted(enumerate(texts), key=lambda found: found[1].sample):
        letters -= len(one.text)
        if letters < 0:
            break
        kept.add(at)
    return [one for at, one in enumerate(texts) if at in kept]
