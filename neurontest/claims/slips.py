"""Slips in a claim's sentence: capitals, names of two words, misspelt words, one concept where there must be two."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from itertools import islice, product

from neurontest.claims.base import Kind
from neurontest.claims.grammar import NAME, SentenceError, parse, reserved
from neurontest.claims.slots import Terms
from neurontest.text import quoted

#: Characters and words of a sentence that is looked at, and characters of a word.
_LONGEST, _WORDS, _LONGEST_WORD = 300, 40, 40
#: Ways to spell a sentence that are tried; and words that differ by number alone.
_SPELLINGS = 200
_NUMBERS = {"has": ("have",), "have": ("has",), "is": ("are",), "are": ("is",)}


def cause(error: SentenceError) -> str:
    """What is wrong with a sentence that no kind has, and the one that may be meant; empty if that is not plain."""
    text, kinds = error.sentence, error.kinds
    words = text.split()
    if len(words) > _WORDS or len(text) > _LONGEST:
        return ""
    small = text if text.islower() else " ".join(word if word.startswith("L") else word.lower() for word in words)
    joined = _joined(small, kinds)
    for own, reason in ((small, ""), (joined, "a concept's name is one word")):
        for meant in islice(_spellings(own, kinds), _SPELLINGS):
            terms = None if meant == text else _terms(meant, kinds)
            if terms is None:
                continue
            if any(isinstance(value, tuple) and len(value) < 2 for value in terms.values()) and " have " in meant:
                return "it is about two concepts or more, and names one"
            reasons = [*(["names of concepts are written in small letters"] if small != text else []), reason]
            said = ", and ".join(filter(None, reasons))
            return "; ".join(filter(None, (said, f"did you mean {quoted(meant, _LONGEST)}?")))
    return ""


def _terms(text: str, kinds: tuple[Kind, ...]) -> Terms | None:
    try:
        return parse(text, kinds)[1]
    except SentenceError:
        return None


def _joined(text: str, kinds: tuple[Kind, ...]) -> str:
    """The text with words that are no words of the grammar, next to each other, made one name."""
    words = reserved(kinds)
    out: list[str] = []
    for word in text.split():
        own = re.fullmatch(NAME, word.strip(",.")) is not None and word.strip(",.") not in words
        if own and out and re.fullmatch(NAME, out[-1]) and out[-1] not in words:
            out[-1] += f"-{word}"
        else:
            out.append(word)
    return " ".join(out)


def _spellings(text: str, kinds: tuple[Kind, ...]) -> Iterator[str]:
    """The text as it is, and with words that are nearly words of the grammar made those; no others are tried."""
    words = sorted(reserved(kinds))
    ways = []
    for word in text.split():
        bare = word.strip(",.")
        near = difflib.get_close_matches(bare[:_LONGEST_WORD], words, n=3, cutoff=0.75) if len(bare) > 2 else []
        ways.append([word, *(word.replace(bare, one) for one in (*near, *_NUMBERS.get(bare, ())) if one != bare)])
    for chosen in product(*ways):
        yield " ".join(chosen)
