"""JSON text -> plain values, or one fault where it is wrong."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from neurontest.errors import Fault, SpecError
from neurontest.text import quoted


def load_json(text: str, where: str, line: int = 1) -> Any:
    """Read a JSON text that begins at `line` of the file that `where` names.

    Raises
    ------
    SpecError
        If it is no JSON, says a key twice, or holds what JSON has no word for.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        place = (line + error.lineno - 1, error.colno)
        raise SpecError([Fault(where, *place, f"not valid JSON: {error.msg}")]) from None
    except RecursionError:
        raise SpecError([Fault(where, line, 1, "not valid JSON: nested too deeply")]) from None
    except ValueError as error:
        raise SpecError([Fault(where, line, 1, f"not valid JSON: {error}")]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {quoted(twice)} is said twice in one object")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
