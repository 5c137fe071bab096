"""Prompts put as a user's turn by a chat template: the whole text, and where in it the prompt stands.

Meant for a process with a budget (:mod:`neurontest.trace.prompts.budget`): a template is a stranger's program.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from neurontest.errors import TraceError
from neurontest.text import quoted

#: Stands for a prompt; no template holds this character, which is for private use.
_MARK = "\ue000"
#: Characters of a rendering beyond those of its prompt, at most; long system prompts of real templates have a tenth.
_MOST = 200_000
#: Characters of a rendering that a message shows.
_SHOWN = 300
#: Before a prompt: that not the text of a part of the message was written, but the part itself, as code.
_AS_CODE = re.compile(r"""['"]text['"]\s*:\s*['"]$""")


@dataclass(frozen=True)
class Rendered:
    """What a chat template made of a prompt, which stands in the text from `begin` to `end`."""

    text: str
    begin: int
    end: int


@dataclass(frozen=True)
class Renderings:
    """What a chat template made of some prompts.

    Attributes
    ----------
    of : mapping from prompt to Rendered
    clock : bool
        Whether the template looked at the clock.
    opens : bool
        Whether anything stands after the prompt that opens the model's answer.
    """

    of: dict[str, Rendered]
    clock: bool
    opens: bool


def render(tokenizer: Any, prompts: Sequence[str], now: datetime) -> Renderings:
    """Put prompts as turns of a user, to be answered.

    Parameters
    ----------
    now : datetime
        What the template is told if it asks for the time.

    Raises
    ------
    TraceError
        If there is no template, it fails, or a prompt does not stand in what it makes of it.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise TraceError(
            f"The prompt {quoted(prompts[0])} cannot be put as a chat turn: the tokenizer has no chat template. "
            "Use format: plain."
        )
    faults: list[tuple[bool, TraceError]] = []
    # Newer templates are made for messages of several parts, and leave out a text that is none.
    for form in (_as_text, _as_parts):
        marked = ""
        with _clock_at(now) as looked:
            try:
                marked = _apply(tokenizer, form, _MARK, prompts[0])
                again = _apply(tokenizer, form, _MARK, prompts[0], chance=1)
                found = {prompt: _found(prompt, _apply(tokenizer, form, prompt, prompt), marked) for prompt in prompts}
            except TraceError as error:
                faults.append((_holds(marked), error))
                continue
            if marked != again:
                raise TraceError(
                    f"The chat template writes something else each time it is asked, such as {quoted(again, _SHOWN)}: "
                    "no text could be read twice. Use format: plain."
                )
            opens = _opens(tokenizer, form, marked)
        return Renderings(found, bool(looked), opens)
    # What is shown is the rendering that something of the prompt came through to, if there is one.
    raise next((error for came_through, error in faults if came_through), faults[0][1])


def _holds(marked: str) -> bool:
    """Whether a prompt stands in a rendering, and not as a part of a message that was printed as code."""
    begin = marked.find(_MARK)
    return begin >= 0 and not _AS_CODE.search(marked[:begin])


def _as_text(prompt: str) -> Any:
    return prompt


def _as_parts(prompt: str) -> Any:
    return [{"type": "text", "text": prompt}]


def _apply(tokenizer: Any, form: Any, prompt: str, named: str = "", *, answer: bool = True, chance: int = 0) -> str:
    """The rendering of a prompt; `named` is the one that a message names."""
    turns = [{"role": "user", "content": form(prompt)}]
    random.seed(chance)
    try:
        text = str(tokenizer.apply_chat_template(turns, add_generation_prompt=answer, tokenize=False))
    except MemoryError:
        raise
    except Exception as error:  # whatever a stranger's program does
        said = quoted(str(error).strip() or type(error).__name__, _SHOWN)
        raise TraceError(
            f"The chat template cannot put the prompt {quoted(named)} as a user's turn: {said}. Use format: plain."
        ) from error
    if len(text) > len(prompt) + _MOST:
        raise TraceError(
            f"The chat template makes {len(text)} characters of the prompt {quoted(named)}, and may make no more "
            f"than {_MOST} of its own. Use format: plain."
        )
    return text


def _found(prompt: str, text: str, marked: str) -> Rendered:
    """Where the prompt is in its rendering; the white space at its ends may be gone, and nothing else."""
    own = prompt.strip()
    begin = marked.find(_MARK)
    if _holds(marked):
        for kept in (prompt, prompt.rstrip(), prompt.lstrip(), own):
            if text.startswith(kept, begin):
                return Rendered(text, begin, begin + len(kept))
        # Some templates say other things around other prompts. Their own words are not the prompt's.
        if text.count(own) > marked.count(own):
            after = marked[begin + 1 :]
            begin = len(text) - len(after) - len(own) if text.endswith(own + after) else text.find(own)
            if begin >= 0:
                return Rendered(text, begin, begin + len(own))
    raise TraceError(
        f"The chat template does not give the prompt {quoted(prompt)} as it is written: what it makes of it is "
        f"{quoted(text, _SHOWN)}. Use format: plain."
    )


def _opens(tokenizer: Any, form: Any, marked: str) -> bool:
    """Whether the answer is opened: by something that is there only if one is wanted, or by the end of the turn."""
    try:
        if _apply(tokenizer, form, _MARK, answer=False) != marked:
            return True
    except TraceError:
        return True
    after = marked[marked.rfind(_MARK) + 1 :]
    for token in getattr(tokenizer, "all_special_tokens", []):
        after = after.replace(token, "")
    return bool(after.strip())


@contextmanager
def _clock_at(now: datetime) -> Iterator[list[bool]]:
    """Let templates see a clock that stands still; what is yielded holds something once one has looked at it."""
    from transformers.utils import chat_template_utils

    looked: list[bool] = []

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            looked.append(True)
            return now if tz is None else now.astimezone(tz)

    before, state = chat_template_utils.datetime, random.getstate()
    chat_template_utils.datetime = Clock
    try:
        yield looked
    finally:
        chat_template_utils.datetime = before
        random.setstate(state)
