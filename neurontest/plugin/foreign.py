"""Exceptions of libraries, and faults of the program, in our own words: one sentence instead of a page."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neurontest.errors import ForeignError, ModelError, NeurontestError

_LONGEST = 600


@contextmanager
def our_words() -> Iterator[None]:
    """Raise what is not ours as a :class:`ForeignError` of one line, its cause kept.

    Interrupts, time-outs and pytest's own outcomes are no :class:`Exception`, and pass through.

    Raises
    ------
    NeurontestError
        Whatever went wrong.
    """
    try:
        yield
    except NeurontestError:
        raise
    except Exception as error:
        # Its frames hold models and traces, which would never be freed while the error is remembered.
        traceback.clear_frames(error.__traceback__)
        raise ForeignError(sentence(error)) from error


def sentence(error: BaseException) -> str:
    """Type, message and last frame of an exception, on one line: enough to find what is at fault.

    >>> sentence(ValueError("no such shape"))
    'ValueError: no such shape'
    """
    # Half a character is in no report.
    words = " ".join(str(error).split()).encode("utf-8", "backslashreplace").decode()
    if len(words) > _LONGEST:
        words = words[:_LONGEST] + "…"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({_short(frames[-1].filename)}:{frames[-1].lineno}, in {frames[-1].name})" if frames else ""
    return (f"{type(error).__name__}: {words}" if words else type(error).__name__) + where


def _short(path: str) -> str:
    """The end of a path: package and file."""
    return "/".join(Path(path).parts[-3:])


class Guarded:
    """A model's handle that fails with a :class:`ModelError`, once, whatever goes wrong.

    Of a model that cannot be had all claims then say the same, and nobody waits for it twice. Implements
    :class:`~neurontest.types.ModelHandle`.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._errors: dict[str, ModelError] = {}

    def __getattr__(self, name: str) -> Any:
        # What a handle may lack, it lacks; but a property that fails is not missing.
        if inspect.getattr_static(self._handle, name, None) is None and not hasattr(self._handle, name):
            raise AttributeError(f"{type(self._handle).__name__!r} has no attribute {name!r}")
        return self._once(name, lambda: getattr(self._handle, name))

    def load(self) -> tuple[Any, Any]:
        """The model and its tokenizer.

        Raises
        ------
        ModelError
            If it cannot be loaded, whatever the reason.
        """
        model, tokenizer = self._once("load", lambda: self._handle.load())
        return model, tokenizer

    def _once(self, what: str, make: Callable[[], Any]) -> Any:
        if what in self._errors:
            raise self._errors[what].with_traceback(None)
        try:
            return make()
        except ModelError as error:
            self._errors[what] = error
            raise
        except NeurontestError:
            raise
        except Exception as error:
            traceback.clear_frames(error.__traceback__)
            said = sentence(error)
            self._errors[what] = ModelError(f"The model {self._handle.name!r} cannot be used: {said}")
            raise self._errors[what] from error
