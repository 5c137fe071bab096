"""Words and texts: where one stands in the other, and how a sentence quotes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

#: Characters of a text that a sentence quotes.
_QUOTED = 60


def quoted(text: str) -> str:
    """A text in quotation marks, shortened."""
    return repr(text if len(text) <= _QUOTED else text[: _QUOTED - 3] + "...")


def together(names: Sequence[str]) -> str:
    """Names as a sentence lists them: ``tulip, vietnam and violent``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def occurrences(text: str, word: str) -> list[tuple[int, int]]:
    """Where `word` stands in `text` as a whole word, as written: (begin, end) in characters, none within another.

    "Hanoi" is not found in "Hanois". Letters of scripts without capitals (such as Chinese, Thai or Arabic, which write
    words together or join particles to them) bound no word: there it is found anywhere.

    Examples
    --------
    >>> occurrences("Vietnamese? Vietnam.", "Vietnam")
    [(12, 19)]
    """
    found = []
    begin = text.find(word) if word else -1
    while begin >= 0:
        end = begin + len(word)
        if not (_joined(text[begin - 1 : begin], word[0]) or _joined(word[-1], text[end : end + 1])):
            found.append((begin, end))
            begin = text.find(word, end)
        else:
            begin = text.find(word, begin + 1)
    return found


def _joined(before: str, after: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    if not before or not after:
        return False
    kinds = [unicodedata.category(character) for character in (before, after)]
    return "Lo" not in kinds and all(kind[0] in "LMN" or kind == "Pc" for kind in kinds)
