"""Prompts that say the same in nearly the same words: found in their texts, with no model.

What two prompts have in common is counted in words that tell prompts of a concept apart: a word that more than half of
them have, such as the concept's name or those of a template, says nothing. So "Tell me about Hanoi's lakes" is no copy
of "Tell me about Hanoi's food": lakes and food are all that tells the two. Of two concepts, "I like Hanoi in spring"
and "I like tulips in spring" are no copies either, since each has the word that most of its concept's prompts have.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

#: Share of the words of two prompts (those that tell prompts apart) that near copies have in common (Jaccard 1901).
ALIKE = 0.55
#: Of longer lists only prompts of the very same words are found: there are too many pairs to compare.
MOST = 2000
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*|[^\w\s]|_")
_SILENT = frozenset(".,;:!?-\"'()[]\u2026\u201c\u201d\u2018\u2019\u00ab\u00bb\u2013\u2014")
#: Signs of sums and programs.
_FORMAL = frozenset("+*/=<>^|{}\\")
#: Words that paraphrases exchange freely.
_FUNCTION = frozenset(
    re.findall(
        "[a-z]+",
        """
        a an the this that these those it its is are was were be been being am do does did has have had will
        would shall should can could may might must of to in on at by for from with as into onto and or but
        so which who whom whose there here than then very just also some any please
        """,
    )
)


@lru_cache(maxsize=512)
def alike_in_words(a: tuple[str, ...], b: tuple[str, ...] | None = None) -> tuple[tuple[int, int], ...]:
    """Pairs of prompts that are near copies by their words, as their places in the lists.

    Parameters
    ----------
    a, b : tuple of str
        The prompts of a concept, or of two; without `b` every two prompts of `a` are compared.
    """
    own, telling = _words(a), _telling(a)
    others, told = (own, telling) if b is None else (_words(b), _telling(b))
    if max(len(own), len(others)) > MOST:
        first = {words: at for at, words in reversed(list(enumerate(own)))}
        pairs = ((first.get(words), at) for at, words in enumerate(others))
        return tuple((one, at) for one, at in pairs if one is not None and (b is not None or one < at))
    # A pair must share one of the rarest words of both, beyond those that may differ (prefix filtering: Chaudhuri,
    # Ganti and Kaushik 2006); each prompt is held only against those that do.
    often = Counter(word for words in (*telling, *(told if b is not None else ())) for word in words)
    held: dict[object, list[int]] = {}
    for at, words in enumerate(others):
        for word in _rarest(words, told[at], often):
            held.setdefault(word, []).append(at)
    marks = frozenset[str]() if b is None else _marks(a) | _marks(b)
    found = []
    for at, words in enumerate(own):
        near = {place for word in _rarest(words, telling[at], often) for place in held.get(word, ())}
        for place in sorted(near):
            if (b is None and at >= place) or words & marks != others[place] & marks:
                continue
            if _share(words, others[place], telling[at], told[place]) >= ALIKE:
                found.append((at, place))
    return tuple(found)


def _rarest(words: frozenset[str], telling: frozenset[str], often: Counter[str]) -> Iterator[object]:
    yield words
    ordered = sorted(telling, key=lambda word: (often[word], word))
    # Sets of which a share of ALIKE is common have a word in common among so many of their first ones.
    yield from ordered[: len(ordered) - int(ALIKE * len(ordered)) + 1]


def _share(a: frozenset[str], b: frozenset[str], telling: frozenset[str], told: frozenset[str]) -> float:
    if a == b:
        return 1.0
    either = telling | told
    return len(telling & told) / len(either) if either else 0.0


@lru_cache(maxsize=512)
def _words(prompts: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(_plain(prompt)) for prompt in prompts)


@lru_cache(maxsize=512)
def _telling(prompts: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    """The words of each prompt that half of the prompts have, or fewer."""
    marks = _marks(prompts)
    return tuple(own - marks for own in _words(prompts))


@lru_cache(maxsize=512)
def _marks(prompts: tuple[str, ...]) -> frozenset[str]:
    """The words that more than half of the prompts have."""
    often = Counter(word for own in _words(prompts) for word in own)
    return frozenset(word for word, count in often.items() if 2 * count > len(prompts))


def _plain(prompt: str) -> Sequence[str]:
    """Its words without endings and function words, or itself, if it has no others."""
    tokens = [
        token for token in _WORD.findall(unicodedata.normalize("NFKC", prompt).casefold()) if token not in _SILENT
    ]
    if not _FORMAL.isdisjoint(tokens):
        # In sums and programs every sign counts, and where it stands.
        return [" ".join(prompt.split())]
    found = []
    for token in tokens:
        # Scripts without capitals may write words together: every two neighbouring letters stand for a word.
        if len(token) > 2 and token.lower() == token.upper() and not token.isdecimal():
            found += [token[at : at + 2] for at in range(len(token) - 1)]
        else:
            found.append(_stem(token))
    content = [word for word in found if word not in _FUNCTION]
    # What is made of function words alone is told apart by them.
    return content or found or [prompt]


def _stem(token: str) -> str:
    token = re.sub("['\u2019]s$", "", token)
    return token[:-1] if len(token) > 3 and token.endswith("s") and not token.endswith("ss") else token
