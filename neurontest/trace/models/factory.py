"""``python:package.module:factory``: a model that a function of the user's makes.

Only a person may name one, on the command line, in the ini file or a ``conftest.py``: it is code, and a spec runs none.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from neurontest.errors import ModelError, NeurontestError
from neurontest.types import ModelHandle, notices_of

PREFIX = "python:"
FORM = "python:package.module:factory"

_NAME = re.compile(r"python:(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<function>[^\W\d]\w*(\.[^\W\d]\w*)*)")


class FactoryModel:
    """What a factory makes, made when it is first looked at. Implements :class:`~neurontest.types.ModelHandle`.

    Parameters
    ----------
    name : str
        As :data:`FORM`.
    as_handle : callable
        Makes a handle of what the factory returns: of a pair of model and tokenizer, or a handle as it is.

    Raises
    ------
    ModelError
        If the name is of another form.
    """

    def __init__(self, name: str, as_handle: Callable[[Any], ModelHandle]) -> None:
        found = _NAME.fullmatch(name)
        if found is None:
            raise ModelError(f"The model {name!r} must be of the form {FORM}.")
        self.name = name
        self._module, self._function = found["module"], found["function"]
        self._as_handle = as_handle

    @property
    def dtype(self) -> str:
        """As the factory made it."""
        return self._made.dtype

    @property
    def device(self) -> str:
        """As the factory made it."""
        return self._made.device

    @property
    def attention(self) -> str:
        """As the factory made it."""
        return self._made.attention

    @property
    def fingerprint(self) -> str:
        """Of the weights that the factory made, or of the handle that it returned, in hexadecimal."""
        return self._made.fingerprint

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader of the results should know of what the factory made."""
        return notices_of(self._made)

    def load(self) -> tuple[Any, Any]:
        """The model, in evaluation mode, and its tokenizer.

        Raises
        ------
        ModelError
            If there is no such factory, or it fails, or returns something else.
        """
        return self._made.load()

    @cached_property
    def _made(self) -> ModelHandle:
        with _importing_from_here():
            try:
                made = importlib.import_module(self._module)
                for part in self._function.split("."):
                    made = getattr(made, part)
            except (ImportError, AttributeError) as error:
                raise ModelError(f"The model {self.name!r} has no factory: {error}.") from error
            except Exception as error:  # whatever a module does when it is imported
                raise ModelError(f"The model {self.name!r} has no factory: {_said(error)}") from error
            if not callable(made):
                raise ModelError(f"The model {self.name!r} has no factory: {self._function} cannot be called.")
            try:
                return self._as_handle(made())
            except NeurontestError as error:
                raise ModelError(f"The model {self.name!r}: {error}") from error
            except Exception as error:  # whatever a user's code raises
                raise ModelError(f"The model {self.name!r} could not be made: {_said(error)}") from error


@contextmanager
def _importing_from_here() -> Iterator[None]:
    """Import from the working directory too, as ``python -m`` does and a console script does not."""
    here = str(Path.cwd())
    if here in sys.path or "" in sys.path:
        yield
        return
    sys.path.insert(0, here)
    try:
        yield
    finally:
        if here in sys.path:
            sys.path.remove(here)


def _said(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
