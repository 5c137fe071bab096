"""Words and texts: where one stands in the other, and how a sentence quotes them."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence

#: Characters of a text that a sentence quotes.
_QUOTED = 60
#: A text is not wrapped to fewer columns.
_NARROWEST = 40
#: Seconds before which nothing is foretold.
_TOO_SOON = 3.0


def quoted(text: str, most: int = _QUOTED) -> str:
    """A text in quotation marks, shortened; what a terminal would not show, or obey, is written out."""
    return repr(text if len(text) <= most else text[: most - 3] + "...")


def wrapped(line: str, columns: int, indent: str = "    ") -> str:
    """A line broken between words where it is longer than `columns`; what follows is indented."""
    return textwrap.fill(
        line,
        max(columns, _NARROWEST),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def time_left(done: float, total: float, seconds: float) -> str:
    """Such as ``about 2 min left``, if the rest goes as fast as what is done; empty while too little is done to tell.

    Parameters
    ----------
    done, total : float
        Of what all takes about as long.
    seconds : float
        What was done in.
    """
    if seconds < _TOO_SOON or not 0 < done < total:
        return ""
    left = seconds * (total - done) / done
    return f"about {left / 60:.0f} min left" if left >= 90 else f"about {max(left, 1):.0f} s left"


def together(names: Sequence[str]) -> str:
    """Names as a sentence lists them: ``tulip, vietnam and violent``; empty of none."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def plural(count: int, noun: str) -> str:
    """Such as ``1 claim`` and ``1,200 claims``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def of_several(count: int, what: str) -> str:
    """Such as `` (the weakest of 3 controls)``, behind the name of a number that is one of several; empty of one."""
    return f" (the weakest of {count} {what})" if count > 1 else ""


def occurrences(text: str, word: str) -> list[tuple[int, int]]:
    """Where `word` stands in `text` as a whole word, as written: (begin, end) in characters, none within another.

    "Hanoi" is not found in "Hanois". Letters of scripts without capitals (such as Chinese, Thai or Arabic, which write
    words together or join particles to them) bound no word: there it is found anywhere. A letter and its accent are the
    same whether they are written as one character or as two.

    Examples
    --------
    >>> occurrences("Vietnamese? Vietnam.", "Vietnam")
    [(12, 19)]
    >>> occurrences("cafe\u0301", "caf\u00e9")
    [(0, 5)]
    """
    word = unicodedata.normalize("NFC", word)
    if unicodedata.is_normalized("NFC", text):
        return _found(text, word)
    composed, spans = _composed(text)
    return [(spans[begin][0], spans[end - 1][1]) for begin, end in _found(composed, word)]


def _composed(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text with its accents joined to their letters (NFC), and where each character of it was."""
    out: list[str] = []
    spans: list[tuple[int, int]] = []
    begin, whole = 0, ""
    for at in range(1, len(text) + 1):
        if at < len(text):
            if unicodedata.combining(text[at]):
                continue
            # Letters may join without an accent, as those of Korean syllables do.
            whole = unicodedata.normalize("NFC", text[begin:at])
            apart = whole + unicodedata.normalize("NFC", text[at])
            if unicodedata.normalize("NFC", text[begin : at + 1]) != apart:
                continue
        else:
            whole = unicodedata.normalize("NFC", text[begin:at])
        out.append(whole)
        spans += [(begin, at)] * len(whole)
        begin = at
    return "".join(out), spans


def _found(text: str, word: str) -> list[tuple[int, int]]:
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
