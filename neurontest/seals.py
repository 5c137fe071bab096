"""Files of the cache that know when they are not what was written there.

A file that a power cut has emptied or filled with zeros is told by its seal at the next run.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

import msgspec

from neurontest.errors import StoreError
from neurontest.files import cannot_write, remove, write_whole

T = TypeVar("T")

#: Stands where the seal goes until the rest is known. A seal is over the file with this in its place, and its name.
BLANK = "0" * 64

#: A file says ``"seal":"..."`` near its beginning; within a JSON text inside another format the marks are escaped.
_SEAL = re.compile(rb'seal\\?":\\?"([0-9a-f]{64})\\?"')
_BEGINNING = 4096

#: What is set aside is kept to be looked at, but no more than this many, and bytes: the oldest go first.
_MOST, _MOST_BYTES = 50, 1 << 30

#: Damaged files that are told one by one.
_TOLD = 3


def sealed(name: str, data: bytes) -> bytes:
    """`data` with its seal in the place of :data:`BLANK`: sha256 over all of it and its name, in hexadecimal."""
    start, end = _place(data) or (0, 0)
    if data[start:end] != BLANK.encode():
        raise ValueError(f"{name} has no place for a seal")
    return data[:start] + _seal(name, data, start, end) + data[end:]


def is_sound(name: str, data: bytes) -> bool:
    """Whether `data` is, to the last bit, what :func:`sealed` gave for this name."""
    place = _place(data)
    return place is not None and data[slice(*place)] == _seal(name, data, *place)


def _place(data: bytes) -> tuple[int, int] | None:
    found = _SEAL.search(data, 0, _BEGINNING)
    return found.span(1) if found else None


def _seal(name: str, data: bytes, start: int, end: int) -> bytes:
    whole = memoryview(data)
    digest = hashlib.sha256(f"{name}\0".encode())
    for part in (whole[:start], BLANK.encode(), whole[end:]):
        digest.update(part)
    return digest.hexdigest().encode()


def sealed_json(name: str, value: object) -> bytes:
    """`value` as JSON with its seal, which :meth:`Kept.read_json` reads."""
    return sealed(name, msgspec.json.encode({"seal": BLANK, "holds": value}))


def open_json(name: str, data: bytes, of: type[T]) -> T | None:
    """What :func:`sealed_json` was given for this name; None if `data` is anything else."""
    return _decoded(data, of) if is_sound(name, data) else None


class _Sealed(msgspec.Struct, Generic[T]):
    seal: str
    holds: T


@cache
def _decoder(of: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_Sealed[of])


def _decoded(data: bytes, of: type[T]) -> T | None:
    try:
        found: T = _decoder(of).decode(data).holds  # type: ignore[arg-type]  # a type can be hashed
        return found
    except msgspec.DecodeError:
        return None


class Kept:
    """The sealed files of a cache. One that is not what was written is set aside and told, and counts as missing.

    A file moved to another's name, or into another's place, is not what was written there either.

    Parameters
    ----------
    root : Path
        The cache's folder; made when first written to.
    notice : callable
        Told, in a sentence, of every damage.

    Attributes
    ----------
    damaged : set of str
        Names of what was set aside.
    """

    def __init__(self, root: Path, notice: Callable[[str], None]) -> None:
        self.root = root
        self._notice = notice
        self.damaged: set[str] = set()
        self._sound: dict[str, tuple[int, ...]] = {}

    def read(self, name: str) -> bytes | None:
        """What was written under a name; None if nothing was, or if it is damaged and now set aside.

        A file is compared with its seal once, and again when it has changed since.

        Parameters
        ----------
        name : str
            The path below the root, with ``/`` between its parts.
        """
        try:
            with (self.root / name).open("rb") as file:
                status = os.fstat(file.fileno())
                data = file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self.set_aside(name, f"cannot be read ({error.strerror})")
            return None
        seen = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if self._sound.get(name) != seen:
            if not is_sound(name, data):
                self.set_aside(name)
                return None
            self._sound[name] = seen
        return data

    def write(self, name: str, data: bytes) -> None:
        """Keep `data`, which has a place for its seal (as :func:`sealed` needs), under a name.

        Raises
        ------
        StoreError
            If the folder cannot be written to.
        """
        self._write(name, sealed(name, data))

    def _write(self, name: str, data: bytes) -> None:
        path = self.root / name
        temporaries = self.root / name.split("/")[0] / "half-written"
        try:
            write_whole(path, data, temporaries)
        except OSError as error:
            raise StoreError(cannot_write(path, error)) from error

    def read_json(self, name: str, of: type[T]) -> T | None:
        """What :meth:`write_json` kept under a name; None as in :meth:`read`."""
        data = self.read(name)
        if data is None:
            return None
        found = _decoded(data, of)
        if found is None:
            self.set_aside(name, "is of a form that this release does not know", sound=True)
        return found

    def write_json(self, name: str, value: object) -> None:
        """Keep `value` as JSON, sealed.

        Raises
        ------
        StoreError
            If the folder cannot be written to.
        """
        self._write(name, sealed_json(name, value))

    def set_aside(self, name: str, reason: str = "is not what was written there", *, sound: bool = False) -> None:
        """Move a file or folder to where it is not found again but can be looked at, and tell.

        Parameters
        ----------
        name : str
        reason : str
            Ends the sentence that begins with the path.
        sound : bool
            Whether the file is what was written there, and yet of no use.
        """
        path, folder = self.root / name, self.root / "damaged"
        where = folder / f"{time.time_ns()}-{uuid4().hex[:6]}-{name.replace('/', '-')}"
        try:
            folder.mkdir(exist_ok=True)
            path.rename(where)
            done = f"It is set aside in {folder} and made anew."
            # Between the reading and the renaming another process may have made it anew.
            if not sound and where.is_file() and is_sound(name, where.read_bytes()):
                where.replace(path)
            _prune(folder)
        except FileNotFoundError:
            done = "It is made anew."  # another process was quicker to set it aside
        except OSError as error:
            done = f"It is left where it is ({error.strerror}) and not read."
        if name in self.damaged:
            return
        self.damaged.add(name)
        if len(self.damaged) <= _TOLD:
            self._notice(f"{path} {reason}. {done}")
        elif len(self.damaged) == _TOLD + 1:
            self._notice(f"More files in {self.root} are not what was written there; they are made anew as well.")


def _prune(folder: Path) -> None:
    # Their names begin with the time.
    room = _MOST_BYTES
    for number, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        parts = path.rglob("*") if path.is_dir() else [path]
        room -= sum(part.lstat().st_size for part in parts)
        if number >= _MOST or room < 0:
            remove(path)
