"""A reference: the record of a run, and what is needed to test its claims on another model's traces as well.

A folder that can be kept in a repository or handed on as an artefact of CI. One manifest holds a checksum of every
other file; what does not match is refused, since a gate that compares with something else than what was recorded is
worse than none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np

from neurontest import __version__
from neurontest.errors import RecordError
from neurontest.files import UnreadableError, read_regular, write_whole
from neurontest.gate.reference.pruned import Pruned
from neurontest.types import Activations, NoiseFloor, TraceRequest, reading_of

MANIFEST, RECORD, ACTIVATIONS = "reference.json", "record.json", "activations.safetensors"
#: Of a reference that has one.
FLOOR = "floor.json"
#: Of the format.
REFERENCE_VERSION = 2
#: Bytes of one of its files at most.
LARGEST = 2_000_000_000

_COLUMNS = ".columns"


@dataclass(frozen=True)
class Entry:
    """What the activations of one request are, their values aside.

    Attributes
    ----------
    layers, width : int
    digest : str
        Of all of them, as they were traced.
    typical : float or None
    heads : int or None
    """

    layers: int
    width: int
    digest: str
    typical: float | None = None
    heads: int | None = None


@dataclass(frozen=True)
class Manifest:
    """What a reference consists of.

    Attributes
    ----------
    version : int
        Of this format.
    neurontest : str
        The release that wrote it.
    files : mapping from name to str
        sha256 of each other file, in hexadecimal.
    entries : mapping from name to Entry
        Of the activations, by :func:`name_of` their requests.
    created : str
        UTC, ISO 8601, whole seconds; empty if that was not said.
    margin : str
        To which claims were to be held, such as ``50%``; empty if that was not said.
    """

    version: int
    neurontest: str
    files: Mapping[str, str]
    entries: Mapping[str, Entry]
    created: str = ""
    margin: str = ""


@dataclass(frozen=True)
class Reference:
    """A reference that was read, and is what was written.

    Attributes
    ----------
    folder : Path
    record : bytes
        Of its ``record.json``.
    checksum : str
        sha256 of all that it consists of, whenever it was created.
    floor : NoiseFloor
        Empty if it was recorded without one.
    """

    folder: Path
    record: bytes
    checksum: str
    manifest: Manifest
    _tensors: Mapping[str, np.ndarray]
    floor: NoiseFloor = field(default_factory=NoiseFloor)

    def activations(self, request: TraceRequest) -> Pruned | None:
        """What was kept of what a claim requests; None if nothing was."""
        name = name_of(request)
        entry = self.manifest.entries.get(name)
        if entry is None:
            return None
        found = Activations(
            self._tensors[name],
            entry.layers,
            entry.width,
            entry.digest,
            heads=entry.heads,
            typical=entry.typical,
        )
        return Pruned(self._tensors[name + _COLUMNS].astype(np.intp), found)


def name_of(request: TraceRequest) -> str:
    """Name of what is requested: of texts that are given, under the name that the reference's record has for them."""
    said = [request.prompts, astuple(request.generation), request.site, astuple(reading_of(request.positions))]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:24]


def write_reference(
    folder: Path,
    record: bytes,
    kept: Mapping[TraceRequest, Pruned],
    created: str = "",
    floor: NoiseFloor | None = None,
    margin: str = "",
) -> int:
    """Write a reference; the same content gives the same bytes, but for when it was `created`.

    Parameters
    ----------
    folder : Path
    record : bytes
        Of its ``record.json``.
    kept : mapping from TraceRequest to Pruned
    created : str
        UTC, ISO 8601, whole seconds.
    floor : NoiseFloor, optional
        Without it, what was there of one is removed.
    margin : str
        To which claims are to be held.

    Returns
    -------
    int
        Its size in bytes.

    Raises
    ------
    OSError
        If the folder cannot be written to. What was there stays a reference, or is none: the manifest comes last.
    """
    from safetensors.numpy import save

    tensors = {}
    for request, one in kept.items():
        tensors[name_of(request)] = one.activations.values
        tensors[name_of(request) + _COLUMNS] = one.columns.astype(np.int32)
    files = {RECORD: record, ACTIVATIONS: save(tensors)}
    if floor is not None:
        files[FLOOR] = msgspec.json.format(msgspec.json.encode(floor, order="deterministic"), indent=2) + b"\n"
    manifest = Manifest(
        REFERENCE_VERSION,
        __version__,
        {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
        {
            name_of(request): Entry(
                one.activations.layers,
                one.activations.width,
                one.activations.digest,
                one.activations.typical,
                one.activations.heads,
            )
            for request, one in sorted(kept.items(), key=lambda item: name_of(item[0]))
        },
        created,
        margin,
    )
    (folder / MANIFEST).unlink(missing_ok=True)
    files[MANIFEST] = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    for name, data in files.items():
        write_whole(folder / name, data)
    if floor is None:
        (folder / FLOOR).unlink(missing_ok=True)
    return sum(map(len, files.values()))


def read_reference(folder: Path) -> Reference:
    """Read a reference.

    Raises
    ------
    RecordError
        If it is none, of another version, or not what was written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = _bytes(folder, MANIFEST)
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"{folder / MANIFEST} is no manifest of a reference: {error}; record it anew") from error
    if manifest.version != REFERENCE_VERSION:
        raise RecordError(
            f"{folder} is a reference of version {manifest.version}, but this release reads version"
            f" {REFERENCE_VERSION}; record it anew"
        )
    # One that has no noise floor is a reference as well.
    names = (RECORD, ACTIVATIONS, *([FLOOR] if FLOOR in manifest.files else []))
    files = {name: _bytes(folder, name) for name in names}
    for name, found in files.items():
        if manifest.files.get(name) != hashlib.sha256(found).hexdigest():
            raise RecordError(f"{folder / name} is not what was recorded: its checksum is another; record it anew")
    try:
        tensors = load(files[ACTIVATIONS])
    except SafetensorError as error:
        raise RecordError(f"{folder / ACTIVATIONS} cannot be read: {error}; record it anew") from error
    for name in manifest.entries:
        if not {name, name + _COLUMNS} <= tensors.keys():
            raise RecordError(f"{folder / ACTIVATIONS} lacks what {MANIFEST} lists; record it anew")
    checksum = hashlib.sha256(msgspec.json.encode(replace(manifest, created=""))).hexdigest()
    return Reference(folder, files[RECORD], checksum, manifest, tensors, _floor(folder, files.get(FLOOR)))


def _floor(folder: Path, data: bytes | None) -> NoiseFloor:
    if data is None:
        return NoiseFloor()
    try:
        return msgspec.json.decode(data, type=NoiseFloor)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"{folder / FLOOR} is no noise floor: {error}; record it anew") from error


def _bytes(folder: Path, name: str) -> bytes:
    try:
        return read_regular(folder / name, LARGEST)
    except UnreadableError as error:
        raise RecordError(
            f"{folder} is no reference: {name} {error}; 'pytest --concept-record {folder}' writes one"
        ) from error
