"""Which model in memory it is, and whether it still is that one when it is run.

Two that compute differently must never share a trace. A model is told by its bytes, by the structure that they stand
in, and by what it makes of a few fixed tokens; one that cannot be told so gets a name that no later run will know.
"""

from __future__ import annotations

import functools
import json
import types
import uuid
from collections.abc import Iterator
from typing import Any

from neurontest.errors import ModelError
from neurontest.trace.fingerprint import probe
from neurontest.trace.fingerprint.files import of_parts
from neurontest.trace.fingerprint.structure import Structure
from neurontest.trace.fingerprint.values import Values

#: Cut into tokens by a tokenizer, which shows settings that are in none of its files.
_TEXTS = ("The cat sat on the mat.", "  two spaces,\n\ta tab", "Hà Nội, 北京 🙂", "don't 12345 <s> </s> [MASK]")


class Identity:
    """A model and its tokenizer, looked at once.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerBase
    wrapper : object, optional
        What the model was found in.

    Attributes
    ----------
    fingerprint : str
        sha256 in hexadecimal.
    notices : tuple of str
        What a reader of the results should know of it.

    Raises
    ------
    ModelError
        If the weights are not in memory, or the wrapper computes something else than the model within it.
    """

    def __init__(self, model: Any, tokenizer: Any, wrapper: Any = None) -> None:
        self._model = model
        # What a model keeps from run to run is looked at as it is after the fixed tokens, whatever it read before.
        self._seen = probe.probe(model)
        structure, self._quick = Structure(model), self._now()
        again = probe.probe(model, draws=1)
        self._is_steady = not probe.differ(model, self._seen, again) and self._now() == self._quick
        if wrapper is not None and self._is_steady and probe.logits_differ(model, wrapper):
            raise ModelError(
                f"{type(wrapper).__name__} gives other logits than the {type(model).__name__} within it, which is what "
                "would be traced; hang hooks on the model within, or return that one."
            )
        parts = [structure.digest, probe.digest(self._seen), *_tokenizer_parts(tokenizer)]
        why = self._why_nameless(structure)
        if why:
            parts.append(uuid.uuid4().hex)
        self.fingerprint = of_parts(parts)
        self.notices = tuple(_notices(type(model).__name__, structure.attached, why))

    def check(self) -> None:
        """Check that the model is the one that was looked at.

        Raises
        ------
        ModelError
            If it has changed since.
        """
        if not self._is_steady:
            return
        found = probe.probe(self._model)
        if probe.differ(self._model, self._seen, found) or self._now() != self._quick:
            raise ModelError(
                f"{type(self._model).__name__} was changed after it was handed over (weights, an active adapter, hooks "
                "or settings): what was traced before is of another model. Hand over a model for each state, made anew "
                "by neurontest.from_transformers(model, tokenizer) once it is as it should be."
            )

    def _now(self) -> str:
        return Structure(self._model, quick=True).digest

    def _why_nameless(self, structure: Structure) -> str:
        if not self._is_steady:
            return "it changes as it runs, or gives other values for the same tokens (as with hooks that count or draw)"
        return "code hangs on it whose state cannot be seen" if structure.nameless and structure.attached else ""


def of_memory(model: Any, tokenizer: Any) -> str:
    """Fingerprint of a transformers model and tokenizer that somebody else made.

    Raises
    ------
    ModelError
        If the weights are not in memory.
    """
    return Identity(model, tokenizer).fingerprint


def _notices(name: str, attached: tuple[str, ...], why: str) -> Iterator[str]:
    shown = ", ".join(attached[:3]) + (f" and {len(attached) - 3} more" if len(attached) > 3 else "")
    if why:
        yield f"{name} cannot be told from other models, since {why}: later runs trace it anew." + (
            f" It carries code that is not its own: {shown}." if attached else ""
        )
    elif attached:
        yield (
            f"{name} carries code that is not its own ({shown}): its traces are kept under that code and what it makes "
            "of a few fixed tokens, so that a change from elsewhere, such as in a file that it reads, may go unnoticed."
        )


def _tokenizer_parts(tokenizer: Any) -> list[str]:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    pieces = backend.to_str() if backend is not None else _json(tokenizer.get_vocab())
    code = {
        name: value
        for name, value in vars(tokenizer).items()
        if isinstance(value, types.FunctionType | types.MethodType | functools.partial)
    }
    return [
        type(tokenizer).__name__,
        pieces,
        _json(tokenizer.special_tokens_map),
        _json(getattr(tokenizer, "chat_template", None)),
        _json([_cut(tokenizer, text) for text in _TEXTS]),
        Values().word([type(tokenizer), sorted(code), [code[name] for name in sorted(code)]]),
    ]


def _cut(tokenizer: Any, text: str) -> Any:
    try:
        return list(tokenizer(text)["input_ids"])
    except Exception as error:  # whatever a tokenizer makes of a text; a prompt's own error says more
        return type(error).__name__


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
