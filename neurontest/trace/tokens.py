"""Which tokens a text is made of, and which of them are of a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neurontest.types import Generation, GivenText
from neurontest.words import occurrences

Spans = list[tuple[int, int]]

#: Stands in a decoded text for bytes that are no whole character yet.
_INCOMPLETE = "\ufffd"
#: Stands for a prompt; no template holds this character, which is for private use.
_MARK = "\ue000"


def new_tokens(
    tokenizer: Any, prompt: str, generation: Generation, ids: Sequence[int], given: GivenText, end: int
) -> tuple[int, ...]:
    """Tokens of a text that is given after a prompt.

    Those it was written with, if they are known and mean the same to this tokenizer; else those of prompt and text
    together, if the prompt's own come first in them, else of the text alone.

    Parameters
    ----------
    ids : sequence of int
        The prompt's tokens.
    end : int
        Token that is appended to a text which has ended: any one, since no pass has it as its input.
    """
    known = given.ids
    if known and max(known) < len(tokenizer) and tokenizer.decode(list(known), skip_special_tokens=True) == given.text:
        return tuple(known)
    if generation.format == "plain":
        whole = tokenizer(prompt + given.text)["input_ids"]
    else:
        whole = tokenizer(_rendered(tokenizer, prompt) + given.text, add_special_tokens=False)["input_ids"]
    # They do not if prompt and text make up one token at the seam, or if the tokenizer ends each text with a token.
    is_continued = list(whole[: len(ids)]) == list(ids)
    new = whole[len(ids) :] if is_continued else tokens_after(tokenizer, given.text)
    return (*new, end) if given.ended else tuple(new)


def tokens_after(tokenizer: Any, text: str) -> tuple[int, ...]:
    """Tokens of a text that goes on from another, without the space that some tokenizers put before each text."""

    def cut(text: str) -> tuple[int, ...]:
        return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])

    letter, spaced = cut("a"), cut(" a")
    if spaced[len(spaced) - len(letter) :] == letter:
        # A letter is the same tokens with its space and without: the tokenizer may have put one there itself.
        before, whole = cut("."), cut("." + text)
        if whole[: len(before)] == before:
            return whole[len(before) :]
    return cut(text)


def word_tokens(
    tokenizer: Any, prompt: str, generation: Generation, ids: Sequence[int], new: Sequence[int], word: str
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which tokens are of `word`, as bools ``[token]`` over prompt and new tokens.

    Returns
    -------
    in_prompt : bool array [token]
        Where it stands in the prompt; a chat template's own words are not the prompt's.
    in_text : bool array [token]
        Where it stands in the text as a whole, at the seam between prompt and new tokens too.
    """
    text, spans, (begin, end) = _prompt_spans(tokenizer, prompt, generation, ids)
    written, more = decoded_spans(tokenizer, [*ids, *new], start=len(ids))
    spans = [*spans, *((len(text) + a, len(text) + b) for a, b in more)]
    own = [(begin + a, begin + b) for a, b in occurrences(text[begin:end], word)]
    in_prompt = _touch(spans, own)
    in_prompt[len(ids) :] = False
    return in_prompt, _touch(spans, [(begin + a, begin + b) for a, b in occurrences((text + written)[begin:], word)])


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


def _prompt_spans(
    tokenizer: Any, prompt: str, generation: Generation, ids: Sequence[int]
) -> tuple[str, Spans, tuple[int, int]]:
    """The text that the prompt's tokens stand for, each one's characters, and where in it the prompt itself is."""
    plain = generation.format == "plain"
    text = prompt if plain else _rendered(tokenizer, prompt)
    spans: Spans = []
    if getattr(tokenizer, "is_fast", False):
        encoded = tokenizer(text, add_special_tokens=plain, return_offsets_mapping=True)
        if list(encoded["input_ids"]) == list(ids):
            spans = [(int(begin), int(end)) for begin, end in encoded["offset_mapping"]]
    if not spans:
        text, spans = decoded_spans(tokenizer, ids)
    if plain:
        return text, spans, (0, len(text))
    own = prompt.strip()
    # The template may hold the prompt's words itself, before the prompt: where another one stands, this one does.
    begin = _rendered(tokenizer, _MARK).find(_MARK)
    begin = begin if begin >= 0 and text.startswith(own, begin) else text.find(own)
    return text, spans, (0, len(text)) if begin < 0 else (begin, begin + len(own))


def _touch(spans: Spans, found: Spans) -> npt.NDArray[np.bool_]:
    return np.array([any(a < end and begin < b for begin, end in found) and a < b for a, b in spans], dtype=bool)


def _rendered(tokenizer: Any, prompt: str) -> str:
    turns = [{"role": "user", "content": prompt}]
    return str(tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False))


def _decode(tokenizer: Any, ids: Sequence[int]) -> str:
    return str(tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))
