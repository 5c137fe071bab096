"""Which tokens a text is made of, and which of them are of a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError
from neurontest.text import occurrences, quoted
from neurontest.trace.prompts.encoding import Encoded, bare, folded
from neurontest.types import GivenText

Spans = list[tuple[int, int]]

#: A piece of text, and the places of the tokens that it stands for among all tokens of a pass.
Piece = tuple[str, tuple[int, ...]]

#: Stands in a decoded text for bytes that are no whole character yet.
_INCOMPLETE = "\ufffd"


def new_tokens(tokenizer: Any, prompt: str, encoded: Encoded, given: GivenText, end: int) -> tuple[int, ...]:
    """Tokens of a text that is given after a prompt.

    Those it was written with, if they are known and mean the same to this tokenizer; else those of prompt and text
    together, if the prompt's own come first in them, else of the text alone.

    Parameters
    ----------
    encoded : Encoded
        What became of the prompt.
    end : int
        Token that is appended to a text which has ended: any one, since no pass has it as its input.

    Raises
    ------
    TraceError
        If the tokens are not those of the text; the message names the prompt.
    """
    known = given.ids
    if known and max(known) < len(tokenizer) and tokenizer.decode(list(known), skip_special_tokens=True) == given.text:
        return tuple(known)
    before, whole = bare(tokenizer, encoded.text), bare(tokenizer, encoded.text + given.text)
    # They do not if prompt and text make up one token at the seam.
    is_continued = whole[: len(before)] == before
    new = whole[len(before) :] if is_continued else tokens_after(tokenizer, given.text)
    read = str(tokenizer.decode(list(new), skip_special_tokens=False))
    if folded(read) != folded(given.text) and folded(_decode(tokenizer, new)) != folded(given.text):
        raise TraceError(
            f"The text given for the prompt {quoted(prompt)} is not what the model would be given: "
            f"{quoted(given.text, 200)} becomes {quoted(read, 200)}. Give its token ids as well, or another text."
        )
    return (*new, end) if given.ended else tuple(new)


def tokens_after(tokenizer: Any, text: str) -> tuple[int, ...]:
    """Tokens of a text that goes on from another, without the space that some tokenizers put before each text."""

    def cut(text: str) -> tuple[int, ...]:
        return tuple(bare(tokenizer, text))

    letter, spaced = cut("a"), cut(" a")
    if spaced[len(spaced) - len(letter) :] == letter:
        # A letter is the same tokens with its space and without: the tokenizer may have put one there itself.
        before, whole = cut("."), cut("." + text)
        if whole[: len(before)] == before:
            return whole[len(before) :]
    return cut(text)


def word_tokens(
    tokenizer: Any, encoded: Encoded, new: Sequence[int], word: str
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which tokens are of `word`, as bools ``[token]`` over prompt and new tokens.

    Returns
    -------
    in_prompt : bool array [token]
        Where it stands in the prompt; a chat template's own words are not the prompt's.
    in_text : bool array [token]
        Where it stands in the text as a whole, at the seam between prompt and new tokens too.
    """
    ids = encoded.ids
    text, spans, (begin, end) = _prompt_spans(tokenizer, encoded)
    written, more = decoded_spans(tokenizer, [*ids, *new], start=len(ids))
    spans = [*spans, *((len(text) + a, len(text) + b) for a, b in more)]
    own = [(begin + a, begin + b) for a, b in occurrences(text[begin:end], word)]
    in_prompt = _touch(spans, own)
    in_prompt[len(ids) :] = False
    return in_prompt, _touch(spans, [(begin + a, begin + b) for a, b in occurrences((text + written)[begin:], word)])


