"""A text file of prompts, one a line: which lines hold one, and which look as if they were something else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from neurontest.text import quoted

#: Categories of characters that show nothing: controls, formats and separators.
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
#: Letters and marks that show nothing either: fillers, joiners and selectors of variants.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}
#: Formats that do show something, or that the sign before them is made of, as some flags are.
_SEEN = frozenset("\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd") | {
    chr(code) for code in (*range(0x600, 0x606), *range(0xE0020, 0xE0080))
}

_COMMENT = re.compile(r"#|//|/\*|<!--|--|%|;")
_ITEM = re.compile(r"(?:[-*+•‣–]|\(?[0-9]{1,4}[.)]|\(?[A-Za-z]\))\s")
_QUOTED = re.compile(r"""(["'“”‘«`]).*["'”’»`],?""")
_COMMA = re.compile(r""".*["'”’»`],""")
_JSON = re.compile(r"""\{\s*".*\},?|\[\s*".*\],?""")

#: What a line looks like -> what a file of such lines is told.
_LOOKS = {
    "comment": "begin as comments do; there are none in a file of prompts: remove them, if they are no prompts",
    "item": "begin as items of a list do; remove the marks, if they belong to no prompt",
    "quoted": "are quoted; a file of prompts has no quotation marks or commas between them: remove them, or name the"
    " list .json",
    "json": "look like JSON; call the file .jsonl, if they are",
    "columns": 'hold tabs; if these are columns, call the file .tsv and say {file: ..., column: "..."}',
    "wordless": "hold no letter or digit; remove them, if they are no prompts",
    "lost": "hold U+FFFD, the mark of a character that was lost; mend the text",
}


def is_seen(character: str) -> bool:
    """Whether a character shows anything."""
    if character in _SEEN:
        return True
    return unicodedata.category(character) not in _UNSEEN and character not in _BLANK


def is_blank(text: str) -> bool:
    """Whether no character of a text shows anything."""
    return not any(map(is_seen, text))


def stripped(text: str) -> str:
    """A text without the unseen characters at its ends; what chooses a variant of the sign before it stays."""
    begin, end = 0, len(text)
    while begin < end and not is_seen(text[begin]):
        begin += 1
    while end > begin and not (is_seen(text[end - 1]) or text[end - 1] in _BLANK):
        end -= 1
    return text[begin:end]


def composed(text: str) -> str:
    """The form in which texts are compared: letters and their marks put together (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def prompts_of(text: str) -> list[tuple[int, str]]:
    """The lines that hold something, with their numbers."""
    lines = enumerate(re.split(r"\r\n|\r|\n", text), start=1)
    return [(number, stripped(line)) for number, line in lines if not is_blank(line)]


def doubts(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Say of what lines look like something else than prompts: the first one's number, and a sentence for all."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, line in lines:
        if look := _look(line):
            found.setdefault(look, []).append((number, line))
    for look, alike in found.items():
        if look == "quoted" and not _is_list(alike, lines):
            continue
        count = f"all {len(lines):,} lines" if len(alike) == len(lines) else f"{len(alike):,} of {len(lines):,} lines"
        number, first = alike[0]
        yield number, f"{count} of this file, such as {quoted(first)}, {_LOOKS[look]}"


def _look(line: str) -> str:
    if "\ufffd" in line:
        return "lost"
    if _JSON.fullmatch(line):
        return "json"
    if _COMMENT.match(line):
        return "comment"
    if _ITEM.match(line):
        return "item"
    if "\t" in line:
        return "columns"
    if _QUOTED.fullmatch(line) or _COMMA.fullmatch(line):
        return "quoted"
    return "" if any(map(str.isalnum, line)) else "wordless"


def _is_list(alike: Sequence[tuple[int, str]], lines: Sequence[tuple[int, str]]) -> bool:
    """Whether quoted lines are of a list: a line of speech is quoted as well."""
    return any(_COMMA.fullmatch(line) for _, line in alike) or len(alike) == len(lines) > 1
