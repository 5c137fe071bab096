"""A prompt -> the tokens that the model is given, checked: what is read is what was asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from neurontest.errors import TraceError
from neurontest.text import quoted
from neurontest.trace.architecture import is_encoder
from neurontest.trace.prompts.rendering import Rendered, Renderings, render


@dataclass(frozen=True)
class Encoded:
    """What became of a prompt.

    Attributes
    ----------
    text : str
        The prompt, or what the chat template made of it.
    begin, end : int
        Where in the text the prompt stands.
    ids : tuple of int
        The tokens that the model is given.
    clock : bool
        Whether the chat template looked at the clock.
    opens : bool
        False of a chat template that opens no answer.
    left_out : tuple of str
        Tokens that the tokenizer put behind the prompt, after which no model would go on writing it.
    doubled : str
        The token that begins a text, if it stood there twice.
    unknown : int
        Tokens of the prompt that stand for what the tokenizer does not know.
    special : str
        A special token that is written out in the prompt; empty if there is none.
    """

    text: str
    begin: int
    end: int
    ids: tuple[int, ...]
    clock: bool = False
    opens: bool = True
    left_out: tuple[str, ...] = ()
    doubled: str = ""
    unknown: int = 0
    special: str = ""


def encode(tokenizer: Any, prompts: Sequence[str], format: str, *, config: Any, now: datetime) -> dict[str, Encoded]:
    """Tokens of prompts, each put into the format.

    Parameters
    ----------
    prompts : sequence of str
        At least one.
    format : {"plain", "chat"}
    config : transformers.PreTrainedConfig or None
        The model's: what reads whole texts is given the token that ends one, what goes on writing is not.
    now : datetime
        What a chat template takes for the time.

    Raises
    ------
    TraceError
        If the tokens are not those of the prompt; the message names it.
    """
    for prompt in prompts:
        _check_characters(tokenizer, prompt)
    found: Renderings | None = render(tokenizer, prompts, now) if format == "chat" else None
    ends = config is not None and (getattr(config, "is_encoder_decoder", False) or is_encoder(config))
    return {
        prompt: _plain(tokenizer, prompt, ends) if found is None else _turn(tokenizer, prompt, found.of[prompt], found)
        for prompt in prompts
    }


def check_apart(found: Mapping[str, Encoded]) -> None:
    """Check that no two prompts are the same to the model.

    Raises
    ------
    TraceError
        If two of them have the same tokens; the message names both.
    """
    seen: dict[tuple[int, ...], str] = {}
    for prompt, encoded in found.items():
        other = seen.setdefault(encoded.ids, prompt)
        if other != prompt:
            raise TraceError(
                f"The prompts {_told_apart(other, prompt)} are the same to the model: the tokenizer makes the same "
                f"tokens of both, those of {quoted(encoded.text, 200)}. Write one of them otherwise, or leave it out."
            )


def check_rows(model: Any, tokenizer: Any, prompt: str, ids: Sequence[int]) -> None:
    """Check that the model knows all tokens of a prompt, or of what comes after it.

    Raises
    ------
    TraceError
        If one of them lies beyond the model's embedding.
    """
    try:
        rows = int(model.get_input_embeddings().weight.shape[0])
    except (AttributeError, NotImplementedError):  # it looks its tokens up in another way
        rows = int(getattr(model.config.get_text_config(decoder=True), "vocab_size", 0) or 0)
    beyond = next((token for token in ids if token >= rows > 0), None)
    if beyond is not None:
        raise TraceError(
            f"The prompt {quoted(prompt)} or its text has the token {quoted(str(tokenizer.decode([beyond])))} (number "
            f"{beyond}), and the model knows {rows}: the tokenizer is another model's, or has tokens that were added "
            "to it without resizing the model's embedding."
        )


def bare(tokenizer: Any, text: str) -> list[int]:
    """Tokens of a text and nothing else: none around it, none cut off, none to fill it up."""
    ids: list[int] = list(tokenizer(text, add_special_tokens=False, padding=False, truncation=False)["input_ids"])
    return ids


def folded(text: str) -> str:
    """Letters and digits of a text, in whatever way they are written: all that every tokenizer should keep."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text).casefold() if letter.isalnum())


def unknown_among(tokenizer: Any, text: str, ids: Sequence[int]) -> int:
    """How many tokens of a text stand for something that the tokenizer does not know."""
    token, name = getattr(tokenizer, "unk_token_id", None), getattr(tokenizer, "unk_token", None)
    return 0 if token is None or (name and str(name) in text) else list(ids).count(token)


