"""Reading and writing ``record.json``, and the schema of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from inspect import cleandoc
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec

from neurontest.errors import RecordError
from neurontest.files import UnreadableError, read_regular, write_whole
from neurontest.types import RECORD_VERSION, ClaimRecord, ConceptRecord, Record

#: Bytes of a record at most.
LARGEST = 2_000_000_000

SCHEMA_FILE = Path(__file__).with_name("record.schema.json")


class _Version(msgspec.Struct):
    version: int


def record_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a record; ``record.schema.json`` is its committed output."""
    schema = msgspec.json.schema(Record)
    schema["$defs"]["Record"]["properties"]["version"] = {"const": RECORD_VERSION}
    for definition in schema["$defs"].values():
        # Docstrings become descriptions; how far they are indented depends on the release of Python.
        definition["description"] = cleandoc(definition["description"])
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "neurontest record",
        "description": "A whole run of neurontest. Every report is drawn from it alone.",
    }
    # Defaults come as the tuples of the types; a schema holds lists.
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(head | schema))
    return plain


def dump_record(record: Record, path: Path) -> None:
    """Write a record as indented UTF-8 JSON, whole or not at all.

    The same record gives the same bytes.

    Raises
    ------
    RecordError
        If a number is not finite or a text cannot be encoded: JSON has no word for them. Nothing is written then.
    OSError
        If the folder cannot be written to.
    """
    for where, fault in _faults(record, ""):
        raise RecordError(f"{path} is not written: {where} {fault}")
    write_whole(path, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def load_record(path: str | PathLike[str]) -> Record:
    """Read a record.

    Raises
    ------
    RecordError
        If the file cannot be read, is no JSON, no record, or a record of another version.
    """
    path = Path(path)
    try:
        data = read_regular(path, LARGEST)
    except UnreadableError as error:
        raise RecordError(f"{path} {error}; name a record.json") from error
    try:
        return _decoded(path, data)
    except RecursionError as error:
        raise RecordError(f"{path} is no record: it is nested too deeply; name a record.json") from error


def _decoded(path: Path, data: bytes) -> Record:
    try:
        version = msgspec.json.decode(data, type=_Version).version
    except msgspec.ValidationError as error:
        raise RecordError(f"{path} is JSON but no record: it states no format version; name a record.json") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"{path} is broken JSON: {error}; run the suite again to write it anew") from error
    if version != RECORD_VERSION:
        raise RecordError(
            f"{path} is a record of version {version}, but this release reads version {RECORD_VERSION}; "
            "read it with the release that wrote it, or run the suite again"
        )
    try:
        return msgspec.json.decode(data, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"{path} is not a valid record: {error}; run the suite again to write it anew") from error


def _faults(value: object, where: str) -> Iterator[tuple[str, str]]:
    """What JSON cannot hold, and where: first the claim or concept, then the fields that lead to it."""
    if isinstance(value, float) and not isfinite(value):
        yield where, f"is {value}, which JSON cannot hold; this is a fault of the test, please report it with the spec"
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            yield where, f"holds half a character (a lone surrogate) at position {error.start}; mend the text"
    elif is_dataclass(value):
        for field in fields(value):
            yield from _faults(getattr(value, field.name), f"{where}.{field.name}" if where else field.name)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _faults(key, f"a key of {where}")
            yield from _faults(item, f"{where}.{key}")
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _faults(item, _named(item) or f"{where}[{number}]")


def _named(item: object) -> str:
    if isinstance(item, ClaimRecord):
        return f"claim {item.id!r} of {item.family}"
    return f"concept {item.name!r}" if isinstance(item, ConceptRecord) else ""
