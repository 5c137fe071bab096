"""The suite's folder: what its files are called in faults, which paths lie inside, the one door to read them by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from neurontest.errors import Fault, SpecError
from neurontest.files import UnreadableError, read_regular
from neurontest.untrusted import visible_line

SUITE_FILE = "suite.yaml"
#: Bytes of a file at most. A spec is written by hand, prompts are collected, and records hold every text of a run.
SPEC_BYTES = 5_000_000
PROMPTS_BYTES = 50_000_000
REPLAY_BYTES = 500_000_000

_LEADS_OUT = "leads out of the suite's folder; a spec may only read what lies in it"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class OutsideError(ValueError):
    """A path leaves the suite's folder; the text is the end of a sentence about it."""


@dataclass(frozen=True)
class Folder:
    """The folder of a suite. A spec comes from elsewhere and may read nothing outside it."""

    path: Path

    def shown(self, file: Path) -> str:
        """Name a file as the user would: from the current directory, if it is below that."""
        file = file.absolute()
        return (file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file).as_posix()

    def inside(self, name: str) -> Path:
        """Find the path that a spec names.

        Raises
        ------
        OutsideError
            If it is absolute, no path, or leads out of the folder, be it through a symbolic link.
        """
        if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or PureWindowsPath(name).root:
            raise OutsideError("is an absolute path; say it from the suite's folder on")
        path = self.path / name
        try:
            is_inside = self._holds(path)
            path.lstat()  # what is no name of a file, such as one that is too long, is found here
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, ValueError, RuntimeError) as error:
            raise OutsideError(f"is no path ({getattr(error, 'strerror', None) or error})") from None
        if not is_inside:
            raise OutsideError(_LEADS_OUT)
        return path

    def read(self, path: Path, most: int, *, is_trusted: bool = False) -> str:
        """The text of a UTF-8 file of at most `most` bytes, without the byte order mark.

        What is opened is looked at, not what is named: a link may have been followed on the way here.

        Parameters
        ----------
        is_trusted : bool
            A person named the file, not a spec: it may lie anywhere.

        Raises
        ------
        SpecError
            If it lies outside, is no regular file, is larger, cannot be read or is no UTF-8.
        """
        where = self.shown(path)
        try:
            real = path.resolve()
            if not is_trusted and not self._holds(real):
                raise UnreadableError(_LEADS_OUT)
            data = read_regular(real, most)
        except (UnreadableError, OSError, RuntimeError) as error:
            raise SpecError([Fault(where, 1, 1, f"this file {error}")]) from None
        return _decoded(data, where)

    def specs(self) -> tuple[Path, ...]:
        """List the files that a suite is made of: suite.yaml, then the others by name.

        Raises
        ------
        SpecError
            If there is no suite.yaml, or a file that would be overlooked or lies outside.
        """
        suite = self.path / SUITE_FILE
        if not suite.is_file() and not suite.is_symlink():
            raise SpecError([Fault(self.shown(suite), 1, 1, self._no_suite())])
        files = [file for file in sorted(self.path.iterdir()) if not file.name.startswith(".") and not file.is_dir()]
        faults = [
            Fault(self.shown(file), 1, 1, f"rename it to {file.stem}.yaml; only files so called are read")
            for file in files
            if file.suffix != ".yaml" and file.suffix.lower() in (".yml", ".yaml")
        ]
        found = [suite, *(file for file in files if file.suffix == ".yaml" and file.name != SUITE_FILE)]
        for file in found:
            if message := self._wrong(file):
                faults.append(Fault(self.shown(file), 1, 1, message))
        if faults:
            raise SpecError(faults)
        return tuple(found)

    def links_out(self, folder: Path) -> Iterator[Path]:
        """Find what lies in a folder of the suite by name, but leads out of the suite."""
        for place, folders, names in os.walk(folder):
            for name in (*folders, *names):
                path = Path(place, name)
                if path.is_symlink() and not self._holds(path):
                    yield path

    def _holds(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self.path.resolve())

    def _wrong(self, file: Path) -> str:
        """What keeps a file of the folder from being read as a spec; empty if nothing does."""
        if file.name != visible_line(file.name):
            return "this file's name has control characters; rename it"
        try:
            self.inside(file.name)
        except OutsideError as error:
            return f"this link {error}"
        return "" if file.is_file() else "this is no regular file, and no spec can be read from it"

    def _no_suite(self) -> str:
        if not self.path.exists():
            return "there is no such file; a suite is a folder with one"
        other = next((file.name for file in sorted(self.path.iterdir()) if _is_nearly_suite(file.name)), None)
        if other is not None:
            return f"there is no such file, but {other!r}; rename it to {SUITE_FILE}"
        return "there is no such file; a suite is a folder with one"


def _is_nearly_suite(name: str) -> bool:
    return name != SUITE_FILE and name.lower() in ("suite.yml", "suite.yaml")


def _decoded(data: bytes, where: str) -> str:
    wide = "is UTF-16 text; save the file as UTF-8"
    if data.startswith(_UTF_16):
        raise SpecError([Fault(where, 1, 1, wide)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SpecError([Fault(where, line, 1, "is no UTF-8 text; save the file as UTF-8")]) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        what = "holds NUL characters, as UTF-16 or binary files do; save the file as UTF-8 text"
        raise SpecError([Fault(where, line, 1, what)])
    return text