def _check_characters(tokenizer: Any, prompt: str) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in prompt):
        raise TraceError(f"The prompt {quoted(prompt)} holds half a character (a lone surrogate); write it anew.")
    own = bare(tokenizer, prompt) if prompt.strip() else []
    if not own:
        raise TraceError(f"The prompt {quoted(prompt)} is empty to the tokenizer; write at least one word.")
    if unknown_among(tokenizer, prompt, own) == len(own):
        raise TraceError(
            f"The tokenizer knows nothing of the prompt {quoted(prompt)}: all that the model would be given is "
            f"{tokenizer.unk_token!r}. Write it in a language and letters that the model knows."
        )


def _plain(tokenizer: Any, prompt: str, ends: bool) -> Encoded:
    own = bare(tokenizer, prompt)
    _check_whole(tokenizer, prompt, prompt, own)
    ids = list(tokenizer(prompt, padding=False, truncation=False)["input_ids"])
    at = next((at for at in range(len(ids) - len(own) + 1) if ids[at : at + len(own)] == own), None)
    if at is None:
        raise TraceError(
            f"The tokenizer makes other tokens of the prompt {quoted(prompt)} with its special tokens "
            f"({quoted(_decoded(tokenizer, ids), 200)}) than without ({quoted(_decoded(tokenizer, own), 200)}); "
            "it cannot be told which are the prompt's."
        )
    before, behind = ids[:at], ids[at + len(own) :]
    doubled = _twice(tokenizer, [*before, *own[:1]]) if before else ""
    if doubled:
        before.remove(tokenizer.bos_token_id)
    return Encoded(
        text=prompt,
        begin=0,
        end=len(prompt),
        ids=(*before, *own, *(behind if ends else ())),
        left_out=() if ends else _names(tokenizer, prompt, behind),
        doubled=doubled,
        unknown=unknown_among(tokenizer, prompt, own),
        special=_special(tokenizer, prompt),
    )


def _turn(tokenizer: Any, prompt: str, rendered: Rendered, found: Renderings) -> Encoded:
    ids = bare(tokenizer, rendered.text)
    _check_whole(tokenizer, prompt, rendered.text, ids)
    doubled = _twice(tokenizer, ids[:2])
    return Encoded(
        text=rendered.text,
        begin=rendered.begin,
        end=rendered.end,
        ids=tuple(ids[1:] if doubled else ids),
        clock=found.clock,
        opens=found.opens,
        doubled=doubled,
        unknown=unknown_among(tokenizer, prompt, bare(tokenizer, prompt)),
        special=_special(tokenizer, prompt),
    )


def _check_whole(tokenizer: Any, prompt: str, text: str, ids: Sequence[int]) -> None:
    """Check that the tokens go from the text's begin to its end."""
    if unknown_among(tokenizer, text, ids):
        return
    whole, read = folded(text), folded(_decoded(tokenizer, ids))
    if read != whole and (whole.startswith(read) or whole.endswith(read)):
        raise TraceError(
            f"The tokenizer cuts the prompt {quoted(prompt)}: what the model would be given is "
            f"{quoted(_decoded(tokenizer, ids), 200)}. Write a shorter prompt, or mend the tokenizer's settings."
        )


def _twice(tokenizer: Any, ids: Sequence[int]) -> str:
    """The token that begins a text, if it stands twice among these, one behind the other."""
    first = getattr(tokenizer, "bos_token_id", None)
    return str(tokenizer.bos_token) if first is not None and (first, first) in pairwise(ids) else ""


def _names(tokenizer: Any, prompt: str, behind: Sequence[int]) -> tuple[str, ...]:
    names = tuple(str(name) for name in tokenizer.convert_ids_to_tokens(list(behind)))
    odd = [name for name, token in zip(names, behind, strict=True) if token not in tokenizer.all_special_ids]
    if odd:
        raise TraceError(
            f"The tokenizer puts {odd[0]!r} behind the prompt {quoted(prompt)}, which is no special token; it cannot "
            "be told whether the model goes on after it."
        )
    return names


def _special(tokenizer: Any, prompt: str) -> str:
    return next((str(token) for token in getattr(tokenizer, "all_special_tokens", []) if str(token) in prompt), "")


def _decoded(tokenizer: Any, ids: Sequence[int]) -> str:
    return str(tokenizer.decode(list(ids), skip_special_tokens=False))


def _told_apart(one: str, other: str) -> str:
    if unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other):
        return f"{one[:60]!a} and {other[:60]!a}"
    return f"{quoted(one)} and {quoted(other)}"
