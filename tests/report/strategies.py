"""Any value of a type of the record, for hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from neurontest.types import NullSummary, OverlapMatrix

_HARM = ("", "<script>", "]]>", "'\"&{{", "a\x00\x1b\r\x85", "\u202eabc", "\ufffe", "1", "share", "neurons")
_SCALARS: dict[object, st.SearchStrategy[Any]] = {
    str: st.sampled_from(_HARM) | st.text(max_size=3),
    int: st.integers(0, 10**6),
    float: st.floats(-1e12, 1e12, allow_nan=False),
    bool: st.booleans(),
    NoneType: st.none(),
}


def _null(edges: list[float], observed: float, df: float) -> NullSummary:
    if len(edges) < 2:
        return NullSummary("t", observed, df=df)
    return NullSummary("permutation", observed, tuple(sorted(edges)), tuple(range(1, len(edges))))


def _matrix(names: list[str], count: float, positions: str) -> OverlapMatrix:
    return OverlapMatrix({"k": 10}, "raw", positions, tuple(names), ((count,) * len(names),) * len(names))


# Their fields depend on each other.
_WHOLE: dict[object, st.SearchStrategy[Any]] = {
    NullSummary: st.builds(
        _null, st.lists(_SCALARS[float], max_size=4, unique=True), _SCALARS[float], st.floats(1, 1e4, allow_nan=False)
    ),
    OverlapMatrix: st.builds(_matrix, st.lists(_SCALARS[str], max_size=3), st.floats(0, 1e3), _SCALARS[str]),
}


@cache
def anything(kind: Any) -> st.SearchStrategy[Any]:
    """A strategy for a type made of dataclasses, tuples, mappings, literals, unions and scalars."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind in _WHOLE:
        return _WHOLE[kind]
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: anything(hints[field.name]) for field in fields(kind)})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of([anything(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(anything(arguments[0]), anything(arguments[1]), max_size=2)
    raise TypeError(f"no strategy for {kind}")