def text_pieces(tokenizer: Any, encoded: Encoded, new: Sequence[int]) -> tuple[list[Piece], list[Piece]]:
    """Prompt and text in the pieces that their tokens are; tokens that make up one character together are one piece.

    Returns
    -------
    prompt : list of Piece
        Of the prompt alone: what a chat template puts around it, and special tokens, are no part of it.
    text : list of Piece
        Of the new tokens.
    """
    ids = encoded.ids
    whole, spans, own = _prompt_spans(tokenizer, encoded)
    written, more = decoded_spans(tokenizer, [*ids, *new], start=len(ids))
    return _cut(whole, spans, own), _cut(written, more, (0, len(written)), len(ids))


def _cut(text: str, spans: Spans, own: tuple[int, int], first: int = 0) -> list[Piece]:
    """The characters `own` of a text, each in one piece; what no token stands for goes with the next that has one."""
    begin, end = own
    found: list[tuple[str, list[int]]] = []
    done = begin
    for at, span in enumerate(spans, start=first):
        a, b = max(span[0], begin), min(span[1], end)
        if a >= b:
            continue
        if found and a < done:
            before, places = found.pop()
            found.append((before + text[done:b], [*places, at]))
        else:
            found.append((text[done:b], [at]))
        done = max(done, b)
    rest = text[done:end]
    if rest:
        before, places = found.pop() if found else ("", [])
        found.append((before + rest, places))
    return [(piece, tuple(places)) for piece, places in found]


def decoded_spans(tokenizer: Any, ids: Sequence[int], start: int = 0) -> tuple[str, Spans]:
    """The text of the tokens from `start` on, and which of its characters each of them is: (begin, end).

    Tokens that make up one character together all have that character's span, a special token an empty one.
    """
    text, spans = "", []
    # The tokens before are decoded along: some tokenizers write the first of a text without its space.
    context, done = max(0, start - 8), start
    before = _decode(tokenizer, ids[context:done])
    for upto in range(start + 1, len(ids) + 1):
        now = _decode(tokenizer, ids[context:upto])
        if now.endswith(_INCOMPLETE) and upto < len(ids):
            continue
        piece = now[len(before) :]
        spans += [(len(text), len(text) + len(piece))] * (upto - done)
        text += piece
        context, done = max(context, done - 8), upto
        before = _decode(tokenizer, ids[context:done])
    return text, spans


def _prompt_spans(tokenizer: Any, encoded: Encoded) -> tuple[str, Spans, tuple[int, int]]:
    """The text that the prompt's tokens stand for, each one's characters, and where in it the prompt itself is."""
    if getattr(tokenizer, "is_fast", False):
        cut = tokenizer(
            encoded.text, add_special_tokens=False, padding=False, truncation=False, return_offsets_mapping=True
        )
        own, ids = list(cut["input_ids"]), list(encoded.ids)
        # Around them stand those that the tokenizer puts there, which have no character in the text.
        at = next((at for at in range(len(ids) - len(own) + 1) if ids[at : at + len(own)] == own), None)
        if at is not None:
            spans = [(int(begin), int(end)) for begin, end in cut["offset_mapping"]]
            spans = [(0, 0)] * at + spans + [(0, 0)] * (len(ids) - at - len(own))
            return encoded.text, spans, (encoded.begin, encoded.end)
    text, spans = decoded_spans(tokenizer, encoded.ids)
    if encoded.end - encoded.begin == len(encoded.text):
        return text, spans, (0, len(text))
    # What is decoded lacks the special tokens, so that the prompt stands further to the front than in the rendering.
    before = decoded_spans(tokenizer, bare(tokenizer, encoded.text[: encoded.begin]))[0]
    own_text = encoded.text[encoded.begin : encoded.end]
    begin = text.find(own_text, max(0, len(before) - 1))
    return text, spans, (0, len(text)) if begin < 0 else (begin, begin + len(own_text))


def _touch(spans: Spans, found: Spans) -> npt.NDArray[np.bool_]:
    return np.array([any(a < end and begin < b for begin, end in found) and a < b for a, b in spans], dtype=bool)


def _decode(tokenizer: Any, ids: Sequence[int]) -> str:
    return str(tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))
